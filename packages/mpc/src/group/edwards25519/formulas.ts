// This file has the points of -x^2 + y^2 = 1 + d x^2 y^2 in extended coordinates X, Y, Z, T = XY/Z,
// 44 doubles (Hisil et al., eprint 2008/522). The addition is complete on this curve, so no point
// that a peer chooses makes a special case.
import { add, sub, subTwo, times } from "../../kernel/field-linear.ts";
import { D2 } from "./field.ts";
import { mul, sqr } from "./field-mul.ts";

/**
 * The number of doubles per extended point, per cached addend (Y+X, Y-X, 2Z, 2dT) and per affine
 * addend (y+x, y-x, 2dxy).
 */
export const EXTENDED = 44;
export const CACHED = 44;
export const AFFINE = 33;

const T = new Float64Array(8 * 11);
const [A, B, C, E, F, G, H, W] = [0, 11, 22, 33, 44, 55, 66, 77] as const;

/** Makes a point from e, f, g, h: X = ef, Y = gh, Z = fg, T = eh. */
function finish(R: Float64Array, r: number, withT: boolean): void {
  mul(R, r, T, E, T, F);
  mul(R, r + 11, T, G, T, H);
  mul(R, r + 22, T, F, T, G);
  if (withT) mul(R, r + 33, T, E, T, H);
}

/** Sets R = 2P. `withT` says whether an addition follows. R may be P. */
export function double(R: Float64Array, r: number, P: Float64Array, p: number, withT: boolean): void {
  sqr(T, A, P, p);
  sqr(T, B, P, p + 11);
  sqr(T, C, P, p + 22);
  mul(T, W, P, p, P, p + 11);
  times(T, E, T, W, 2);
  sub(T, G, T, B, T, A);
  subTwo(T, F, T, G, T, C, T, C);
  add(T, H, T, A, T, B);
  times(T, H, T, H, -1);
  finish(R, r, withT);
}

/**
 * Sets R = P + the cached addend at Q[q..]. R may be P. `withT` says whether an addition follows.
 */
export function addCached(R: Float64Array, r: number, P: Float64Array, p: number, Q: Float64Array, q: number, withT: boolean): void {
  sum(P, p, Q, q, Q, q + 11);
  mul(T, C, P, p + 33, Q, q + 33);
  mul(T, W, P, p + 22, Q, q + 22);
  sub(T, F, T, W, T, C);
  add(T, G, T, W, T, C);
  finish(R, r, withT);
}

/** Sets R = P - the cached addend at Q[q..]. */
export function subCached(R: Float64Array, r: number, P: Float64Array, p: number, Q: Float64Array, q: number, withT: boolean): void {
  sum(P, p, Q, q + 11, Q, q);
  mul(T, C, P, p + 33, Q, q + 33);
  mul(T, W, P, p + 22, Q, q + 22);
  add(T, F, T, W, T, C);
  sub(T, G, T, W, T, C);
  finish(R, r, withT);
}

/** Sets R = P + the affine addend at Q[q..]. R may be P. */
export function addAffine(R: Float64Array, r: number, P: Float64Array, p: number, Q: Float64Array, q: number, withT: boolean): void {
  sum(P, p, Q, q, Q, q + 11);
  mul(T, C, P, p + 33, Q, q + 22);
  times(T, W, P, p + 22, 2);
  sub(T, F, T, W, T, C);
  add(T, G, T, W, T, C);
  finish(R, r, withT);
}

/** Sets R = P - the affine addend at Q[q..]. */
export function subAffine(R: Float64Array, r: number, P: Float64Array, p: number, Q: Float64Array, q: number, withT: boolean): void {
  sum(P, p, Q, q + 11, Q, q);
  mul(T, C, P, p + 33, Q, q + 22);
  times(T, W, P, p + 22, 2);
  add(T, F, T, W, T, C);
  sub(T, G, T, W, T, C);
  finish(R, r, withT);
}

/** Computes e and h from Y+X, Y-X of both. The addend's stand at Q[plus..] and M[minus..]. */
function sum(P: Float64Array, p: number, Q: Float64Array, plus: number, M: Float64Array, minus: number): void {
  sub(T, A, P, p + 11, P, p);
  add(T, B, P, p + 11, P, p);
  mul(T, A, T, A, M, minus);
  mul(T, B, T, B, Q, plus);
  sub(T, E, T, B, T, A);
  add(T, H, T, B, T, A);
}

/** Writes the cached addend of P. */
export function cache(R: Float64Array, r: number, P: Float64Array, p: number): void {
  add(R, r, P, p + 11, P, p);
  sub(R, r + 11, P, p + 11, P, p);
  times(R, r + 22, P, p + 22, 2);
  mul(R, r + 33, P, p + 33, D2, 0);
}

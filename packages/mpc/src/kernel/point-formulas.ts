// This file has the complete projective formulas of Renes, Costello and Batina for a = 0, 3b = 21
// (eprint 2015/1060, algorithms 7, 8, 9). They have no special cases, so no point that a peer
// chooses can make one. A point is X, Y, Z, 33 doubles, and O is (0, 1, 0).

import { add, scale, sub, subTwo, times } from "./field-linear.ts";
import { mul, mulMinus } from "./field-mul.ts";
import { sqr } from "./field-sqr.ts";

const T = new Float64Array(9 * 11);
const XX = 0;
const YY = 11;
const ZZ = 22;
const XY = 33;
const YZ = 44;
const XZ = 55;
const U = 66;
const V = 77;
const W = 88;

/**
 * Makes the sum of the points from x1 x2, y1 y2, z1 z2 (one unit) and the cross sums (three units
 * at most).
 */
function finish(R: Float64Array, r: number): void {
  scale(T, XX, T, XX, 3);
  scale(T, ZZ, T, ZZ, 21);
  scale(T, XZ, T, XZ, 21);
  add(T, U, T, YY, T, ZZ);
  sub(T, V, T, YY, T, ZZ);
  mul(T, W, T, YZ, T, XZ);
  mulMinus(R, r, T, XY, T, V, T, W);
  // In each sum of two products the second is computed with the opposite sign.
  sub(T, V, T, ZZ, T, YY);
  mul(T, W, T, V, T, U);
  mulMinus(R, r + 11, T, XZ, T, XX, T, W);
  times(T, XX, T, XX, -1);
  mul(T, W, T, XX, T, XY);
  mulMinus(R, r + 22, T, U, T, YZ, T, W);
}

/** Sets R = P + Q. R may be P or Q. */
export function addPoints(R: Float64Array, r: number, P: Float64Array, p: number, Q: Float64Array, q: number): void {
  mul(T, XX, P, p, Q, q);
  mul(T, YY, P, p + 11, Q, q + 11);
  mul(T, ZZ, P, p + 22, Q, q + 22);
  add(T, U, P, p, P, p + 11);
  add(T, V, Q, q, Q, q + 11);
  mul(T, W, T, U, T, V);
  subTwo(T, XY, T, W, T, XX, T, YY);
  add(T, U, P, p + 11, P, p + 22);
  add(T, V, Q, q + 11, Q, q + 22);
  mul(T, W, T, U, T, V);
  subTwo(T, YZ, T, W, T, YY, T, ZZ);
  add(T, U, P, p, P, p + 22);
  add(T, V, Q, q, Q, q + 22);
  mul(T, W, T, U, T, V);
  subTwo(T, XZ, T, W, T, XX, T, ZZ);
  finish(R, r);
}

/** Sets R = P + (x, y), the affine point at Q[q..], of at most two units. R may be P. */
export function addAffine(R: Float64Array, r: number, P: Float64Array, p: number, Q: Float64Array, q: number): void {
  mul(T, XX, P, p, Q, q);
  mul(T, YY, P, p + 11, Q, q + 11);
  add(T, U, P, p, P, p + 11);
  add(T, V, Q, q, Q, q + 11);
  mul(T, W, T, U, T, V);
  subTwo(T, XY, T, W, T, XX, T, YY);
  mul(T, W, Q, q + 11, P, p + 22);
  add(T, YZ, T, W, P, p + 11);
  mul(T, W, Q, q, P, p + 22);
  add(T, XZ, T, W, P, p);
  scale(T, ZZ, P, p + 22, 1);
  finish(R, r);
}

/** Sets R = 2 P. R may be P. */
export function doublePoint(R: Float64Array, r: number, P: Float64Array, p: number): void {
  sqr(T, YY, P, p + 11);
  sqr(T, ZZ, P, p + 22);
  mul(T, YZ, P, p + 11, P, p + 22);
  mul(T, XY, P, p, P, p + 11);
  scale(T, ZZ, T, ZZ, 21);
  scale(T, U, T, YY, 8);
  add(T, W, T, ZZ, T, ZZ);
  subTwo(T, V, T, YY, T, W, T, ZZ); // y^2 - 3 b' z^2: 4 units
  add(T, W, T, YY, T, ZZ);
  add(T, XY, T, XY, T, XY);
  mul(R, r, T, V, T, XY);
  times(T, ZZ, T, ZZ, -1);
  mul(T, XX, T, ZZ, T, U);
  mulMinus(R, r + 11, T, V, T, W, T, XX);
  mul(R, r + 22, T, YZ, T, U);
}

// This file adds many affine points in lockstep, with one inversion per step for all of them
// (Montgomery's trick, dkls23-spec 11.3.3). The formulas are not complete. A sum whose formula does
// not exist gives false. With random scalars that has negligible probability.
import { invertMany } from "./field.ts";
import { add, sub, times } from "./field-linear.ts";
import { mul, mulMinus } from "./field-mul.ts";
import { sqr, sqrMinus } from "./field-sqr.ts";

/** The lanes of n points. The coordinates of point i are at X[11 i..] and Y[11 i..]. */
export interface Lanes {
  readonly n: number;
  readonly X: Float64Array;
  readonly Y: Float64Array;
}

export function lanesNew(n: number): Lanes {
  return { n, X: new Float64Array(11 * n), Y: new Float64Array(11 * n) };
}

let denominators = new Float64Array(0);
let inverses = new Float64Array(0);
let slopes = new Float64Array(0);
const T = new Float64Array(33);

function reserve(n: number): void {
  if (denominators.length >= 11 * n) return;
  denominators = new Float64Array(11 * n);
  inverses = new Float64Array(11 * n);
  slopes = new Float64Array(11 * n);
}

/** Does P_i += Q_i. Q has at most two units. */
export function addLanes(P: Lanes, Q: Lanes): boolean {
  const { n, X, Y } = P;
  reserve(n);
  for (let i = 0; i < 11 * n; i += 11) sub(denominators, i, Q.X, i, X, i);
  if (!invertMany(inverses, denominators, n)) return false;
  for (let i = 0; i < 11 * n; i += 11) {
    sub(T, 0, Q.Y, i, Y, i);
    mul(T, 0, T, 0, inverses, i);
    sqrMinus(T, 11, T, 0, X, i, Q.X, i);
    sub(T, 22, X, i, T, 11);
    mulMinus(Y, i, T, 0, T, 22, Y, i);
    for (let k = 0; k < 11; k++) X[i + k] = T[11 + k]!;
  }
  return true;
}

/** Sets P_i = 2 P_i. */
export function doubleLanes(P: Lanes): boolean {
  const { n, X, Y } = P;
  reserve(n);
  for (let i = 0; i < 11 * n; i += 11) add(denominators, i, Y, i, Y, i);
  if (!invertMany(inverses, denominators, n)) return false;
  for (let i = 0; i < 11 * n; i += 11) {
    sqr(T, 0, X, i);
    times(T, 0, T, 0, 3);
    mul(T, 0, T, 0, inverses, i);
    sqrMinus(T, 11, T, 0, X, i, X, i);
    sub(T, 22, X, i, T, 11);
    mulMinus(Y, i, T, 0, T, 22, Y, i);
    for (let k = 0; k < 11; k++) X[i + k] = T[11 + k]!;
  }
  return true;
}

/**
 * Sets P_i = 2 P_i + Q_i as (P_i + Q_i) + P_i, without the ordinate of the first sum. Q has at most
 * two units.
 */
export function doubleAddLanes(P: Lanes, Q: Lanes): boolean {
  const { n, X, Y } = P;
  reserve(n);
  for (let i = 0; i < 11 * n; i += 11) sub(denominators, i, Q.X, i, X, i);
  if (!invertMany(inverses, denominators, n)) return false;
  for (let i = 0; i < 11 * n; i += 11) {
    sub(T, 0, Q.Y, i, Y, i);
    mul(slopes, i, T, 0, inverses, i);
    sqrMinus(T, 0, slopes, i, X, i, Q.X, i);
    sub(denominators, i, T, 0, X, i);
  }
  if (!invertMany(inverses, denominators, n)) return false;
  for (let i = 0; i < 11 * n; i += 11) {
    times(T, 0, Y, i, -2);
    mulMinus(T, 0, T, 0, inverses, i, slopes, i);
    // The first sum's abscissa is x + denominator.
    add(T, 11, denominators, i, X, i);
    sqrMinus(T, 11, T, 0, X, i, T, 11);
    sub(T, 22, X, i, T, 11);
    mulMinus(Y, i, T, 0, T, 22, Y, i);
    for (let k = 0; k < 11; k++) X[i + k] = T[11 + k]!;
  }
  return true;
}

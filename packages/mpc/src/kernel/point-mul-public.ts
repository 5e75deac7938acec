// This file computes u1 G + u2 P for public scalars, in variable time, with halves of both scalars
// in non-adjacent form and one chain of doublings (Strauss).
//
// The Jacobian addition has exceptions, and a peer may choose P such that they occur. They cannot
// pass unseen: H = 0 there makes Z = 0, and a sum with Z = 0 keeps it. `false` then leaves the sum
// to the complete formulas.
import { PUBLIC_DIGITS, publicDigits } from "./digits.ts";
import { BETA } from "./endomorphism.ts";
import { isZero, ONE } from "./field.ts";
import { mul } from "./field-mul.ts";
import { addAffineTo, doubleTimes, fromJacobian } from "./jacobian.ts";
import { toAffine } from "./normalize.ts";
import { addPoints, doublePoint } from "./point-formulas.ts";
import type { Scalar } from "./scalar.ts";

/**
 * Affine P, 3P, 5P ..: the ordinates, the abscissae, and those of the images under the
 * endomorphism.
 */
export interface OddMultiples {
  readonly width: number;
  readonly Y: Float64Array;
  readonly X: Float64Array;
  readonly betaX: Float64Array;
}

/** Makes what digits of `width` bits need of the projective point at P[p..], which is not O. */
export function oddMultiples(P: Float64Array, p: number, width: number): OddMultiples {
  const count = 2 ** (width - 2);
  const all = new Float64Array(33 * count);
  const twice = new Float64Array(33);
  all.set(P.subarray(p, p + 33), 0);
  doublePoint(twice, 0, P, p);
  for (let e = 33; e < all.length; e += 33) addPoints(all, e, all, e - 33, twice, 0);
  const [X, Y, betaX] = [new Float64Array(11 * count), new Float64Array(11 * count), new Float64Array(11 * count)];
  toAffine(X, Y, all, count);
  for (let e = 0; e < X.length; e += 11) mul(betaX, e, X, e, BETA, 0);
  return { width, X, Y, betaX };
}

const digits = new Int16Array(4 * PUBLIC_DIGITS);
const chosen = new Float64Array(22);

/** Sets `chosen` to the multiple that an odd digit names. */
function choose(X: Float64Array, Y: Float64Array, digit: number): void {
  const sign = digit > 0 ? 1 : -1;
  const from = 11 * ((sign * digit) >>> 1);
  for (let i = 0; i < 11; i++) {
    chosen[i] = X[from + i]!;
    chosen[11 + i] = sign * Y[from + i]!;
  }
}

/**
 * Sets R[r..] = Σ scalars[i] points[i], at most two of them, projective. Gives false, and R is
 * nothing, when the sum is O or an exception occurred on the way.
 */
export function sumPublic(R: Float64Array, r: number, points: readonly OddMultiples[], scalars: readonly Scalar[]): boolean {
  for (const [i, { width }] of points.entries()) publicDigits(digits, 2 * PUBLIC_DIGITS * i, scalars[i]!, width);
  let empty = true;
  let doublings = 0;
  for (let bit = PUBLIC_DIGITS - 1; bit >= 0; bit--) {
    doublings++;
    for (let half = 0; half < 2 * points.length; half++) {
      const digit = digits[PUBLIC_DIGITS * half + bit]!;
      if (digit === 0) continue;
      const { X, Y, betaX } = points[half >>> 1]!;
      choose((half & 1) === 0 ? X : betaX, Y, digit);
      if (empty) {
        R.set(chosen, r);
        R.set(ONE, r + 22);
        empty = false;
      } else {
        doubleTimes(R, r, doublings);
        addAffineTo(R, r, chosen, 0);
      }
      doublings = 0;
    }
  }
  if (empty) return false;
  doubleTimes(R, r, doublings);
  if (isZero(R, r + 22)) return false;
  fromJacobian(R, r, R, r);
  return true;
}

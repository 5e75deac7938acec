// This file multiplies one point by one secret scalar, with GLV halves of signed odd digits
// (dkls23-spec, Appendix A).
//
// Before the last window the sum stands for (c1, c2) with |c1|, |c2| < 2^127, and so does every sum
// or difference with a table entry. None of them is (0, 0). The vectors of the lattice in digits.ts
// have a coordinate of more than 2^127. So no exception of the Jacobian addition can occur,
// whatever the point, as long as it is not O. The last window uses complete formulas.
import { HALF_ENTRIES, HALF_WINDOWS, halfDigits } from "./digits.ts";
import { BETA } from "./endomorphism.ts";
import { isZero, ONE } from "./field.ts";
import { times } from "./field-linear.ts";
import { mul } from "./field-mul.ts";
import { addAffineTo, doubleTimes, fromJacobian } from "./jacobian.ts";
import { toAffine } from "./normalize.ts";
import { addAffine, addPoints, doublePoint } from "./point-formulas.ts";
import type { Scalar } from "./scalar.ts";

const multiples = new Float64Array(33 * HALF_ENTRIES);
const twice = new Float64Array(33);
const xs = new Float64Array(11 * HALF_ENTRIES);
const ys = new Float64Array(11 * HALF_ENTRIES);
const bs = new Float64Array(11 * HALF_ENTRIES);
const chosen = new Float64Array(22);
const digits = new Uint8Array(2 * HALF_WINDOWS);

/** Prepares affine P, 3P .. 15P, and the abscissae of their images under the endomorphism. */
function prepare(P: Float64Array, p: number): void {
  multiples.set(P.subarray(p, p + 33), 0);
  doublePoint(twice, 0, P, p);
  for (let e = 33; e < multiples.length; e += 33) addPoints(multiples, e, multiples, e - 33, twice, 0);
  toAffine(xs, ys, multiples, HALF_ENTRIES);
  for (let e = 0; e < bs.length; e += 11) mul(bs, e, xs, e, BETA, 0);
}

/** Sets `chosen` to the entry of the window with its sign. Reads the whole table. */
function scan(x: Float64Array, window: number): void {
  const positive = window >>> 3;
  const entry = (window ^ (positive - 1)) & 7;
  const w0 = ((0 ^ entry) - 1) >>> 31;
  const w1 = ((1 ^ entry) - 1) >>> 31;
  const w2 = ((2 ^ entry) - 1) >>> 31;
  const w3 = ((3 ^ entry) - 1) >>> 31;
  const w4 = ((4 ^ entry) - 1) >>> 31;
  const w5 = ((5 ^ entry) - 1) >>> 31;
  const w6 = ((6 ^ entry) - 1) >>> 31;
  const w7 = ((7 ^ entry) - 1) >>> 31;
  for (let half = 0; half < 22; half += 11) {
    const from = half === 0 ? x : ys;
    for (let i = 0; i < 11; i++)
      chosen[half + i] =
        w0 * from[i]! +
        w1 * from[11 + i]! +
        w2 * from[22 + i]! +
        w3 * from[33 + i]! +
        w4 * from[44 + i]! +
        w5 * from[55 + i]! +
        w6 * from[66 + i]! +
        w7 * from[77 + i]!;
  }
  times(chosen, 11, chosen, 11, 2 * positive - 1);
}

/** Sets R[r..] = k P, projective, for any k and P. */
export function mulPoint(R: Float64Array, r: number, P: Float64Array, p: number, k: Scalar): void {
  if (isZero(P, p + 22)) {
    R.set(P.subarray(p, p + 33), r);
    return;
  }
  prepare(P, p);
  halfDigits(digits, k);
  const top = HALF_WINDOWS - 1;
  scan(xs, digits[top]!);
  R.set(chosen, r);
  R.set(ONE, r + 22);
  scan(bs, digits[HALF_WINDOWS + top]!);
  addAffineTo(R, r, chosen, 0);
  for (let i = top - 1; i > 0; i--) {
    doubleTimes(R, r, 4);
    scan(xs, digits[i]!);
    addAffineTo(R, r, chosen, 0);
    scan(bs, digits[HALF_WINDOWS + i]!);
    addAffineTo(R, r, chosen, 0);
  }
  doubleTimes(R, r, 4);
  fromJacobian(R, r, R, r);
  scan(xs, digits[0]!);
  addAffine(R, r, R, r, chosen, 0);
  scan(bs, digits[HALF_WINDOWS]!);
  addAffine(R, r, R, r, chosen, 0);
  digits.fill(0);
  chosen.fill(0);
}

// One point times one scalar: GLV halves of signed odd digits on complete formulas (dkls23-spec, Appendix A).
import { HALF_ENTRIES, HALF_WINDOWS, halfDigits } from "./digits.ts";
import { BETA } from "./endomorphism.ts";
import { isZero } from "./field.ts";
import { times } from "./field-linear.ts";
import { mul } from "./field-mul.ts";
import { addPoints, doublePoint, doubleTimes } from "./point-formulas.ts";
import type { Scalar } from "./scalar.ts";

const table = new Float64Array(33 * HALF_ENTRIES);
const images = new Float64Array(33 * HALF_ENTRIES);
const twice = new Float64Array(33);
const chosen = new Float64Array(33);
const digits = new Uint8Array(2 * HALF_WINDOWS);

function prepare(P: Float64Array, p: number, k: Scalar): void {
  table.set(P.subarray(p, p + 33), 0);
  doublePoint(twice, 0, P, p);
  for (let e = 33; e < table.length; e += 33) addPoints(table, e, table, e - 33, twice, 0);
  images.set(table);
  for (let e = 0; e < table.length; e += 33) mul(images, e, table, e, BETA, 0);
  halfDigits(digits, k);
}

/** chosen = the entry of the window with its sign. Reads the whole table. */
function scan(from: Float64Array, window: number): void {
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
  for (let i = 0; i < 33; i++)
    chosen[i] =
      w0 * from[i]! +
      w1 * from[33 + i]! +
      w2 * from[66 + i]! +
      w3 * from[99 + i]! +
      w4 * from[132 + i]! +
      w5 * from[165 + i]! +
      w6 * from[198 + i]! +
      w7 * from[231 + i]!;
  times(chosen, 11, chosen, 11, 2 * positive - 1);
}

/** R[r..] = k P, secret k, any P. */
export function mulPoint(R: Float64Array, r: number, P: Float64Array, p: number, k: Scalar): void {
  if (isZero(P, p + 22)) {
    R.set(P.subarray(p, p + 33), r);
    return;
  }
  prepare(P, p, k);
  scan(table, digits[HALF_WINDOWS - 1]!);
  R.set(chosen, r);
  for (let i = HALF_WINDOWS - 1; i >= 0; i--) {
    if (i < HALF_WINDOWS - 1) {
      // Never O: what the windows so far stand for is shorter than the shortest vector of the lattice in digits.ts.
      doubleTimes(R, r, R, r, 4);
      scan(table, digits[i]!);
      addPoints(R, r, R, r, chosen, 0);
    }
    scan(images, digits[HALF_WINDOWS + i]!);
    addPoints(R, r, R, r, chosen, 0);
  }
  digits.fill(0);
  table.fill(0);
  images.fill(0);
}

// This file multiplies many points by one secret scalar, in lockstep (dkls23-spec 11.3.3), with GLV
// halves of signed odd digits and full table scans.
import { HALF_ENTRIES, HALF_WINDOWS, halfDigits } from "./digits.ts";
import { BETA } from "./endomorphism.ts";
import { mul } from "./field-mul.ts";
import { addLanes, doubleAddLanes, doubleLanes, type Lanes, lanesNew } from "./lanes.ts";
import type { Scalar } from "./scalar.ts";

interface Tables {
  readonly length: number;
  /**
   * The tables. xs[e] and ys[e] are the lanes of (2e + 1) P, and bs[e] the abscissae of its image
   * under the endomorphism.
   */
  readonly xs: readonly Float64Array[];
  readonly ys: readonly Float64Array[];
  readonly bs: readonly Float64Array[];
}

let last: Tables | undefined;

/**
 * Gives tables for so many doubles. They take half a megabyte for 256 lanes, and are kept for the
 * next time.
 */
function tables(length: number): Tables {
  if (last?.length !== length) {
    const make = () => Array.from({ length: HALF_ENTRIES }, () => new Float64Array(length));
    last = { length, xs: make(), ys: make(), bs: make() };
  }
  return last;
}

/** Sets P_i = k P_i. Gives false if a formula does not exist on the way, or k = 0. */
export function mulLanes(P: Lanes, k: Scalar): boolean {
  const { n } = P;
  const length = 11 * n;
  const { xs, ys, bs } = tables(length);
  xs[0]!.set(P.X);
  ys[0]!.set(P.Y);
  const twice: Lanes = { n, X: P.X.slice(), Y: P.Y.slice() };
  if (!doubleLanes(twice)) return false;
  for (let e = 1; e < HALF_ENTRIES; e++) {
    xs[e]!.set(xs[e - 1]!);
    ys[e]!.set(ys[e - 1]!);
    if (!addLanes({ n, X: xs[e]!, Y: ys[e]! }, twice)) return false;
  }
  for (let e = 0; e < HALF_ENTRIES; e++) for (let i = 0; i < length; i += 11) mul(bs[e]!, i, xs[e]!, i, BETA, 0);
  const digits = new Uint8Array(2 * HALF_WINDOWS);
  halfDigits(digits, k);
  const selected = lanesNew(n);
  const top = HALF_WINDOWS - 1;
  scan(P.X, xs, digits[top]!, 0);
  scan(P.Y, ys, digits[top]!, 1);
  let good = true;
  for (let i = top; i >= 0; i--) {
    if (i < top) {
      for (let d = 0; d < 3; d++) good = doubleLanes(P) && good;
      scan(selected.X, xs, digits[i]!, 0);
      scan(selected.Y, ys, digits[i]!, 1);
      good = doubleAddLanes(P, selected) && good;
    }
    scan(selected.X, bs, digits[HALF_WINDOWS + i]!, 0);
    scan(selected.Y, ys, digits[HALF_WINDOWS + i]!, 1);
    good = addLanes(P, selected) && good;
  }
  digits.fill(0);
  return good;
}

/**
 * Sets `out` to the table entry of the window, of the digit's sign if `signed`. Reads the whole
 * table.
 */
function scan(out: Float64Array, table: readonly Float64Array[], window: number, signed: number): void {
  const positive = window >>> 3;
  const entry = (window ^ (positive - 1)) & 7;
  const sign = 1 - 2 * (signed & (1 - positive));
  const weight = (e: number) => sign * (((e ^ entry) - 1) >>> 31);
  const [t0, t1, t2, t3, t4, t5, t6, t7] = table as Float64Array[];
  const w0 = weight(0);
  const w1 = weight(1);
  const w2 = weight(2);
  const w3 = weight(3);
  const w4 = weight(4);
  const w5 = weight(5);
  const w6 = weight(6);
  const w7 = weight(7);
  for (let i = 0; i < out.length; i++)
    out[i] = w0 * t0![i]! + w1 * t1![i]! + w2 * t2![i]! + w3 * t3![i]! + w4 * t4![i]! + w5 * t5![i]! + w6 * t6![i]! + w7 * t7![i]!;
}

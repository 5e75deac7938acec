// This file has multiples of a fixed base: G once per process, the sender's point A once per pair
// (dkls23-spec 11.3.4). Each of 52 windows has the 16 odd multiples in affine form, packed as 8 + 8
// words. A lookup reads the window's whole table.
import { BASE_ENTRIES, BASE_WINDOWS, baseDigits } from "./digits.ts";
import { ONE, toWords } from "./field.ts";
import { scale, times } from "./field-linear.ts";
import { addAffineTo, doubleTimes, fromJacobian, toJacobian } from "./jacobian.ts";
import { addLanes, doubleLanes, type Lanes, lanesNew } from "./lanes.ts";
import { limbsFromWords } from "./limbs.ts";
import { toAffine } from "./normalize.ts";
import { addAffine } from "./point-formulas.ts";
import type { Scalar } from "./scalar.ts";

/** The table, with the words of entry e of window i at 16 (16 i + e). */
export type BaseTable = Uint32Array;

/** Makes the table of the projective point at P[p..], which is not O. */
export function baseTable(P: Float64Array, p: number): BaseTable {
  const bases = new Float64Array(33 * BASE_WINDOWS);
  bases.set(P.subarray(p, p + 33), 0);
  for (let i = 33; i < bases.length; i += 33) {
    toJacobian(bases, i, bases, i - 33);
    doubleTimes(bases, i, 5);
    fromJacobian(bases, i, bases, i);
  }
  const entry = lanesNew(BASE_WINDOWS);
  toAffine(entry.X, entry.Y, bases, BASE_WINDOWS);
  const twice: Lanes = { n: BASE_WINDOWS, X: entry.X.slice(), Y: entry.Y.slice() };
  doubleLanes(twice);
  const table = new Uint32Array(16 * BASE_ENTRIES * BASE_WINDOWS);
  for (let e = 0; e < BASE_ENTRIES; e++) {
    if (e > 0) addLanes(entry, twice);
    for (let i = 0; i < BASE_WINDOWS; i++) {
      toWords(table, 16 * (BASE_ENTRIES * i + e), entry.X, 11 * i);
      toWords(table, 16 * (BASE_ENTRIES * i + e) + 8, entry.Y, 11 * i);
    }
  }
  return table;
}

const words = new Uint32Array(16);

/** Sets X[x..], Y[y..] to the multiple that window i of a scalar selects, in two units. */
function select(X: Float64Array, x: number, Y: Float64Array, y: number, table: BaseTable, i: number, window: number): void {
  const positive = window >>> 4;
  const entry = (window ^ (positive - 1)) & 15;
  let x0 = 0;
  let x1 = 0;
  let x2 = 0;
  let x3 = 0;
  let x4 = 0;
  let x5 = 0;
  let x6 = 0;
  let x7 = 0;
  let y0 = 0;
  let y1 = 0;
  let y2 = 0;
  let y3 = 0;
  let y4 = 0;
  let y5 = 0;
  let y6 = 0;
  let y7 = 0;
  let t = 16 * BASE_ENTRIES * i;
  for (let e = 0; e < BASE_ENTRIES; e++, t += 16) {
    const mask = ((e ^ entry) - 1) >> 31;
    x0 |= table[t]! & mask;
    x1 |= table[t + 1]! & mask;
    x2 |= table[t + 2]! & mask;
    x3 |= table[t + 3]! & mask;
    x4 |= table[t + 4]! & mask;
    x5 |= table[t + 5]! & mask;
    x6 |= table[t + 6]! & mask;
    x7 |= table[t + 7]! & mask;
    y0 |= table[t + 8]! & mask;
    y1 |= table[t + 9]! & mask;
    y2 |= table[t + 10]! & mask;
    y3 |= table[t + 11]! & mask;
    y4 |= table[t + 12]! & mask;
    y5 |= table[t + 13]! & mask;
    y6 |= table[t + 14]! & mask;
    y7 |= table[t + 15]! & mask;
  }
  words[0] = x0;
  words[1] = x1;
  words[2] = x2;
  words[3] = x3;
  words[4] = x4;
  words[5] = x5;
  words[6] = x6;
  words[7] = x7;
  words[8] = y0;
  words[9] = y1;
  words[10] = y2;
  words[11] = y3;
  words[12] = y4;
  words[13] = y5;
  words[14] = y6;
  words[15] = y7;
  limbsFromWords(X, x, words, 0);
  limbsFromWords(Y, y, words, 8);
  times(Y, y, Y, y, 2 * positive - 1);
}

const digits = new Uint8Array(BASE_WINDOWS);
const chosen = new Float64Array(22);

/**
 * Sets R[r..] to k times the base, projective, for any k. Before window i the sum stands for an odd
 * number below 2^(5 i), and the window for at least 2^(5 i), at most 31 times that. Up to i = 50
 * neither sum nor difference is a multiple of q, so no exception of the Jacobian addition can
 * occur. The last addition is complete.
 */
export function mulTable(R: Float64Array, r: number, table: BaseTable, k: Scalar): void {
  const last = BASE_WINDOWS - 1;
  baseDigits(digits, 0, k);
  select(R, r, R, r + 11, table, 0, digits[0]!);
  scale(R, r, R, r, 1);
  scale(R, r + 11, R, r + 11, 1);
  R.set(ONE, r + 22);
  for (let i = 1; i < last; i++) {
    select(chosen, 0, chosen, 11, table, i, digits[i]!);
    addAffineTo(R, r, chosen, 0);
  }
  fromJacobian(R, r, R, r);
  select(chosen, 0, chosen, 11, table, last, digits[last]!);
  addAffine(R, r, R, r, chosen, 0);
  digits.fill(0);
}

/**
 * Sets lane i to k_i times the base, in lockstep. Gives undefined in cases of negligible
 * probability for random k_i.
 */
export function mulTableLanes(table: BaseTable, ks: readonly Scalar[]): Lanes | undefined {
  const n = ks.length;
  const windows = new Uint8Array(BASE_WINDOWS * n);
  for (let l = 0; l < n; l++) baseDigits(windows, BASE_WINDOWS * l, ks[l]!);
  const sum = lanesNew(n);
  const next = lanesNew(n);
  let good = true;
  for (let i = BASE_WINDOWS - 1; i >= 0; i--) {
    const into = i === BASE_WINDOWS - 1 ? sum : next;
    for (let l = 0; l < n; l++) select(into.X, 11 * l, into.Y, 11 * l, table, i, windows[BASE_WINDOWS * l + i]!);
    if (into === next) good = addLanes(sum, next) && good;
  }
  windows.fill(0);
  return good ? sum : undefined;
}

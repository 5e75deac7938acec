// This file has multiples of the base point: 64 windows of 4 bits for secret scalars, whose lookup
// reads the window's whole table, and the odd multiples for public ones. The tables are built once
// per process, at the first use.
import { add, sub } from "../../kernel/field-linear.ts";
import { constant, D2, invertMany, ONE } from "./field.ts";
import { carry, mul } from "./field-mul.ts";
import { AFFINE, addAffine, addCached, CACHED, cache, double, EXTENDED } from "./formulas.ts";

const WINDOWS = 64;
const ENTRIES = 8;
/** The number of odd multiples B, 3B, …, for a window of 7 bits. */
const ODD_ENTRIES = 32;

/** The base point, extended. */
export const base = new Float64Array(EXTENDED);
base.set(constant(0x216936d3cd6e53fec0a4e231fdd6dc5c692cc7609525a7b2c9562d608f25d51an), 0);
base.set(constant(0x6666666666666666666666666666666666666666666666666666666666666658n), 11);
base.set(ONE, 22);
mul(base, 33, base, 0, base, 11);

let windows: Float64Array | undefined;
let odd: Float64Array | undefined;

function windowTable(): Float64Array {
  if (windows !== undefined) return windows;
  const points = new Float64Array(EXTENDED * WINDOWS * ENTRIES);
  const start = base.slice();
  const addend = new Float64Array(CACHED);
  for (let i = 0; i < WINDOWS; i++) {
    const first = EXTENDED * ENTRIES * i;
    points.set(start, first);
    cache(addend, 0, start, 0);
    for (let e = 1; e < ENTRIES; e++) addCached(points, first + EXTENDED * e, points, first + EXTENDED * (e - 1), addend, 0, true);
    for (let k = 0; k < 4; k++) double(start, 0, start, 0, true);
  }
  windows = toAffine(points, WINDOWS * ENTRIES);
  return windows;
}

/** Gives the affine addends of the odd multiples. */
export function oddTable(): Float64Array {
  if (odd !== undefined) return odd;
  const points = new Float64Array(EXTENDED * ODD_ENTRIES);
  const addend = new Float64Array(CACHED);
  points.set(base, 0);
  double(points, EXTENDED, base, 0, true);
  cache(addend, 0, points, EXTENDED);
  for (let e = 1; e < ODD_ENTRIES; e++) addCached(points, EXTENDED * e, points, EXTENDED * (e - 1), addend, 0, true);
  odd = toAffine(points, ODD_ENTRIES);
  return odd;
}

function toAffine(points: Float64Array, count: number): Float64Array {
  const z = new Float64Array(11 * count);
  for (let i = 0; i < count; i++) z.set(points.subarray(EXTENDED * i + 22, EXTENDED * i + 33), 11 * i);
  const inverse = new Float64Array(11 * count);
  invertMany(inverse, z, count);
  const out = new Float64Array(AFFINE * count);
  const xy = new Float64Array(22);
  for (let i = 0; i < count; i++) {
    mul(xy, 0, points, EXTENDED * i, inverse, 11 * i);
    mul(xy, 11, points, EXTENDED * i + 11, inverse, 11 * i);
    const at = AFFINE * i;
    add(out, at, xy, 11, xy, 0);
    carry(out, at, out, at);
    sub(out, at + 11, xy, 11, xy, 0);
    carry(out, at + 11, out, at + 11);
    mul(out, at + 22, xy, 0, xy, 11);
    mul(out, at + 22, out, at + 22, D2, 0);
  }
  return out;
}

const digits = new Int8Array(WINDOWS);
const chosen = new Float64Array(AFFINE);

/** Sets R[r..] = k B for a secret k: 32 little-endian bytes below 2^253. */
export function mulBaseTable(R: Float64Array, r: number, k: Uint8Array): void {
  const table = windowTable();
  recode(k);
  R.fill(0, r, r + EXTENDED);
  R[r + 11] = 1;
  R[r + 22] = 1;
  for (let i = 0; i < WINDOWS; i++) {
    select(table, AFFINE * ENTRIES * i, digits[i]!);
    addAffine(R, r, R, r, chosen, 0, true);
  }
  digits.fill(0);
  chosen.fill(0);
}

/** Writes k in digits -8..8 in base 16. */
function recode(k: Uint8Array): void {
  let carried = 0;
  for (let i = 0; i < WINDOWS; i++) {
    const nibble = ((k[i >> 1]! >> (4 * (i & 1))) & 15) + carried;
    carried = i < WINDOWS - 1 ? (nibble + 8) >> 4 : 0;
    digits[i] = nibble - 16 * carried;
  }
}

/** Sets `chosen` to the multiple that the digit selects, with its sign. */
function select(t: Float64Array, at: number, digit: number): void {
  const negative = digit >>> 31;
  const size = (digit ^ -negative) + negative;
  const w0 = (size - 1) >>> 31;
  const w1 = ((size ^ 1) - 1) >>> 31;
  const w2 = ((size ^ 2) - 1) >>> 31;
  const w3 = ((size ^ 3) - 1) >>> 31;
  const w4 = ((size ^ 4) - 1) >>> 31;
  const w5 = ((size ^ 5) - 1) >>> 31;
  const w6 = ((size ^ 6) - 1) >>> 31;
  const w7 = ((size ^ 7) - 1) >>> 31;
  const w8 = ((size ^ 8) - 1) >>> 31;
  for (let i = 0, a = at; i < AFFINE; i++, a++)
    chosen[i] =
      w1 * t[a]! +
      w2 * t[a + 33]! +
      w3 * t[a + 66]! +
      w4 * t[a + 99]! +
      w5 * t[a + 132]! +
      w6 * t[a + 165]! +
      w7 * t[a + 198]! +
      w8 * t[a + 231]!;
  // Zero selects nothing, and the identity is (1, 1, 0).
  chosen[0]! += w0;
  chosen[11]! += w0;
  // A negative digit swaps y+x with y-x and negates 2dxy.
  for (let i = 0; i < 11; i++) {
    const swap = negative * (chosen[11 + i]! - chosen[i]!);
    chosen[i]! += swap;
    chosen[11 + i]! -= swap;
    chosen[22 + i]! *= 1 - 2 * negative;
  }
}

// This file writes scalars as signed odd digits. Every digit is nonzero, so the sequence of point
// operations never depends on the scalar.
//
// An odd x is the sum of 2^b (2 y_b - 1) over the bits y_b of y = (x - 1)/2 + 2^(m-1), b = 0..m-1.
// A window of w of these bits with value n is the digit 2n - (2^w - 1). Its sign is the top bit of
// n, and its table entry (|digit| - 1)/2 is the rest, mirrored.
import { carryOf } from "./carry.ts";
import { limbsFromWords } from "./limbs.ts";
import { order } from "./order.ts";
import type { Scalar } from "./scalar.ts";

/** A fixed base has 52 windows of 5 bits, and 16 table entries. */
export const BASE_WINDOWS = 52;
export const BASE_ENTRIES = 16;

const x = new Uint32Array(10);

/** Writes 52 windows of k, or of k + q if k is even. */
export function baseDigits(out: Uint8Array, to: number, k: Scalar): void {
  const mask = -(1 - (k[0]! & 1));
  let carry = 0;
  for (let i = 0; i < 8; i++) {
    const sum = k[i]! + ((order[i]! & mask) >>> 0) + carry;
    x[i] = sum;
    carry = carryOf(sum);
  }
  x[8] = carry;
  for (let i = 0; i < BASE_WINDOWS; i++) {
    const bit = 5 * i + 1;
    const word = bit >>> 5;
    const shift = bit & 31;
    const low = x[word]! >>> shift;
    out[to + i] = (shift > 27 ? low | (x[word + 1]! << (32 - shift)) : low) & 31;
  }
  out[to + BASE_WINDOWS - 1]! |= 16;
  x.fill(0);
}

/** A variable base has 34 windows of 4 bits per half, and 8 table entries. */
export const HALF_WINDOWS = 34;
export const HALF_ENTRIES = 8;

function limbs(value: bigint, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => Number((value >> BigInt(24 * i)) & 0xffffffn));
}

// The lattice of (u, v) with u + lambda v = 0 mod q has the short basis (A1, -B1), (A2, A1). G1
// and G2 are 2^384 times the inverse basis.
const A1 = limbs(0x3086d221a7d46bcde86c90e49284eb15n, 6);
const B1 = limbs(0xe4437ed6010e88286f547fa90abfe4c3n, 6);
const A2 = limbs(0x114ca50f7a8e2f3f657c1108d9d44cfd8n, 6);
const G1 = limbs(0x3086d221a7d46bcde86c90e49284eb153daa8a1471e8ca7fe893209a45dbb031n, 11);
const G2 = limbs(0xe4437ed6010e88286f547fa90abfe4c4221208ac9df506c61571b4ae8ac47f71n, 11);

const scalar = new Float64Array(11);
const columns = new Float64Array(23);
const c1 = new Float64Array(6);
const c2 = new Float64Array(6);
const first = new Float64Array(7);
const second = new Float64Array(7);

/** Makes unsigned limbs in place, mod 2^144. */
function normalize(a: Float64Array): void {
  let carry = 0;
  for (let i = 0; i < 6; i++) {
    const v = a[i]! + carry;
    carry = Math.floor(v * 2 ** -24);
    a[i] = v - carry * 0x1000000;
  }
}

/** Sets out = round(k g / 2^384). */
function quotient(out: Float64Array, g: Float64Array): void {
  columns.fill(0);
  columns[15] = 0x800000;
  for (let i = 0; i < 11; i++) for (let j = 0; j < 11; j++) columns[i + j]! += scalar[i]! * g[j]!;
  let carry = 0;
  for (let i = 0; i < 22; i++) {
    const v = columns[i]! + carry;
    carry = Math.floor(v * 2 ** -24);
    if (i >= 16) out[i - 16] = v - carry * 0x1000000;
  }
}

/** Does a += sign c d mod 2^144. */
function accumulate(a: Float64Array, c: Float64Array, d: Float64Array, sign: number): void {
  for (let i = 0; i < 6; i++) for (let j = 0; i + j < 6; j++) a[i + j]! += sign * c[i]! * d[j]!;
}

/** Does a += m v. */
function addTimes(a: Float64Array, v: Float64Array, m: number): void {
  for (let i = 0; i < 6; i++) a[i]! += m * v[i]!;
}

function windows(out: Uint8Array, to: number, a: Float64Array): void {
  // This makes y = (a - 1)/2 + 2^135, where a is odd and its absolute value below 2^129.
  a[5]! += 2 ** 16;
  normalize(a);
  a[6] = 0;
  for (let i = 0; i < HALF_WINDOWS; i++) {
    const bit = 4 * i + 1;
    const word = Math.floor(bit / 24);
    const pair = a[word]! + (a[word + 1]! & 15) * 0x1000000;
    out[to + i] = Math.floor(pair * 2 ** (24 * word - bit)) & 15;
  }
}

/**
 * Sets first, second = k1, k2, where k = k1 + lambda k2 mod q and |k1|, |k2| < 2^128, as limbs mod
 * 2^144.
 */
function split(k: Scalar): void {
  limbsFromWords(scalar, 0, k, 0);
  quotient(c1, G1);
  quotient(c2, G2);
  first.fill(0);
  second.fill(0);
  for (let i = 0; i < 6; i++) first[i] = scalar[i]!;
  accumulate(first, c1, A1, -1);
  accumulate(first, c2, A2, -1);
  accumulate(second, c1, B1, 1);
  accumulate(second, c2, A1, -1);
  normalize(first);
  normalize(second);
}

/**
 * Writes 34 windows of k1 at out[0..], 34 of k2 at out[34..], where k = k1 + lambda k2 mod q, |k1|,
 * |k2| < 2^129, both odd.
 */
export function halfDigits(out: Uint8Array, k: Scalar): void {
  split(k);
  // (A1, -B1) is odd in both, (A2, A1) only in the second.
  const evenFirst = 1 - (first[0]! & 1);
  addTimes(first, A1, evenFirst);
  addTimes(second, B1, -evenFirst);
  normalize(second);
  const evenSecond = 1 - (second[0]! & 1);
  addTimes(first, A2, evenSecond);
  addTimes(second, A1, evenSecond);
  windows(out, 0, first);
  windows(out, HALF_WINDOWS, second);
  for (const secret of [scalar, columns, c1, c2, first, second]) secret.fill(0);
}

/** The number of digits of one half of a public scalar, the lowest first. */
export const PUBLIC_DIGITS = 130;

/**
 * Writes a, limbs mod 2^144 of a number within 2^128, in non-adjacent form. Among `width` digits at
 * most one is not 0, and it is odd and below 2^(width-1).
 */
function nonAdjacent(out: Int16Array, to: number, a: Float64Array, width: number): void {
  const sign = a[5]! < 0x800000 ? 1 : -1;
  for (let i = 0; i < 6; i++) a[i]! *= sign;
  normalize(a);
  a[6] = 0;
  out.fill(0, to, to + PUBLIC_DIGITS);
  let carry = 0;
  for (let bit = 0; bit < PUBLIC_DIGITS; ) {
    const limb = Math.floor(bit / 24);
    const rest = Math.floor((a[limb]! + (a[limb + 1]! & 0xffff) * 0x1000000) * 2 ** (24 * limb - bit));
    if ((rest & 1) === carry) {
      bit++;
      continue;
    }
    const digit = (rest & ((1 << width) - 1)) + carry;
    carry = digit >>> (width - 1);
    out[to + bit] = sign * (digit - (carry << width));
    bit += width;
  }
}

/**
 * Writes k1 at out[0..], k2 at out[130..], where k = k1 + lambda k2 mod q. Its time is variable,
 * since k is public.
 */
export function publicDigits(out: Int16Array, to: number, k: Scalar, width: number): void {
  split(k);
  nonAdjacent(out, to, first, width);
  nonAdjacent(out, to + PUBLIC_DIGITS, second, width);
}

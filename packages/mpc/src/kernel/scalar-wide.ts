// Sums of products of integers mod q, carried lazily and reduced once (dkls23-spec 11.3.6). 23 columns of 24 bits in
// doubles; every operation is exact as long as a column stays below 2^53.

import { limbsFromWords } from "./limbs.ts";

/** 23 columns; value sum c_i 2^(24 i), of any sign. */
export type Wide = Float64Array;

export function wideNew(): Wide {
  return new Float64Array(23);
}

/** acc += a b for 11-limb a and b. With unsigned limbs at most 2 products, with one side balanced at most 5, may be added between two carries. */
export function wideAddProduct(acc: Wide, a: Float64Array, ao: number, b: Float64Array, bo: number): void {
  for (let i = 0; i < 11; i++) {
    const x = a[ao + i]!;
    for (let j = 0; j < 11; j++) acc[i + j]! += x * b[bo + j]!;
  }
}

// Adding and subtracting 1.5 * 2^76 rounds a double below 2^75 to the nearest multiple of 2^24.
const M = 1.5 * 2 ** 76;

/** Columns 0..21 into [-2^23, 2^23]; what is left goes to column 22. */
export function wideCarry(acc: Wide, from = 0, to = 22): void {
  for (let i = from; i < to; i++) {
    const t = acc[i]!;
    const c = t + M - M;
    acc[i] = t - c;
    acc[i + 1]! += c * 2 ** -24;
  }
}

// 2^256 mod q and 2^264 mod q in limbs of 24 bits.
const C256 = Float64Array.of(0xc9bebf, 0xa1732f, 0xc4402d, 0x50b75f, 0x512319, 0x145);
const C264 = Float64Array.of(0x9bebf00 % 0x1000000, 0x732fc9, 0x402da1, 0xb75fc4, 0x231950, 0x14551);
/** Words of q, little-endian. */
export const order: Uint32Array = Uint32Array.of(
  0xd0364141,
  0xbfd25e8c,
  0xaf48a03b,
  0xbaaedce6,
  0xfffffffe,
  0xffffffff,
  0xffffffff,
  0xffffffff,
);
const QL = new Float64Array(11);
limbsFromWords(QL, 0, order, 0);

const high = new Float64Array(12);

/** Replaces the columns 11 and up, at most `count`, by their residue mod q in the columns below. */
function fold(acc: Wide, count: number): void {
  for (let i = 0; i < count; i++) {
    high[i] = acc[11 + i]!;
    acc[11 + i] = 0;
  }
  for (let i = 0; i < count; i++) for (let j = 0; j < 6; j++) acc[i + j]! += high[i]! * C264[j]!;
}

/** out[to..to+7] = acc mod q, canonical. Destroys acc. |acc| < 2^528. */
export function reduce(out: Uint32Array, acc: Wide, to = 0): void {
  wideCarry(acc, 0, 22);
  fold(acc, 12);
  wideCarry(acc, 0, 17);
  fold(acc, 7);
  wideCarry(acc, 0, 12);
  fold(acc, 2);
  wideCarry(acc, 0, 10);
  const top = Math.floor(acc[10]! / 65536);
  acc[10]! -= top * 65536;
  for (let j = 0; j < 6; j++) acc[j]! += top * C256[j]!;
  // |value| < 2^256 + 2^200 and > -2^200: adding q makes it positive and below 3q.
  const l = new Int32Array(11);
  let carry = 0;
  for (let i = 0; i < 11; i++) {
    const v = acc[i]! + QL[i]! + carry;
    carry = Math.floor(v / 0x1000000);
    l[i] = v - carry * 0x1000000;
  }
  let over = (l[10]! >>> 16) + carry * 256;
  out[to] = l[0]! | (l[1]! << 24);
  out[to + 1] = (l[1]! >>> 8) | (l[2]! << 16);
  out[to + 2] = (l[2]! >>> 16) | (l[3]! << 8);
  out[to + 3] = l[4]! | (l[5]! << 24);
  out[to + 4] = (l[5]! >>> 8) | (l[6]! << 16);
  out[to + 5] = (l[6]! >>> 16) | (l[7]! << 8);
  out[to + 6] = l[8]! | (l[9]! << 24);
  out[to + 7] = (l[9]! >>> 8) | (l[10]! << 16);
  over = subtractOrder(out, over, to);
  subtractOrder(out, over, to);
}

const difference = new Uint32Array(8);

/** x -= q iff x >= q, where x is the 8 words at `to` with `over` 2^256 above them. Gives what is above afterwards. */
export function subtractOrder(x: Uint32Array, over: number, to = 0): number {
  let borrow = 0;
  for (let i = 0; i < 8; i++) {
    const d = x[to + i]! - order[i]! - borrow;
    difference[i] = d;
    borrow = d < 0 ? 1 : 0;
  }
  const left = over - borrow;
  const mask = ~(left >> 31);
  for (let i = 0; i < 8; i++) x[to + i] = (difference[i]! & mask) | (x[to + i]! & ~mask);
  return (left & mask) | (over & ~mask);
}

// This file has the field of secp256k1: encodings, inversion, square roots (dkls23-spec, Appendix
// A). An element is 11 limbs somewhere in a Float64Array. Functions take the array and the offset
// of every operand.

import { borrowOf, carryOf } from "./carry.ts";
import { scale, sub } from "./field-linear.ts";
import { mul } from "./field-mul.ts";
import { sqr, sqrTimes } from "./field-sqr.ts";
import { invertWords, modulusOf } from "./invert.ts";
import { limbsFromWords, wordsFromLimbs } from "./limbs.ts";

/** The number of doubles per element. */
export const LIMBS = 11;

/** The words of p, little-endian. */
export const P: Readonly<Uint32Array> = Uint32Array.of(0xfffffc2f, 0xfffffffe, ...new Array(6).fill(0xffffffff));

/** The element 1. */
export const ONE: Float64Array = Float64Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

/** Writes little-endian words from 32 big-endian bytes. */
export function loadWords(out: Uint32Array, to: number, bytes: Uint8Array, at: number): void {
  for (let i = 0; i < 8; i++) {
    const j = at + 28 - 4 * i;
    out[to + i] = (bytes[j]! << 24) | (bytes[j + 1]! << 16) | (bytes[j + 2]! << 8) | bytes[j + 3]!;
  }
}

export function storeWords(bytes: Uint8Array, at: number, words: Uint32Array, from: number): void {
  for (let i = 0; i < 8; i++) {
    const word = words[from + i]!;
    const j = at + 28 - 4 * i;
    bytes[j] = word >>> 24;
    bytes[j + 1] = word >>> 16;
    bytes[j + 2] = word >>> 8;
    bytes[j + 3] = word;
  }
}

/** Tells whether the 8 words are below p, which is canonical. */
export function belowP(words: Uint32Array, at: number): boolean {
  let borrow = 0;
  for (let i = 0; i < 8; i++) borrow = borrowOf(words[at + i]! - P[i]! - borrow);
  return borrow === 1;
}

/** Sets R[r..] to the 256-bit number, one unit. */
export function fromWords(R: Float64Array, r: number, words: Uint32Array, at: number): void {
  limbsFromWords(R, r, words, at);
  scale(R, r, R, r, 1);
}

// The limbs of 16 p. Adding them makes every element with |a_10| <= 2^18 and limbs below 2^30
// positive.
const P16 = new Float64Array(LIMBS);
limbsFromWords(P16, 0, P as Uint32Array, 0);
for (let i = 0; i < LIMBS; i++) P16[i]! *= 16;

const canonical = new Int32Array(LIMBS);

/** Sets out[to..] = a mod p, as canonical little-endian words. */
export function toWords(out: Uint32Array, to: number, A: Float64Array, a: number): void {
  const l = canonical;
  let carry = 0;
  for (let i = 0; i < 10; i++) {
    const v = A[a + i]! + P16[i]! + carry;
    carry = Math.floor(v * 2 ** -24);
    l[i] = v - carry * 0x1000000;
  }
  l[10] = A[a + 10]! + P16[10]! + carry;
  for (let k = 0; k < 2; k++) {
    const over = l[10]! >>> 16;
    l[10]! &= 0xffff;
    let v = l[0]! + 977 * over;
    l[0] = v & 0xffffff;
    v = l[1]! + 256 * over + (v >>> 24);
    l[1] = v & 0xffffff;
    for (let i = 2; i < 10; i++) {
      v = l[i]! + (v >>> 24);
      l[i] = v & 0xffffff;
    }
    l[10]! += v >>> 24;
  }
  wordsFromLimbs(out, to, l);
  // x >= p iff x + (2^32 + 977) overflows 2^256.
  let sum = out[to]! + 977;
  carry = carryOf(sum);
  sum = out[to + 1]! + 1 + carry;
  carry = carryOf(sum);
  for (let i = 2; i < 8; i++) carry = carryOf(out[to + i]! + carry);
  const big = carry;
  sum = out[to]! + 977 * big;
  out[to] = sum;
  sum = out[to + 1]! + big + carryOf(sum);
  out[to + 1] = sum;
  for (let i = 2; i < 8; i++) {
    sum = out[to + i]! + carryOf(sum);
    out[to + i] = sum;
  }
}

const words = new Uint32Array(8);

export function isZero(A: Float64Array, a: number): boolean {
  toWords(words, 0, A, a);
  return (words[0]! | words[1]! | words[2]! | words[3]! | words[4]! | words[5]! | words[6]! | words[7]!) === 0;
}

const difference = new Float64Array(LIMBS);

/** Tells whether a = b mod p. Both have at most 4 units. */
export function isEqual(A: Float64Array, a: number, B: Float64Array, b: number): boolean {
  sub(difference, 0, A, a, B, b);
  return isZero(difference, 0);
}

export function isOdd(A: Float64Array, a: number): boolean {
  toWords(words, 0, A, a);
  return (words[0]! & 1) === 1;
}

const modulus = modulusOf(P as Uint32Array);

/** Sets R[r..] = a^-1, and 0 for 0. */
export function invert(R: Float64Array, r: number, A: Float64Array, a: number): void {
  toWords(words, 0, A, a);
  invertWords(words, 0, words, modulus);
  fromWords(R, r, words, 0);
  words.fill(0);
}

const T = new Float64Array(7 * LIMBS);
const X2 = 0;
const X3 = LIMBS;
const X22 = 2 * LIMBS;
const X44 = 3 * LIMBS;
const X = 4 * LIMBS;
const SELF = 5 * LIMBS;
const X88 = 6 * LIMBS;
const candidate = new Float64Array(2 * LIMBS);

/**
 * Sets R[r..] to a square root of a, which is its power (p + 1) / 4, by a chain of 253 squarings
 * and 13 products. Gives false if there is none.
 */
export function sqrt(R: Float64Array, r: number, A: Float64Array, a: number): boolean {
  T.set(A.subarray(a, a + LIMBS), SELF);
  sqr(T, X2, T, SELF);
  mul(T, X2, T, X2, T, SELF);
  sqr(T, X3, T, X2);
  mul(T, X3, T, X3, T, SELF);
  sqrTimes(T, X, T, X3, 3);
  mul(T, X, T, X, T, X3); // 2^6 - 1
  sqrTimes(T, X, T, X, 3);
  mul(T, X, T, X, T, X3); // 2^9 - 1
  sqrTimes(T, X, T, X, 2);
  mul(T, X, T, X, T, X2); // 2^11 - 1
  sqrTimes(T, X22, T, X, 11);
  mul(T, X22, T, X22, T, X);
  sqrTimes(T, X44, T, X22, 22);
  mul(T, X44, T, X44, T, X22);
  sqrTimes(T, X, T, X44, 44);
  mul(T, X, T, X, T, X44); // 2^88 - 1
  T.copyWithin(X88, X, X + LIMBS);
  sqrTimes(T, X, T, X, 88);
  mul(T, X, T, X, T, X88); // 2^176 - 1
  sqrTimes(T, X, T, X, 44);
  mul(T, X, T, X, T, X44); // 2^220 - 1
  sqrTimes(T, X, T, X, 3);
  mul(T, X, T, X, T, X3); // 2^223 - 1
  sqrTimes(T, X, T, X, 23);
  mul(T, X, T, X, T, X22);
  sqrTimes(T, X, T, X, 6);
  mul(T, X, T, X, T, X2);
  sqrTimes(candidate, 0, T, X, 2);
  sqr(candidate, LIMBS, candidate, 0);
  const found = isEqual(candidate, LIMBS, T, SELF);
  R.set(candidate.subarray(0, LIMBS), r);
  return found;
}

/**
 * Sets R[i] = A[i]^-1 for `count` consecutive elements with one inversion (Montgomery's trick). `A`
 * and `R` must not overlap. Gives false, and writes nothing of use, if one of them is 0.
 */
export function invertMany(R: Float64Array, A: Float64Array, count: number): boolean {
  R.set(A.subarray(0, LIMBS), 0);
  for (let i = 1; i < count; i++) mul(R, i * LIMBS, R, (i - 1) * LIMBS, A, i * LIMBS);
  const last = (count - 1) * LIMBS;
  if (isZero(R, last)) return false;
  invert(running, 0, R, last);
  for (let i = count - 1; i > 0; i--) {
    mul(R, i * LIMBS, R, (i - 1) * LIMBS, running, 0);
    mul(running, 0, running, 0, A, i * LIMBS);
  }
  R.set(running, 0);
  return true;
}

const running = new Float64Array(LIMBS);

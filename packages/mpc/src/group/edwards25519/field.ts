// This file has the field of 2^255 - 19: encodings, inversion, square roots of ratios (RFC 8032
// 5.1.1 to 5.1.3). An element is 11 limbs somewhere in a Float64Array. Functions take the array and
// the offset of every operand.
import { sub } from "../../kernel/field-linear.ts";
import { carry, mul, sqr, sqrTimes } from "./field-mul.ts";

/** The number of doubles per element. */
export const LIMBS = 11;

export const ONE: Float64Array = Float64Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
export const ZERO: Float64Array = new Float64Array(LIMBS);

/** Gives an element from a public constant. */
export function constant(value: bigint): Float64Array {
  const R = Float64Array.from({ length: LIMBS }, (_, i) => Number((value >> BigInt(24 * i)) & 0xffffffn));
  carry(R, 0, R, 0);
  return R;
}

export const D: Float64Array = constant(0x52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3n);
export const D2: Float64Array = constant(2n * 0x52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3n);
const SQRT_M1: Float64Array = constant(19681161376707505956807079304988542015446066515923890162744021073123829784752n);

/** Sets R[r..] to the low 255 bits of 32 little-endian bytes. */
export function fromBytes(R: Float64Array, r: number, bytes: Uint8Array, at: number): void {
  for (let i = 0; i < 10; i++) {
    const j = at + 3 * i;
    R[r + i] = bytes[j]! | (bytes[j + 1]! << 8) | (bytes[j + 2]! << 16);
  }
  R[r + 10] = bytes[at + 30]! | ((bytes[at + 31]! & 127) << 8);
  carry(R, r, R, r);
}

/** Tells whether the low 255 bits of 32 little-endian bytes are below p. */
export function isCanonical(bytes: Uint8Array, at: number): boolean {
  if ((bytes[at + 31]! & 127) !== 127 || bytes[at]! < 0xed) return true;
  for (let i = 1; i < 31; i++) if (bytes[at + i] !== 255) return true;
  return false;
}

// The limbs of 32 p. Adding them makes every element of up to 4 units positive.
const P32 = Float64Array.from({ length: LIMBS }, (_, i) => 32 * (i === 0 ? 0xffffed : i === 10 ? 0x7fff : 0xffffff));
const canonical = new Int32Array(LIMBS);

/** Writes 32 little-endian bytes of a mod p, canonical. */
export function toBytes(bytes: Uint8Array, at: number, A: Float64Array, a: number): void {
  const l = canonical;
  let over = 0;
  for (let i = 0; i < 10; i++) {
    const v = A[a + i]! + P32[i]! + over;
    over = Math.floor(v * 2 ** -24);
    l[i] = v - over * 0x1000000;
  }
  l[10] = A[a + 10]! + P32[10]! + over;
  // What is above bit 255 is folded, twice. Then p is subtracted if it is still there: x >= p iff x
  // + 19 reaches bit 255.
  for (let k = 0; k < 2; k++) fold(19 * (l[10]! >> 15));
  let probe = l[0]! + 19;
  for (let i = 1; i < LIMBS; i++) probe = l[i]! + (probe >> 24);
  fold(19 * (probe >> 15));
  l[10]! &= 0x7fff;
  for (let i = 0; i < 10; i++) {
    bytes[at + 3 * i] = l[i]!;
    bytes[at + 3 * i + 1] = l[i]! >> 8;
    bytes[at + 3 * i + 2] = l[i]! >> 16;
  }
  bytes[at + 30] = l[10]!;
  bytes[at + 31] = l[10]! >> 8;
}

function fold(add: number): void {
  const l = canonical;
  l[10]! &= 0x7fff;
  let v = l[0]! + add;
  l[0] = v & 0xffffff;
  for (let i = 1; i < 10; i++) {
    v = l[i]! + (v >> 24);
    l[i] = v & 0xffffff;
  }
  l[10]! += v >> 24;
}

const bytes = new Uint8Array(32);

export function isZero(A: Float64Array, a: number): boolean {
  toBytes(bytes, 0, A, a);
  let bits = 0;
  for (let i = 0; i < 32; i++) bits |= bytes[i]!;
  return bits === 0;
}

const difference = new Float64Array(LIMBS);

/** Tells whether a = b mod p. Both have two units at most. */
export function isEqual(A: Float64Array, a: number, B: Float64Array, b: number): boolean {
  sub(difference, 0, A, a, B, b);
  return isZero(difference, 0);
}

/** Gives the lowest bit of a mod p, which is the sign of RFC 8032. */
export function isOdd(A: Float64Array, a: number): boolean {
  toBytes(bytes, 0, A, a);
  return (bytes[0]! & 1) === 1;
}

const T = new Float64Array(5 * LIMBS);
const X = 0;
const X5 = 11;
const X10 = 22;
const X50 = 33;
const SELF = 44;

/** Sets T[X] = a^(2^250 - 1). Leaves a in T[SELF] and a^11 in T[X50]. */
function powHead(A: Float64Array, a: number): void {
  T.set(A.subarray(a, a + LIMBS), SELF);
  sqr(T, X, T, SELF); // 2
  sqrTimes(T, X5, T, X, 2); // 8
  mul(T, X5, T, X5, T, SELF); // 9
  mul(T, X, T, X, T, X5); // 11
  eleven.set(T.subarray(X, X + LIMBS));
  sqr(T, X, T, X); // 22
  mul(T, X5, T, X, T, X5); // 2^5 - 1
  sqrTimes(T, X, T, X5, 5);
  mul(T, X10, T, X, T, X5); // 2^10 - 1
  sqrTimes(T, X, T, X10, 10);
  mul(T, X, T, X, T, X10); // 2^20 - 1
  T.copyWithin(X5, X, X + LIMBS);
  sqrTimes(T, X, T, X, 20);
  mul(T, X, T, X, T, X5); // 2^40 - 1
  sqrTimes(T, X, T, X, 10);
  mul(T, X50, T, X, T, X10); // 2^50 - 1
  sqrTimes(T, X, T, X50, 50);
  mul(T, X10, T, X, T, X50); // 2^100 - 1
  sqrTimes(T, X, T, X10, 100);
  mul(T, X, T, X, T, X10); // 2^200 - 1
  sqrTimes(T, X, T, X, 50);
  mul(T, X, T, X, T, X50); // 2^250 - 1
}

const eleven = new Float64Array(LIMBS);

/** Sets R[r..] = a^-1 by Fermat, and 0 for 0. The sequence of operations is constant. */
export function invert(R: Float64Array, r: number, A: Float64Array, a: number): void {
  powHead(A, a);
  sqrTimes(T, X, T, X, 5);
  mul(R, r, T, X, eleven, 0);
}

/**
 * Sets R[i] = A[i]^-1 for `count` consecutive elements, none of them 0, with one inversion. `A` and
 * `R` must not overlap.
 */
export function invertMany(R: Float64Array, A: Float64Array, count: number): void {
  R.set(A.subarray(0, LIMBS), 0);
  for (let i = 1; i < count; i++) mul(R, i * LIMBS, R, (i - 1) * LIMBS, A, i * LIMBS);
  invert(running, 0, R, (count - 1) * LIMBS);
  for (let i = count - 1; i > 0; i--) {
    mul(R, i * LIMBS, R, (i - 1) * LIMBS, running, 0);
    mul(running, 0, running, 0, A, i * LIMBS);
  }
  R.set(running, 0);
}

const running = new Float64Array(LIMBS);
const ratio = new Float64Array(5 * LIMBS);
const [V3, UV7, ROOT, CHECK, NEG] = [0, 11, 22, 33, 44] as const;

/**
 * Sets R[r..] to a square root of u / v, for public u, v of one unit. Gives false if there is none
 * (RFC 8032 5.1.3).
 */
export function sqrtRatio(R: Float64Array, r: number, U: Float64Array, u: number, V: Float64Array, v: number): boolean {
  sqr(ratio, V3, V, v);
  mul(ratio, V3, ratio, V3, V, v);
  sqr(ratio, UV7, ratio, V3);
  mul(ratio, UV7, ratio, UV7, V, v);
  mul(ratio, UV7, ratio, UV7, U, u);
  powHead(ratio, UV7);
  sqrTimes(T, X, T, X, 2);
  mul(T, X, T, X, T, SELF); // (u v^7)^((p-5)/8)
  mul(ratio, ROOT, ratio, V3, U, u);
  mul(ratio, ROOT, ratio, ROOT, T, X);
  sqr(ratio, CHECK, ratio, ROOT);
  mul(ratio, CHECK, ratio, CHECK, V, v);
  const plain = isEqual(ratio, CHECK, U, u);
  sub(ratio, NEG, ZERO, 0, U, u);
  const turned = !plain && isEqual(ratio, CHECK, ratio, NEG);
  if (turned) mul(ratio, ROOT, ratio, ROOT, SQRT_M1, 0);
  R.set(ratio.subarray(ROOT, ROOT + LIMBS), r);
  return plain || turned;
}

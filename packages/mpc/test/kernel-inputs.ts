// This file has seeded inputs and BigInt views for the tests of the kernel.
import { ascii, TH, u32 } from "../src/kernel/hash.ts";

export const p = 2n ** 256n - 2n ** 32n - 977n;
export const q = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** Gives 256-bit integers, reproducible from the seed. */
export function randomBigInts(seed: string, count: number): bigint[] {
  return Array.from({ length: count }, (_, i) => fromBe(TH("nonce", ascii(seed), u32(i))));
}

export function fromBe(bytes: Uint8Array): bigint {
  let x = 0n;
  for (const byte of bytes) x = (x << 8n) | BigInt(byte);
  return x;
}

export function toBe(x: bigint, length = 32): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => Number((x >> BigInt(8 * (length - 1 - i))) & 255n));
}

/** Gives little-endian words as a number. */
export function toBigInt(words: Uint32Array): bigint {
  return words.reduceRight((x, word) => (x << 32n) | BigInt(word), 0n);
}

/** Gives the limbs at A[a..] as a number, not reduced. */
export function limbsToBigInt(A: Float64Array, a: number): bigint {
  let x = 0n;
  for (let i = 10; i >= 0; i--) x = x * (1n << 24n) + BigInt(A[a + i]!);
  return x;
}

export function mod(x: bigint, m: bigint): bigint {
  return ((x % m) + m) % m;
}

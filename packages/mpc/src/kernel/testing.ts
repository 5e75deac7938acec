// Seeded inputs and BigInt views for the tests of the kernel. Never imported by the library.
import { ascii, TH, u32 } from "./hash.ts";

/** 256-bit integers, reproducible from the seed. */
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

/** Little-endian words as a number. */
export function toBigInt(words: Uint32Array): bigint {
  return words.reduceRight((x, word) => (x << 32n) | BigInt(word), 0n);
}

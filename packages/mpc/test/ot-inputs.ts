// This file has seeded scalars and key pairs for the tests of the oblivious transfers.
import type { OtRecv, OtSend } from "../src/dkls23/ot/parameters.ts";
import { ascii, concat, TH, u8 } from "../src/kernel/hash.ts";
import { fromBytesMod, type Scalar } from "../src/kernel/scalar.ts";

export { fromBytes, type Scalar } from "../src/kernel/scalar.ts";

export function THs(seed: string): Scalar {
  return fromBytesMod(TH("nonce", ascii(seed)));
}

/** Gives the two ends of an ideal base OT. */
export function idealPair(seed: string): { readonly recv: OtRecv; readonly send: OtSend } {
  const key = (g: number, b: number) => TH("nonce", ascii(seed), u8(g), u8(b)).subarray(0, 16);
  const delta = TH("nonce", ascii(seed)).subarray(0, 16);
  return {
    recv: { pairs: concat(...Array.from({ length: 128 }, (_, g) => concat(key(g, 0), key(g, 1)))) },
    send: { delta, seeds: concat(...Array.from({ length: 128 }, (_, g) => key(g, 1 - bitOf(delta, g)))) },
  };
}

/** Gives bit j of a word string. */
export function bitOf(words: Uint8Array, j: number): number {
  return (words[(j >>> 5) * 4 + 3 - ((j >>> 3) & 3)]! >>> (j & 7)) & 1;
}

/** Flips bit j of a word string in a copy. */
export function flipped(words: Uint8Array, j: number): Uint8Array {
  const out = words.slice();
  out[(j >>> 5) * 4 + 3 - ((j >>> 3) & 3)]! ^= 1 << (j & 7);
  return out;
}

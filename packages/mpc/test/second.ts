// This file implements the hashes and the tape a second time, from the text of dkls23-spec 0.3 and
// 0.6 alone. Nothing here comes from the library.
import { ed25519 } from "@noble/curves/ed25519.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";

export const q = secp256k1.Point.Fn.ORDER;
export const p = secp256k1.Point.Fp.ORDER;
export const L = ed25519.Point.Fn.ORDER;

export const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
export const u8 = (n: number): Uint8Array => Uint8Array.of(n);
export const u16 = (n: number): Uint8Array => Uint8Array.of(n >>> 8, n);
export const u32 = (n: number): Uint8Array => Uint8Array.of(n >>> 24, n >>> 16, n >>> 8, n);
export const join = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));
export const int = (bytes: Uint8Array): bigint => bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
export const intLe = (bytes: Uint8Array): bigint => int(bytes.slice().reverse());
export const be32 = (x: bigint): Uint8Array => Uint8Array.from({ length: 32 }, (_, i) => Number((x >> BigInt(8 * (31 - i))) & 255n));
export const le32 = (x: bigint): Uint8Array => be32(x).reverse();
/** Gives bit j of a word string. */
export const bitOf = (words: Uint8Array, j: number): number => {
  const word = Math.floor(j / 32);
  return (int(words.slice(4 * word, 4 * word + 4)) >> BigInt(j % 32)) & 1n ? 1 : 0;
};

const hash = (prefix: string, tag: string, fields: readonly Uint8Array[]): Uint8Array =>
  sha256(join(...[ascii(prefix + tag), ...fields].flatMap((field) => [u32(field.length), field])));
export const TH = (tag: string, ...fields: readonly Uint8Array[]): Uint8Array => hash("dkls23/v1/", tag, fields);
export const frostTH = (tag: string, ...fields: readonly Uint8Array[]): Uint8Array => hash("frost/v1/", tag, fields);
export const THs = (tag: string, ...fields: readonly Uint8Array[]): bigint => int(TH(tag, ...fields)) % q;
export const listOf = (ids: readonly number[]): Uint8Array => join(u16(ids.length), ...ids.map(u16));

export interface Seed {
  readonly entropy: Uint8Array;
  readonly secret: Uint8Array;
  /** The fields of TH(hedge/bound, ..). */
  readonly bound: readonly Uint8Array[];
  readonly label: string;
}

export class SecondTape {
  readonly #seed: Seed;
  #c = 0;

  constructor(seed: Seed) {
    this.#seed = seed;
  }

  block(): Uint8Array {
    const { entropy, secret, bound, label } = this.#seed;
    return TH("hedge", entropy, secret, TH("hedge/bound", ...bound), ascii(label), u32(this.#c++));
  }
  bytes(n: number): Uint8Array {
    return join(...Array.from({ length: Math.ceil(n / 32) }, () => this.block())).slice(0, n);
  }
  /** Draws a scalar. */
  scalar(): bigint {
    return int(this.block()) % q;
  }
  /** Draws a scalar*. */
  nonzero(): bigint {
    for (;;) {
      const x = this.scalar();
      if (x !== 0n) return x;
    }
  }
  /** Draws FROST's scalar*. */
  wide(read: (bytes: Uint8Array) => bigint, order: bigint): bigint {
    for (;;) {
      const x = read(this.bytes(64)) % order;
      if (x !== 0n) return x;
    }
  }
}

// These checks have to hold for a set of key shares. They compute independently of the library's
// own arithmetic.
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { expect } from "vitest";
import { type KeyShare, keyIdOf } from "../src/dkls23/index.ts";
import type { ShareIndex } from "../src/protocol/index.ts";
import { hex } from "./simulation.ts";

const { n: q } = secp256k1.Point.CURVE();
export const number = (bytes: Uint8Array): bigint => BigInt(`0x${hex(bytes)}`);
export const mod = (x: bigint): bigint => ((x % q) + q) % q;
export const be32 = (x: bigint): Uint8Array => Uint8Array.from(Buffer.from(mod(x).toString(16).padStart(64, "0"), "hex"));
const bit = (words: Uint8Array, g: number): number => ((words[(g >> 5) * 4 + 3 - ((g >> 3) & 3)] as number) >> (g & 7)) & 1;

/** Gives the secret key that t shares make. */
export function interpolate(shares: readonly KeyShare[]): bigint {
  const indices = shares.map(({ record }) => BigInt(record.self));
  const inverse = (x: bigint): bigint => secp256k1.Point.Fn.inv(mod(x));
  return mod(
    shares.reduce((sum, { secret }, k) => {
      const i = indices[k] as bigint;
      const lambda = indices.reduce((product, j) => (j === i ? product : mod(product * j * inverse(j - i))), 1n);
      return sum + lambda * number(secret);
    }, 0n),
  );
}

/**
 * Checks that every holder has the same record and the share of its public share, and that the
 * first and the last t shares make the key.
 */
export function expectWholeKey(shares: ReadonlyMap<ShareIndex, KeyShare>, threshold: number): void {
  const all = [...shares.values()];
  const first = all[0] as KeyShare;
  for (const { record, secret } of all) {
    expect({ ...record, self: 0 }).toEqual({ ...first.record, self: 0 });
    expect(record.threshold).toBe(threshold);
    const publicShare = record.holders.find(({ index }) => index === record.self)?.publicShare as Uint8Array;
    expect(hex(publicShare)).toBe(hex(secp256k1.getPublicKey(secret)));
  }
  for (const some of [all.slice(0, threshold), all.slice(-threshold)])
    expect(hex(secp256k1.Point.BASE.multiply(interpolate(some)).toBytes())).toBe(hex(first.record.publicKey));
  expect(hex(first.record.keyId)).toBe(hex(keyIdOf("ecdsa-secp256k1", first.record.publicKey, first.record.chain)));
}

/**
 * Checks that Alice holds Delta and one seed of each pair, the one at 1 - Delta, and that both hold
 * the zero seed.
 */
export function expectPairsFit(a: KeyShare, b: KeyShare): void {
  const [mine, theirs] = [a.pairs?.partners.get(b.record.self), b.pairs?.partners.get(a.record.self)];
  if (mine === undefined || theirs === undefined) throw new Error("no pair");
  expect(hex(mine.zeroSeed)).toBe(hex(theirs.zeroSeed));
  for (let g = 0; g < 128; g++) {
    const known = hex(mine.send.seeds.subarray(16 * g, 16 * g + 16));
    const pair = [0, 1].map((x) => hex(theirs.recv.pairs.subarray(32 * g + 16 * x, 32 * g + 16 * x + 16)));
    const delta = bit(mine.send.delta, g);
    expect(pair[1 - delta]).toBe(known);
    expect(pair[delta]).not.toBe(known);
  }
}

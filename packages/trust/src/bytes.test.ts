import { runInNewContext } from "node:vm";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { describe, expect, it } from "vitest";
import {
  bip32Child,
  deviceIdOf,
  ed25519Child,
  epochOf,
  intentIdOf,
  isBip340Key,
  isEcdsaDigest,
  isSecp256k1Key,
  keyIdOf,
  recoverEcdsa,
  taprootOutput,
  verifyBip340,
  verifyEcdsa,
  verifySignature,
} from "./index.ts";

const key33 = secp256k1.getPublicKey(new Uint8Array(32).fill(7));
const key32 = new Uint8Array(Buffer.from("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "hex"));
const [digest, signature] = [new Uint8Array(32).fill(7), new Uint8Array(64).fill(1)];
/**
 * Gives a text of digits alone. Code that reads each character as a number would take it for bytes.
 */
const text = (length: number): string => "1".padStart(length, "0");
const lookAlikes = (length: number): readonly unknown[] => [
  undefined,
  null,
  length,
  text(length),
  new Array(length).fill(1),
  new Int8Array(length).fill(1),
  new Uint8ClampedArray(length).fill(1),
  new DataView(new ArrayBuffer(length)),
  { length, 0: 1, [Symbol.toStringTag]: "Uint8Array" },
];
const some = <T>(of: T): never => of as never;

describe("what is no bytes", () => {
  it.each<readonly [string, number, (wrong: unknown) => unknown]>([
    ["isSecp256k1Key", 33, (wrong) => isSecp256k1Key(some(wrong))],
    ["isBip340Key", 32, (wrong) => isBip340Key(some(wrong))],
    ["isEcdsaDigest", 32, (wrong) => isEcdsaDigest(some(wrong))],
    ["verifyEcdsa, the key", 33, (wrong) => verifyEcdsa(some(wrong), digest, signature)],
    ["verifyEcdsa, the digest", 32, (wrong) => verifyEcdsa(key33, some(wrong), signature)],
    ["verifyEcdsa, the signature", 64, (wrong) => verifyEcdsa(key33, digest, some(wrong))],
    ["verifyBip340, the key", 32, (wrong) => verifyBip340(some(wrong), digest, signature)],
    ["verifyBip340, the message", 32, (wrong) => verifyBip340(key33.slice(1), some(wrong), signature)],
    ["verifyBip340, the signature", 64, (wrong) => verifyBip340(key33.slice(1), digest, some(wrong))],
    ["verifySignature, the body", 32, (wrong) => verifySignature("covault/intent/v1", some(wrong), signature, key32)],
    ["recoverEcdsa, the digest", 32, (wrong) => recoverEcdsa(some(wrong), signature, 0) !== undefined],
    ["recoverEcdsa, the signature", 64, (wrong) => recoverEcdsa(digest, some(wrong), 0) !== undefined],
  ])("is nothing that %s takes, and throws nothing", (_, length, verdict) => {
    expect(lookAlikes(length).map(verdict)).toEqual(lookAlikes(length).map(() => false));
  });

  it.each<readonly [string, number, (wrong: unknown) => unknown]>([
    ["publicKey", 33, (wrong) => keyIdOf("ecdsa-secp256k1", some(wrong), digest)],
    ["publicKey", 32, (wrong) => keyIdOf("schnorr-bip340", some(wrong), digest)],
    ["idpk", 32, (wrong) => deviceIdOf(some(wrong))],
    ["chain", 32, (wrong) => keyIdOf("ecdsa-secp256k1", key33, some(wrong))],
    ["keyId", 32, (wrong) => epochOf(some(wrong), digest)],
    ["h2", 32, (wrong) => epochOf(digest, some(wrong))],
    ["body", 32, (wrong) => intentIdOf(some(wrong))],
    ["publicKey", 33, (wrong) => bip32Child(some(wrong), digest, [])],
    ["chain", 32, (wrong) => bip32Child(key33, some(wrong), [])],
    ["publicKey", 32, (wrong) => ed25519Child(some(wrong), digest, [])],
    ["internalKey", 32, (wrong) => taprootOutput(some(wrong), digest)],
    ["merkleRoot", 32, (wrong) => taprootOutput(key33.subarray(1), some(wrong))],
  ])("has no name: %s is refused by its own", (field, length, name) => {
    for (const wrong of lookAlikes(length))
      expect(() => name(wrong)).toThrowError(
        expect.objectContaining({ code: "trust/bad-argument", message: expect.stringMatching(new RegExp(`^${field}: expected .* got `)) }),
      );
  });

  it("has no name under a scheme that is none, or as a key that is no point", () => {
    const refused = (act: () => unknown, message: string): void =>
      expect(act).toThrowError(expect.objectContaining({ code: "trust/bad-argument", message }));
    refused(
      () => keyIdOf("ECDSA" as never, key33, digest),
      'scheme: expected ecdsa-secp256k1 or eddsa-ed25519 or schnorr-bip340, got "ECDSA".',
    );
    refused(() => bip32Child(new Uint8Array(33), digest, []), "publicKey: expected a compressed point of secp256k1, got none.");
  });
});

it("what a caller hands in stays its own, a Buffer too: nothing that is given back changes with it", () => {
  const makers: [number, (key: Buffer, other: Buffer) => object][] = [
    ...(["m", "m/1"] as const).flatMap((path): [number, (key: Buffer, other: Buffer) => object][] => [
      [33, (key, chain) => bip32Child(key, chain, path)],
      [32, (key, chain) => ed25519Child(key, chain, path)],
    ]),
    [32, (key, root) => taprootOutput(key, root)],
  ];
  for (const [at, [length, make]] of makers.entries()) {
    const key = at === makers.length - 1 ? key33.slice(1) : length === 33 ? key33 : key32;
    const lent = [Buffer.from(key), Buffer.from(digest)] as const;
    const made = make(...lent);
    const before = structuredClone(made);
    for (const each of lent) each.fill(9);
    expect(made).toEqual(before);
  }
});

it("bytes of another realm are bytes", () => {
  const foreign = runInNewContext("Uint8Array.from(bytes)", { bytes: [...key33] }) as Uint8Array;
  expect(foreign).not.toBeInstanceOf(Uint8Array);
  expect([isSecp256k1Key(foreign), bip32Child(foreign, digest, [1])]).toEqual([true, bip32Child(key33, digest, [1])]);
});

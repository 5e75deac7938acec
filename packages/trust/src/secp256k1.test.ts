// These tests verify signatures that noble made, and try what is refused of them.
import { runInNewContext } from "node:vm";
import { schnorr, secp256k1 } from "@noble/curves/secp256k1.js";
import { describe, expect, it } from "vitest";
import { bytesOf, publicKeyOf } from "../test/statements.ts";
import { isBip340Key, isSecp256k1Key, recoverEcdsa, verifyBip340, verifyEcdsa } from "./index.ts";

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"));
const digest = bytesOf(32, 0x42);
const secret = bytesOf(32, 0x0b);
const publicKey = secp256k1.getPublicKey(secret, true);
const recovered = secp256k1.sign(digest, secret, { prehash: false, format: "recovered" });
const signature = recovered.slice(1);
const uncompressed = secp256k1.getPublicKey(secret, false);
const order = secp256k1.Point.Fn.ORDER;
const be32 = (value: bigint): Uint8Array => hex(value.toString(16).padStart(64, "0"));

it("a key is a point of the curve in its one form", () => {
  expect([publicKey, uncompressed, Uint8Array.of(2, ...bytesOf(32, 0xff))].map(isSecp256k1Key)).toEqual([true, false, false]);
  expect([publicKey.subarray(1), publicKey, bytesOf(32, 0xff)].map(isBip340Key)).toEqual([true, false, false]);
});

describe("verifyEcdsa", () => {
  it("accepts the signature with low s, and refuses the same with high s", () => {
    expect(verifyEcdsa(publicKey, digest, signature)).toBe(true);
    const s = BigInt(`0x${Buffer.from(signature.subarray(32)).toString("hex")}`);
    expect(verifyEcdsa(publicKey, digest, Uint8Array.of(...signature.subarray(0, 32), ...be32(order - s)))).toBe(false);
  });

  it("refuses another key, another digest, zero or unreduced r and s, other lengths", () => {
    const r = signature.subarray(0, 32);
    const s = signature.subarray(32);
    const rows: [Uint8Array, Uint8Array, Uint8Array][] = [
      [publicKeyOf(9), digest, signature],
      [publicKey, bytesOf(32, 0x43), signature],
      [publicKey, digest, Uint8Array.of(...bytesOf(32, 0), ...s)],
      [publicKey, digest, Uint8Array.of(...r, ...bytesOf(32, 0))],
      [publicKey, digest, Uint8Array.of(...be32(order), ...s)],
      [publicKey, digest, bytesOf(64, 0xff)],
      [publicKey, digest, recovered],
      [publicKey, bytesOf(31, 0x42), signature],
      [publicKey, Uint8Array.of(...digest, 0), signature],
      [uncompressed, digest, signature],
      [Uint8Array.of(2, ...bytesOf(32, 0xff)), digest, signature],
      [publicKey.subarray(1), digest, signature],
    ];
    expect(rows.map(([key, message, bytes]) => verifyEcdsa(key, message, bytes))).toEqual(rows.map(() => false));
  });
});

describe("recoverEcdsa", () => {
  it("gives the signer's key for its recovery id, and another or none for the other", () => {
    expect(recoverEcdsa(digest, signature, recovered[0] as number)).toEqual(publicKey);
    expect(recoverEcdsa(digest, signature, (recovered[0] as number) ^ 1)).not.toEqual(publicKey);
  });
  it("gives nothing for a bad signature or recovery id", () => {
    const id = recovered[0] as number;
    const rows: [Uint8Array, Uint8Array, number][] = [
      ...[4, -1, id + 0.5, Number.NaN, String(id) as never].map((wrong): [Uint8Array, Uint8Array, number] => [digest, signature, wrong]),
      [digest, bytesOf(64, 0), id],
      [digest, recovered, id],
      [digest, signature.subarray(1), id],
      [Uint8Array.of(...digest, 0), signature, id],
      [digest.subarray(1), signature, id],
    ];
    expect(rows.map((row) => recoverEcdsa(...row))).toEqual(rows.map(() => undefined));
  });
});

describe("verifyBip340", () => {
  const bip340 = schnorr.sign(digest, secret, bytesOf(32, 0));
  it("accepts the signature, and refuses another message, key or bit", () => {
    const key = schnorr.getPublicKey(secret);
    expect(verifyBip340(key, digest, bip340)).toBe(true);
    expect(verifyBip340(key, bytesOf(32, 1), bip340)).toBe(false);
    expect(verifyBip340(schnorr.getPublicKey(bytesOf(32, 3)), digest, bip340)).toBe(false);
    expect(verifyBip340(key, digest, Uint8Array.of((bip340[0] as number) ^ 1, ...bip340.subarray(1)))).toBe(false);
    expect(verifyBip340(key.subarray(1), digest, bip340)).toBe(false);
    expect(verifyBip340(Uint8Array.of(2, ...key), digest, bip340)).toBe(false);
    for (const other of [bip340.subarray(1), Uint8Array.of(...bip340, 0)]) expect(verifyBip340(key, digest, other)).toBe(false);
  });
});

describe("an object that answers as bytes do, and might answer otherwise the next time", () => {
  const imposter = (of: Uint8Array): Uint8Array =>
    new Proxy(of, {
      get(target, name) {
        const value = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  const renamed = (of: Uint8Array): Uint8Array => runInNewContext("new (class Other extends Uint8Array {})(bytes)", { bytes: [...of] });
  type Given = readonly [Uint8Array, Uint8Array, Uint8Array];
  const recover = (_key: Uint8Array, message: Uint8Array, bytes: Uint8Array): boolean =>
    recoverEcdsa(message, bytes, recovered[0] as number) !== undefined;
  it.each<[string, (...given: Given) => boolean, Given, readonly number[]]>([
    ["verifyEcdsa", verifyEcdsa, [publicKey, digest, signature], [0, 1, 2]],
    ["recoverEcdsa", recover, [publicKey, digest, signature], [1, 2]],
    ["verifyBip340", verifyBip340, [publicKey.slice(1), digest, schnorr.sign(digest, secret)], [0, 1, 2]],
  ])("%s takes none, and throws nothing for bytes of another realm under another name", (_name, verify, given, places) => {
    expect(verify(...given)).toBe(true);
    for (const dress of [imposter, renamed])
      for (const at of places)
        expect(verify(...(given.map((each, k) => (k === at ? dress(each) : each)) as unknown as Given)), `argument ${at}`).toBe(false);
  });
});

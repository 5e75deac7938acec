// These tests ask every scheme the same questions. Each accepts keys, shares, messages and
// signatures of its own, and of no other scheme.
import { ed25519 } from "@noble/curves/ed25519.js";
import { schnorr, secp256k1 } from "@noble/curves/secp256k1.js";
import { describe, expect, it } from "vitest";
import { refusal } from "../../test/refused.ts";
import { bytesOf } from "../../test/statements.ts";
import { kindNames, kinds, noScripts, type SchemeName, schemeNames, schemeOf } from "../index.ts";

const secret = bytesOf(32, 0x0b);
const digest = bytesOf(32, 0x42);
const recovered = secp256k1.sign(digest, secret, { prehash: false, format: "recovered" });
const made: Record<SchemeName, { readonly publicKey: Uint8Array; readonly signature: Uint8Array }> = {
  "ecdsa-secp256k1": {
    publicKey: secp256k1.getPublicKey(secret, true),
    signature: Uint8Array.of(...recovered.subarray(1), recovered[0] as number),
  },
  "eddsa-ed25519": { publicKey: ed25519.getPublicKey(secret), signature: ed25519.sign(digest, secret) },
  "schnorr-bip340": { publicKey: schnorr.getPublicKey(secret), signature: schnorr.sign(digest, secret) },
};
const flipped = (bytes: Uint8Array, at: number): Uint8Array => bytes.map((byte, index) => (index === at ? byte ^ 1 : byte));

describe.each(schemeNames)("%s", (name) => {
  const scheme = schemeOf(name);
  const { publicKey, signature } = made[name];
  it("takes its own key and signature, of the lengths that it says", () => {
    expect([scheme.name, publicKey.length, signature.length]).toEqual([name, scheme.publicKey.bytes, scheme.signature.bytes]);
    expect(scheme.publicKey.is(publicKey)).toBe(true);
    expect(scheme.message.check(digest)).toBeUndefined();
    expect(scheme.signature.verify(publicKey, digest, signature)).toBe(true);
  });
  it("refuses another message, and a flipped bit anywhere in the signature", () => {
    expect(scheme.signature.verify(publicKey, flipped(digest, 3), signature)).toBe(false);
    for (let at = 0; at < signature.length; at++) expect(scheme.signature.verify(publicKey, digest, flipped(signature, at))).toBe(false);
  });
  it("refuses what has another length, and throws nothing", () => {
    for (const wrong of [new Uint8Array(), signature.subarray(1), Uint8Array.of(...signature, 0), undefined as never])
      expect(scheme.signature.verify(publicKey, digest, wrong)).toBe(false);
    for (const wrong of [new Uint8Array(), publicKey.subarray(1), Uint8Array.of(...publicKey, 0), undefined as never]) {
      expect(scheme.publicKey.is(wrong)).toBe(false);
      expect(scheme.publicShare.is(wrong)).toBe(false);
      expect(scheme.signature.verify(wrong, digest, signature)).toBe(false);
    }
  });
});

it("a signature is shown in halves, and with v only where it leads back to its key", () => {
  const shown = schemeNames.map((name) => schemeOf(name).signature.view(made[name].signature));
  for (const [at, { r, s, hex }] of shown.entries()) {
    const { signature } = made[schemeNames[at] as SchemeName];
    expect(`${r}${s.slice(2)}`).toBe(`0x${Buffer.from(signature.subarray(0, 64)).toString("hex")}`);
    expect(hex.startsWith(`${r}${s.slice(2)}`)).toBe(true);
  }
  const recoveryId = made["ecdsa-secp256k1"].signature[64] as number;
  expect(shown.map(({ recovery_id }) => recovery_id)).toEqual([recoveryId, undefined, undefined]);
  expect(shown.map(({ hex }) => hex.slice(130))).toEqual([(27 + recoveryId).toString(16), "", ""]);
});

it.each(schemeNames)("%s: a child is a key of the scheme, and only BIP-340's have a Taproot output, which is one too", (name) => {
  const { derive, taproot, publicKey: form } = schemeOf(name);
  const { publicKey } = made[name];
  const child = derive(publicKey, bytesOf(32, 1), [0, 7]);
  expect([form.is(child.publicKey), child.chain.length, child.tweak.length]).toEqual([true, 32, 32]);
  expect(derive(publicKey, bytesOf(32, 1), [])).toMatchObject({ publicKey, tweak: new Uint8Array(32) });
  expect(derive(publicKey, bytesOf(32, 2), [0, 7]).publicKey).not.toEqual(child.publicKey);
  expect(refusal(() => derive(publicKey, bytesOf(32, 1), [0x80000000]))).toContain("trust/bad-path");
  expect(taproot === undefined).toBe(name !== "schnorr-bip340");
  for (const root of [noScripts, bytesOf(32, 3)]) expect(taproot === undefined || form.is(taproot(child.publicKey, root))).toBe(true);
});

it("ECDSA: a recovery id that is another key's, or above 1, is not a signature", () => {
  const { publicKey, signature } = made["ecdsa-secp256k1"];
  const id = signature[64] as number;
  const verdicts = [0, 1, 2, 3, 255].map((other) =>
    schemeOf("ecdsa-secp256k1").signature.verify(publicKey, digest, Uint8Array.of(...signature.subarray(0, 64), other)),
  );
  expect(verdicts).toEqual([id === 0, id === 1, false, false, false]);
});

it("BIP-340: a key is x only and never compressed; a share is a point of either parity", () => {
  const { publicKey, publicShare } = schemeOf("schnorr-bip340");
  const x = made["schnorr-bip340"].publicKey;
  const [even, odd] = [Uint8Array.of(2, ...x), Uint8Array.of(3, ...x)];
  expect([x, even, odd].map(publicKey.is)).toEqual([true, false, false]);
  expect([x, even, odd].map(publicShare.is)).toEqual([false, true, true]);
  expect(publicKey.hashed(x)).toEqual(even);
});

it("messages: what is no digest, and what is too long, is named", () => {
  expect(schemeOf("ecdsa-secp256k1").message.check(new Uint8Array(31))).toBe("has 31 bytes, not 32");
  expect(schemeOf("ecdsa-secp256k1").message.check(new Uint8Array(32))).toBe("is 0 modulo the group order");
  expect(schemeOf("schnorr-bip340").message.check(new Uint8Array(33))).toBe("has 33 bytes, not 32");
  expect(schemeOf("schnorr-bip340").message.check(new Uint8Array(32))).toBeUndefined();
  expect(schemeOf("eddsa-ed25519").message.check(new Uint8Array())).toBeUndefined();
  expect(schemeOf("eddsa-ed25519").message.check(new Uint8Array(65_537))).toBe("is longer than 65536 bytes");
});

it("no other name is a scheme: none is ever guessed", () => {
  for (const name of ["", "ecdsa", "ECDSA-SECP256K1", "__proto__", "toString", undefined as never])
    expect(refusal(() => schemeOf(name))).toContain("trust/bad-argument: scheme: expected ecdsa-secp256k1 or eddsa-ed25519 or");
});

it("kinds: only what founds a key can be abandoned, and a signature, a repair and an export live in memory", () => {
  expect(kindNames.filter((kind) => kinds[kind].abandonable)).toEqual(["keygen", "import"]);
  expect(kindNames.filter((kind) => kinds[kind].rounds === "memory")).toEqual(["sign", "repair", "export"]);
  expect(kindNames.filter((kind) => kinds[kind].ends === "epoch")).toEqual(["keygen", "import", "refresh", "reshare", "recover"]);
});

import { type SignatureTag, signatureTags, signedBytes } from "@covault/wire";
import { ed25519 } from "@noble/curves/ed25519.js";
import { describe, expect, it } from "vitest";
import { identityKeyFromSeed, signStatement } from "./index.ts";

const seed = new Uint8Array(32).fill(7);
const body = new Uint8Array([1, 2, 3]);

describe("identity key", () => {
  it("signs tag and body as another implementation of Ed25519 does", () => {
    const key = identityKeyFromSeed(seed);
    expect(key.publicKey).toEqual(ed25519.getPublicKey(seed));
    for (const tag of Object.values(signatureTags)) expect(key.sign(tag, body)).toEqual(ed25519.sign(signedBytes(tag, body), seed));
  });

  it("makes statements of exactly the given bytes", () => {
    const key = identityKeyFromSeed(seed);
    const signed = signStatement(key, signatureTags.ack, "server-party-1", body);
    expect(signed).toMatchObject({ body, signer: "server-party-1" });
    expect(ed25519.verify(signed.signature, signedBytes(signatureTags.ack, body), key.publicKey)).toBe(true);
  });

  it("has a secret of its own, the same every time, that follows from the seed by HKDF and is no part of it", async () => {
    const { hkdfSync } = await import("node:crypto");
    const key = identityKeyFromSeed(seed);
    const expected = new Uint8Array(hkdfSync("sha256", seed, "covault/own-secret/v1", "", 32));
    expect(key.ownSecret()).toEqual(expected);
    expect(identityKeyFromSeed(new Uint8Array(32).fill(8)).ownSecret()).not.toEqual(expected);
    key.ownSecret().fill(0);
    expect(key.ownSecret()).toEqual(expected);
  });

  it("never prints its private key", async () => {
    const { inspect } = await import("node:util");
    const key = identityKeyFromSeed(seed);
    const printed = `${inspect(key, { depth: 9, showHidden: true })} ${JSON.stringify(key)}`;
    expect(printed).not.toContain(Buffer.from(seed).toString("hex"));
    expect(printed).not.toContain("7, 7, 7, 7, 7, 7");
    expect(printed).not.toContain([...key.ownSecret()].join(", "));
  });

  it("refuses a seed of another length", () => {
    for (const length of [0, 31, 33, 64])
      expect(() => identityKeyFromSeed(new Uint8Array(length))).toThrow(
        expect.objectContaining({ code: "channel/bad-key", message: `An identity seed has 32 bytes, this one ${length}.` }),
      );
    for (const wrong of ["1".repeat(32), new Array(32).fill(1), undefined])
      expect(() => identityKeyFromSeed(wrong as never)).toThrow(expect.objectContaining({ code: "channel/bad-key" }));
  });

  it("signs under a tag of the closed list only as a type", () => {
    // @ts-expect-error: a tag that is not in packages/wire/src/tags.ts
    const other: SignatureTag = "covault/other/v1";
    expect(Object.values(signatureTags)).not.toContain(other);
  });
});

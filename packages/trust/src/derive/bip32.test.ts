// These tests hold BIP-32 to its own vectors and to @scure/bip32, and try which paths and extended
// keys are refused.
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { bytesToNumberBE } from "@noble/curves/utils.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { createBase58check } from "@scure/base";
import { HDKey } from "@scure/bip32";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { refusal } from "../../test/refused.ts";
import { bytesOf } from "../../test/statements.ts";
import vectors from "../../vectors/bip32/public.json" with { type: "json" };
import { bip32Child, extendedKeyText, parseExtendedKey } from "../index.ts";

describe("BIP-32, public steps", () => {
  it.each(vectors)("vector $id", ({ parent, path, child }) => {
    const above = parseExtendedKey(parent);
    const derived = bip32Child(above.publicKey, above.chain, path);
    const below = parseExtendedKey(child);
    expect([derived.publicKey, derived.chain]).toEqual([below.publicKey, below.chain]);
    const depth = HDKey.fromExtendedKey(parent).depth + derived.depth;
    expect(extendedKeyText({ ...derived, depth })).toBe(child);
  });

  it("the key where a path starts has depth 0", () => {
    const root = vectors.find(({ parent }) => HDKey.fromExtendedKey(parent).depth === 0)?.parent as string;
    const { publicKey, chain } = parseExtendedKey(root);
    const child = bip32Child(publicKey, chain, "m");
    expect([extendedKeyText(child), child.tweak]).toEqual([root, new Uint8Array(32)]);
  });

  it("any path gives what @scure/bip32 gives, and a tweak that moves the private key there", () => {
    const steps = fc.array(fc.integer({ min: 0, max: 2 ** 31 - 1 }), { maxLength: 6 });
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), steps, (seed, path) => {
        const master = HDKey.fromMasterSeed(seed);
        const child = bip32Child(master.publicKey as Uint8Array, master.chainCode as Uint8Array, path);
        const other = master.derive(["m", ...path].join("/"));
        expect(extendedKeyText(child)).toBe(other.publicExtendedKey);
        const moved = (bytesToNumberBE(master.privateKey as Uint8Array) + bytesToNumberBE(child.tweak)) % secp256k1.Point.Fn.ORDER;
        expect(moved).toBe(bytesToNumberBE(other.privateKey as Uint8Array));
      }),
      { numRuns: 20 },
    );
  });

  it("tpub is the same key for every network but the main one", () => {
    const key = bip32Child(secp256k1.Point.BASE.toBytes(true), bytesOf(32, 1), "m/3");
    const text = extendedKeyText(key, "testnet");
    const versions = { public: 0x043587cf, private: 0x04358394 };
    expect(text).toMatch(/^tpub/);
    expect(HDKey.fromExtendedKey(text, versions).publicKey).toEqual(key.publicKey);
    expect(parseExtendedKey(text)).toEqual({ publicKey: key.publicKey, chain: key.chain });
  });

  it("refuses what is no extended public key", () => {
    const private_ = HDKey.fromMasterSeed(bytesOf(32, 1)).privateExtendedKey as string;
    const good = vectors[0]?.parent as string;
    for (const wrong of ["", "xpub", private_, `${good}1`, good.replace("6", "7"), 7 as never])
      expect(refusal(() => parseExtendedKey(wrong))).toContain("trust/bad-argument: extended key");
  });

  it("refuses an extended public key of another length, or of no point, though its checksum is right", () => {
    const base58 = createBase58check(sha256);
    const key = secp256k1.Point.BASE.toBytes(true);
    const text = (publicKey: Uint8Array): string =>
      extendedKeyText({ publicKey, chain: bytesOf(32, 1), depth: 0, parentFingerprint: bytesOf(4, 0), childNumber: 0 });
    expect(parseExtendedKey(text(key))).toEqual({ publicKey: key, chain: bytesOf(32, 1) });
    for (const wrong of [text(secp256k1.Point.BASE.toBytes(false)), text(key.subarray(1)), base58.encode(bytesOf(3, 4))])
      expect(refusal(() => parseExtendedKey(wrong))).toBe(
        "trust/bad-argument: extended key: expected an extended public key, xpub… or tpub…, got another text.",
      );
    expect(refusal(() => parseExtendedKey(text(Uint8Array.of(2, ...bytesOf(32, 0xff)))))).toBe(
      "trust/bad-argument: publicKey: expected a compressed point of secp256k1, got none.",
    );
  });

  it("starts only from a key and a chain code", () => {
    const key = secp256k1.Point.BASE.toBytes(true);
    for (const wrong of [key.subarray(1), key.with(0, 4), new Uint8Array(33), bytesOf(33, 255), "02" as never])
      expect(refusal(() => bip32Child(wrong, bytesOf(32, 1), "m"))).toContain("trust/bad-argument: publicKey");
    expect(refusal(() => bip32Child(secp256k1.Point.BASE.toBytes(false), bytesOf(32, 1), "m"))).toBe(
      "trust/bad-argument: publicKey: expected 33 bytes, got 65 bytes.",
    );
    expect(refusal(() => bip32Child(key, bytesOf(31, 1), "m"))).toContain("trust/bad-argument: chain");
  });
});

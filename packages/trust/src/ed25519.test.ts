// RFC 8032 7.1 vectors, and that the platform's and the portable check give the same answers, also for hostile keys and signatures.

import { signatureTags, signedBytes } from "@covault/wire";
import { ed25519 } from "@noble/curves/ed25519.js";
import { describe, expect, it } from "vitest";
import { bytesOf, keyOf } from "../test/statements.ts";
import { verifyPortable } from "./ed25519.ts";
import { isEd25519Key, verifyEd25519, verifySignature } from "./index.ts";

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"));
const le32 = (value: bigint): Uint8Array => hex(value.toString(16).padStart(64, "0")).reverse();
const smallOrder = [
  le32(1n),
  le32(0n),
  le32(2n ** 255n - 20n),
  hex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
  hex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
];

describe("verifyEd25519", () => {
  it.each([
    [
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
      "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ],
    [
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
      "72",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ],
    [
      "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
      "af82",
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ],
  ])("RFC 8032: key %s", (key, message, signature) => {
    expect(verifyEd25519(hex(key), hex(message), hex(signature))).toBe(true);
    expect(verifyPortable(hex(key), hex(message), hex(signature))).toBe(true);
  });

  it("gives the platform's and the portable answer alike for valid, altered and malleable signatures", () => {
    for (let number = 1; number <= 8; number++) {
      const key = keyOf(number);
      const message = bytesOf(number, number);
      const valid = ed25519.sign(message, key.seed);
      const s = BigInt(`0x${Buffer.from(valid.slice(32).reverse()).toString("hex")}`);
      const malleable = Uint8Array.of(...valid.subarray(0, 32), ...le32(s + ed25519.Point.Fn.ORDER));
      const altered = valid.slice();
      altered[number * 7] = (altered[number * 7] as number) ^ 1;
      const rows = [valid, malleable, altered, bytesOf(64, 0), bytesOf(64, 0xff), valid.subarray(1)];
      const platform = rows.map((signature) => verifyEd25519(key.publicKey, message, signature));
      expect(platform).toEqual([true, false, false, false, false, false]);
      expect(rows.map((signature) => verifyPortable(key.publicKey, message, signature))).toEqual(platform);
    }
  });

  it("refuses keys of small order, off the curve, not canonical, of another length", () => {
    const keys = [...smallOrder, bytesOf(32, 2), bytesOf(32, 0xff), bytesOf(31, 1), le32(2n ** 255n - 19n + 4n)];
    // R = identity, s = 0: valid under a key of small order in half of the cofactorless implementations.
    const signature = Uint8Array.of(1, ...bytesOf(63, 0));
    for (const key of keys) {
      expect(isEd25519Key(key)).toBe(false);
      expect(verifyEd25519(key, bytesOf(1, 1), signature)).toBe(false);
      expect(verifyPortable(key, bytesOf(1, 1), signature)).toBe(false);
    }
  });
});

describe("verifySignature", () => {
  const key = keyOf(1);
  const body = bytesOf(50, 9);
  it("accepts a signature under its own tag and under no other", () => {
    for (const made of Object.values(signatureTags))
      for (const asked of Object.values(signatureTags)) {
        const signature = ed25519.sign(signedBytes(made, body), key.seed);
        expect(verifySignature(asked, body, signature, key.publicKey)).toBe(made === asked);
      }
  });
});

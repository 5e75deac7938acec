// The platform's functions against other implementations of the same standards.
import { hkdfSync } from "node:crypto";
import { x25519 as other } from "@noble/curves/ed25519.js";
import fc from "fast-check";
import { expect, it } from "vitest";
import { hkdfSha256, x25519, x25519PublicKey } from "./platform.ts";

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });

it("hkdfSha256 gives the first 32 bytes of RFC 5869", () => {
  fc.assert(
    fc.property(bytes32, bytes32, fc.uint8Array({ maxLength: 200 }), (secret, salt, info) => {
      expect(hkdfSha256(secret, salt, info)).toEqual(new Uint8Array(hkdfSync("sha256", secret, salt, info, 32)));
    }),
    { numRuns: 50 },
  );
});

it("hkdfSha256 gives test case 1 of RFC 5869 A.1", () => {
  const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"));
  const okm = hkdfSha256(new Uint8Array(22).fill(0x0b), hex("000102030405060708090a0b0c"), hex("f0f1f2f3f4f5f6f7f8f9"));
  expect(Buffer.from(okm).toString("hex")).toBe("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
});

it("x25519 gives the shared secret and public key that another implementation gives", () => {
  fc.assert(
    fc.property(bytes32, bytes32, (mine, theirs) => {
      const peer = other.getPublicKey(theirs);
      expect(x25519PublicKey(mine)).toEqual(other.getPublicKey(mine));
      expect(x25519(mine, other.getPublicKey(mine), peer)).toEqual(other.getSharedSecret(mine, peer));
    }),
    { numRuns: 20 },
  );
});

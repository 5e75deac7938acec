import { signatureTags, signedBytes } from "@covault/wire";
import { ed25519 } from "@noble/curves/ed25519.js";
import { describe, expect, it } from "vitest";
import { bytesOf, keyOf } from "../test/statements.ts";
import { verifySignature } from "./index.ts";

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

// Signatures are verified by others' code: noble for both schemes, the platform for Ed25519.
import { createPublicKey, verify } from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import { schnorr } from "@noble/curves/secp256k1.js";
import type { FrostSignOutput, Scheme } from "../../src/frost/index.ts";

export function verifies(scheme: Scheme, message: Uint8Array, { signature, publicKey }: FrostSignOutput): boolean {
  if (scheme === "schnorr-bip340") return publicKey[0] === 2 && schnorr.verify(signature, message, publicKey.subarray(1));
  const jwk = { kty: "OKP", crv: "Ed25519", x: Buffer.from(publicKey).toString("base64url") };
  const platform = verify(null, message, createPublicKey({ key: jwk, format: "jwk" }), signature);
  return platform && ed25519.verify(signature, message, publicKey, { zip215: false });
}

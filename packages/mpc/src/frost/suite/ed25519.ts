// This suite is FROST(Ed25519, SHA-512), RFC 9591 section 6.1. Its signatures are those of RFC
// 8032.
import { sha512 } from "@noble/hashes/sha2.js";
import { edwards25519 } from "../../group/edwards25519/group.ts";
import type { Scalar } from "../../group/group.ts";
import { ascii, concat } from "../../kernel/bytes.ts";
import { erase } from "../../protocol/index.ts";
import { frostDkg } from "./dkg.ts";
import type { Suite } from "./suite.ts";

const name = "FROST-ED25519-SHA512-v1";
const tagged = (tag: string, message: Uint8Array): Uint8Array =>
  sha512
    .create()
    .update(ascii(name + tag))
    .update(message)
    .digest();

/** Gives a hash mod the order. What is hashed may be secret, so the hash is erased. */
function hashToScalar(tag: string, message: Uint8Array): Scalar {
  const hash = tagged(tag, message);
  const scalar = edwards25519.reduce(hash);
  erase(hash);
  return scalar;
}

/** Gives 32 little-endian bytes mod the order, and erases the bytes. */
function reduceSecret(secret: Uint8Array): Scalar {
  const wide = concat(secret, new Uint8Array(32));
  const reduced = edwards25519.reduce(wide);
  erase(secret, wide);
  return reduced;
}

export const ed25519: Suite = {
  ...frostDkg(name, edwards25519),
  name,
  scheme: "eddsa-ed25519",
  named: { scheme: "eddsa-ed25519" },
  code: 1,
  H1: (message) => hashToScalar("rho", message),
  H3: (message) => hashToScalar("nonce", message),
  H4: (message) => tagged("msg", message),
  H5: (message) => tagged("com", message),
  // H2 has no prefix, so that the result verifies as Ed25519.
  challenge: (R, publicKey, message) => edwards25519.reduce(sha512(concat(R, publicKey, message))),
  // The secret is taken mod the order. A clamped scalar is above the order, and the base has that
  // order.
  fromSecret: (secret) => (secret.length === 32 ? reduceSecret(new Uint8Array(secret)) : undefined),
  // The first half of the hash is the scalar (RFC 8032 5.1.5).
  fromSeed(seed) {
    if (seed.length !== 32) return undefined;
    const expanded = sha512(seed);
    const scalar = expanded.slice(0, 32);
    // The other half makes nonces. With one signature of the old key it is worth as much as the
    // key.
    erase(expanded);
    scalar[0] = (scalar[0] as number) & 248;
    scalar[31] = ((scalar[31] as number) & 127) | 64;
    return reduceSecret(scalar);
  },
  wantsOpposite: () => false,
  signature: (R, z) => concat(R, z),
  taprootTweak: () => undefined,
  messageBytes: undefined,
};

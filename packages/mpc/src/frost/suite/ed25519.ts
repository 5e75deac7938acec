// FROST(Ed25519, SHA-512), RFC 9591 section 6.1. Its signatures are those of RFC 8032.
import { sha512 } from "@noble/hashes/sha2.js";
import { ascii, concat } from "../../kernel/bytes.ts";
import { edwards25519 } from "../edwards25519/group.ts";
import type { Suite } from "./suite.ts";

const name = "FROST-ED25519-SHA512-v1";
const tagged = (tag: string, message: Uint8Array): Uint8Array => sha512(concat(ascii(name + tag), message));

export const ed25519: Suite = {
  name,
  scheme: "eddsa-ed25519",
  code: 1,
  group: edwards25519,
  H1: (message) => edwards25519.reduce(tagged("rho", message)),
  H3: (message) => edwards25519.reduce(tagged("nonce", message)),
  H4: (message) => tagged("msg", message),
  H5: (message) => tagged("com", message),
  // H2 has no prefix, so that the result verifies as Ed25519.
  challenge: (R, publicKey, message) => edwards25519.reduce(sha512(concat(R, publicKey, message))),
  // Mod the order: a clamped scalar is above it, and the base has that order.
  fromSecret: (secret) => (secret.length === 32 ? edwards25519.reduce(concat(secret, new Uint8Array(32))) : undefined),
  // RFC 8032 5.1.5.
  fromSeed(seed) {
    if (seed.length !== 32) return undefined;
    const scalar = sha512(seed).subarray(0, 32);
    scalar[0] = (scalar[0] as number) & 248;
    scalar[31] = ((scalar[31] as number) & 127) | 64;
    const reduced = edwards25519.reduce(concat(scalar, new Uint8Array(32)));
    scalar.fill(0);
    return reduced;
  },
  wantsOpposite: () => false,
  signature: (R, z) => concat(R, z),
  taprootTweak: () => undefined,
  messageBytes: undefined,
};

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
  wantsOpposite: () => false,
  signature: (R, z) => concat(R, z),
  taprootTweak: () => undefined,
  messageBytes: undefined,
};

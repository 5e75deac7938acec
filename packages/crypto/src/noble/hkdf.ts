// HKDF with SHA-256 (RFC 5869) by @noble/hashes, which erases what is derived on the way.
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { checkBytes } from "../check.ts";

/**
 * Gives 32 bytes, which is one block of HKDF-Expand. What is derived on the way is erased. Throws
 * `crypto/bad-argument` for what is not bytes.
 */
export function hkdfSha256(secret: Uint8Array, salt: Uint8Array, info: Uint8Array): Uint8Array {
  for (const [field, value] of Object.entries({ secret, salt, info })) checkBytes(value, field);
  return hkdf(sha256, secret, salt, info, 32);
}

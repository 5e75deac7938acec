// SHA-256 (FIPS 180-4) by @noble/hashes.
import { sha256 as noble } from "@noble/hashes/sha2.js";
import { checkBytes } from "../check.ts";

/**
 * The hash of the parts, one behind the other. Parts that are ambiguous as one text are ambiguous
 * here. Throws `crypto/bad-argument` for a part that is not bytes.
 */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = noble.create();
  for (const part of parts) {
    checkBytes(part, "part");
    hash.update(part);
  }
  return hash.digest();
}

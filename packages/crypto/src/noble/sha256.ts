// SHA-256 (FIPS 180-4) by @noble/hashes.
import { sha256 as noble } from "@noble/hashes/sha2.js";

/**
 * The hash of the parts, one behind the other. Parts that are ambiguous as one text are ambiguous
 * here.
 */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = noble.create();
  for (const part of parts) hash.update(part);
  return hash.digest();
}

// SHA-256 (FIPS 180-4) by node:crypto.
import { createHash } from "node:crypto";

/**
 * The hash of the parts, one behind the other. Parts that are ambiguous as one text are ambiguous
 * here.
 */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

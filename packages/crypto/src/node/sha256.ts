// SHA-256 (FIPS 180-4) by node:crypto.
import { createHash } from "node:crypto";
import { checkBytes } from "../check.ts";

/**
 * The hash of the parts, one behind the other. Parts that are ambiguous as one text are ambiguous
 * here. Throws `crypto/bad-argument` for a part that is not bytes.
 */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) {
    checkBytes(part, "part");
    hash.update(part);
  }
  return new Uint8Array(hash.digest());
}

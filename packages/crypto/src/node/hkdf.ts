// HKDF with SHA-256 (RFC 5869) by node:crypto.
import { createHmac } from "node:crypto";
import { checkBytes } from "../check.ts";

/**
 * Gives 32 bytes, which is one block of HKDF-Expand. What is derived on the way is erased. Throws
 * `crypto/bad-argument` for what is not bytes.
 */
export function hkdfSha256(secret: Uint8Array, salt: Uint8Array, info: Uint8Array): Uint8Array {
  for (const [field, value] of Object.entries({ secret, salt, info })) checkBytes(value, field);
  const extracted = createHmac("sha256", salt).update(secret).digest();
  const expanded = createHmac("sha256", extracted).update(info).update(Uint8Array.of(1)).digest();
  const key = new Uint8Array(expanded);
  extracted.fill(0);
  expanded.fill(0);
  return key;
}

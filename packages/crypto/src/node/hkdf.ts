// HKDF with SHA-256 (RFC 5869) by node:crypto.
import { createHmac } from "node:crypto";

/** Gives 32 bytes, which is one block of HKDF-Expand. What is derived on the way is erased. */
export function hkdfSha256(secret: Uint8Array, salt: Uint8Array, info: Uint8Array): Uint8Array {
  const extracted = createHmac("sha256", salt).update(secret).digest();
  const expanded = createHmac("sha256", extracted).update(info).update(Uint8Array.of(1)).digest();
  const key = new Uint8Array(expanded);
  extracted.fill(0);
  expanded.fill(0);
  return key;
}

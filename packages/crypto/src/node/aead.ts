// ChaCha20-Poly1305 (RFC 8439) by node:crypto. Sealed bytes are the ciphertext and then the tag of
// 16 bytes.
import { createCipheriv, createDecipheriv } from "node:crypto";
import { checkBytes } from "../check.ts";
import { isBytes } from "../is-bytes.ts";

const tagBytes = 16;

/** `key` is 32 bytes. `nonce` is 12 bytes, for one body only. Throws `crypto/bad-argument`. */
export function aeadSeal(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, body: Uint8Array): Uint8Array {
  checkBytes(key, "key", 32);
  checkBytes(nonce, "nonce", 12);
  checkBytes(associated, "associated");
  checkBytes(body, "body");
  const cipher = createCipheriv("chacha20-poly1305", key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(associated, { plaintextLength: body.length });
  return new Uint8Array(Buffer.concat([cipher.update(body), cipher.final(), cipher.getAuthTag()]));
}

/**
 * Gives the body, or undefined when it is not exactly what was sealed under this key, nonce and
 * associated data. Throws `crypto/bad-argument` for a key, nonce or associated data that is none.
 */
export function aeadOpen(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  checkBytes(key, "key", 32);
  checkBytes(nonce, "nonce", 12);
  checkBytes(associated, "associated");
  if (!isBytes(sealed) || sealed.length < tagBytes) return undefined;
  const body = sealed.subarray(0, sealed.length - tagBytes);
  const decipher = createDecipheriv("chacha20-poly1305", key, nonce, { authTagLength: tagBytes });
  decipher.setAAD(associated, { plaintextLength: body.length });
  decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes));
  try {
    return new Uint8Array(Buffer.concat([decipher.update(body), decipher.final()]));
  } catch {
    return undefined;
  }
}

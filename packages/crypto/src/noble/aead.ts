// ChaCha20-Poly1305 (RFC 8439) by @noble/ciphers. Sealed bytes are the ciphertext and then the tag
// of 16 bytes.
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { checkBytes } from "../check.ts";

/** `key` is 32 bytes. `nonce` is 12 bytes, for one body only. Throws `crypto/bad-argument`. */
export function aeadSeal(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, body: Uint8Array): Uint8Array {
  checkBytes(key, "key", 32);
  checkBytes(nonce, "nonce", 12);
  checkBytes(associated, "associated");
  checkBytes(body, "body");
  return chacha20poly1305(key, nonce, associated).encrypt(body);
}

/**
 * Gives the body, or undefined when it is not exactly what was sealed under this key, nonce and
 * associated data. Throws `crypto/bad-argument` for a key, nonce or associated data that is none.
 */
export function aeadOpen(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  checkBytes(key, "key", 32);
  checkBytes(nonce, "nonce", 12);
  checkBytes(associated, "associated");
  try {
    return chacha20poly1305(key, nonce, associated).decrypt(sealed);
  } catch {
    return undefined;
  }
}

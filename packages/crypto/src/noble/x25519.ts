// X25519 (RFC 7748) by @noble/curves.
import { x25519 as montgomery } from "@noble/curves/ed25519.js";
import { checkBytes } from "../check.ts";
import { isBytes } from "../is-bytes.ts";

/** `secret` is 32 bytes. Throws `crypto/bad-argument`. */
export function x25519PublicKey(secret: Uint8Array): Uint8Array {
  checkBytes(secret, "secret", 32);
  return montgomery.getPublicKey(secret);
}

/**
 * Gives the shared secret, 32 bytes. Undefined for a peer's point of small order (the all-zero
 * output, RFC 7748 6.1) or for what is no point. `publicKey` is the public key of `secret`. Given
 * another one, some platforms answer undefined, and some do not look at it.
 */
export function x25519(secret: Uint8Array, publicKey: Uint8Array, peer: Uint8Array): Uint8Array | undefined {
  if (!isBytes(secret, 32) || !isBytes(publicKey, 32) || !isBytes(peer, 32)) return undefined;
  try {
    return montgomery.getSharedSecret(secret, peer);
  } catch {
    return undefined;
  }
}

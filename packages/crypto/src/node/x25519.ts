// X25519 (RFC 7748) by node:crypto.
import { diffieHellman } from "node:crypto";
import { checkBytes } from "../check.ts";
import { isBytes } from "../is-bytes.ts";
import { privateKeyOf, publicBytesOf, publicKeyOf } from "./okp.ts";

/** `secret` is 32 bytes. Throws `crypto/bad-argument`. */
export function x25519PublicKey(secret: Uint8Array): Uint8Array {
  checkBytes(secret, "secret", 32);
  return publicBytesOf(privateKeyOf("X25519", secret));
}

/**
 * Gives the shared secret, 32 bytes. Undefined for a peer's point of small order (the all-zero
 * output, RFC 7748 6.1) or for what is no point. `publicKey` is the public key of `secret`. Given
 * another one, some platforms answer undefined, and some do not look at it.
 */
export function x25519(secret: Uint8Array, publicKey: Uint8Array, peer: Uint8Array): Uint8Array | undefined {
  if (!isBytes(secret, 32) || !isBytes(publicKey, 32) || !isBytes(peer, 32)) return undefined;
  try {
    const mine = privateKeyOf("X25519", secret, publicKey);
    const shared = new Uint8Array(diffieHellman({ privateKey: mine, publicKey: publicKeyOf("X25519", peer) }));
    return shared.some((byte) => byte !== 0) ? shared : undefined;
  } catch {
    return undefined;
  }
}

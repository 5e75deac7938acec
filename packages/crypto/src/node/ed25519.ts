// Ed25519 (RFC 8032) by node:crypto. OpenSSL checks without the cofactor, refuses s above the
// order, and compares R as bytes. Whether it takes an R of small order depends on its version, so
// that is asked here.
import { sign, verify } from "node:crypto";
import { checkBytes } from "../check.ts";
import { isEd25519Key } from "../ed25519-key.ts";
import { isBytes } from "../is-bytes.ts";
import { knownKeys } from "../known-keys.ts";
import type { Ed25519Signer } from "../signer.ts";
import { isSmallOrder } from "../small-order.ts";
import { privateKeyOf, publicBytesOf, publicKeyOf } from "./okp.ts";

/** `seed` is 32 secret bytes (RFC 8032 5.1.5). Throws `crypto/bad-argument`. */
export function ed25519Signer(seed: Uint8Array): Ed25519Signer {
  checkBytes(seed, "seed", 32);
  const key = privateKeyOf("Ed25519", seed);
  return {
    publicKey: publicBytesOf(key),
    sign(message) {
      checkBytes(message, "message");
      return new Uint8Array(sign(null, message, key));
    },
  };
}

const keyOf = knownKeys((key) => (isEd25519Key(key) ? publicKeyOf("Ed25519", key) : undefined));

/**
 * Says whether it is a signature by this key. False for anything that is no key, message or
 * signature. Never throws.
 */
export function verifyEd25519(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (!isBytes(key, 32) || !isBytes(message) || !isBytes(signature, 64) || isSmallOrder(signature)) return false;
  const known = keyOf(key);
  return known !== undefined && verify(null, message, known, signature);
}

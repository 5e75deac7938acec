// Ed25519 (RFC 8032) by @noble/curves. Its own check multiplies by the cofactor, and node:crypto
// does not. Here both have the one rule.
import { ed25519 } from "@noble/curves/ed25519.js";
import { bytesToNumberLE } from "@noble/curves/utils.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { same } from "../bytes.ts";
import { checkBytes } from "../check.ts";
import { ed25519Point } from "../ed25519-key.ts";
import { isBytes } from "../is-bytes.ts";
import { knownKeys } from "../known-keys.ts";
import type { Ed25519Signer } from "../signer.ts";
import { isSmallOrder } from "../small-order.ts";

/** `seed` is 32 secret bytes (RFC 8032 5.1.5). Throws `crypto/bad-argument`. */
export function ed25519Signer(seed: Uint8Array): Ed25519Signer {
  checkBytes(seed, "seed", 32);
  // The slice of a Buffer would be a view of memory that is the caller's.
  const secret = new Uint8Array(seed);
  return {
    publicKey: ed25519.getPublicKey(secret),
    sign(message) {
      checkBytes(message, "message");
      return ed25519.sign(message, secret);
    },
  };
}

const negatedOf = knownKeys((key) => ed25519Point(key)?.negate());

/**
 * Says whether it is a signature by this key. False for anything that is no key, message or
 * signature. Never throws.
 */
export function verifyEd25519(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (!isBytes(key, 32) || !isBytes(message) || !isBytes(signature, 64) || isSmallOrder(signature)) return false;
  const negated = negatedOf(key);
  const order = ed25519.Point.Fn.ORDER;
  const s = bytesToNumberLE(signature.subarray(32));
  if (negated === undefined || s >= order) return false;
  const R = signature.subarray(0, 32);
  const k = bytesToNumberLE(sha512.create().update(R).update(key).update(message).digest()) % order;
  // RFC 8032 5.1.7 step 3 without the cofactor: R = sB - kA. Every value is public.
  return same(ed25519.Point.BASE.multiplyUnsafe(s).add(negated.multiplyUnsafe(k)).toBytes(), R);
}

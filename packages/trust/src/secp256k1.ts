// This file verifies signatures on secp256k1: ECDSA with low s (EIP-2, BIP-146) and BIP-340. noble
// accepts other forms of a key, digests that it cuts to 32 bytes, and objects that answer as bytes
// do. They are refused here.
import { isBytes } from "@covault/crypto";
import { schnorr, secp256k1 } from "@noble/curves/secp256k1.js";
import { bytesToNumberBE } from "@noble/curves/utils.js";

/** Whether the bytes are a SEC1 compressed point of the curve, 33 bytes. */
export function isSecp256k1Key(key: Uint8Array): boolean {
  if (!isBytes(key, 33)) return false;
  try {
    secp256k1.Point.fromBytes(key);
    return true;
  } catch {
    return false;
  }
}

/**
 * Whether the bytes are an x-only key of BIP-340: the x coordinate of a point of the curve, 32
 * bytes.
 */
export function isBip340Key(key: Uint8Array): boolean {
  if (!isBytes(key, 32)) return false;
  const compressed = new Uint8Array(33);
  compressed[0] = 2;
  compressed.set(key, 1);
  return isSecp256k1Key(compressed);
}

/**
 * Whether an ECDSA signature is valid. `digest` has 32 bytes and is signed as it is. `signature` is
 * r || s, 64 bytes, and a high s is refused. It never throws.
 */
export function verifyEcdsa(publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean {
  if (!isBytes(publicKey, 33) || !isBytes(digest, 32) || !isBytes(signature, 64)) return false;
  try {
    return secp256k1.verify(signature, digest, publicKey, { prehash: false, lowS: true });
  } catch {
    return false;
  }
}

/**
 * Whether ECDSA signs this 32-byte digest. Anybody can forge a signature of a digest that is 0
 * modulo the group order.
 */
export function isEcdsaDigest(digest: Uint8Array): boolean {
  return isBytes(digest, 32) && bytesToNumberBE(digest) % secp256k1.Point.Fn.ORDER !== 0n;
}

/**
 * Gives the compressed key, 33 bytes, whose signature r || s with this recovery id (0..3) it is.
 * Gives undefined when there is none.
 */
export function recoverEcdsa(digest: Uint8Array, signature: Uint8Array, recovery: number): Uint8Array | undefined {
  if (!isBytes(digest, 32) || !isBytes(signature, 64)) return undefined;
  try {
    return secp256k1.Signature.fromBytes(signature, "compact").addRecoveryBit(recovery).recoverPublicKey(digest).toBytes(true);
  } catch {
    return undefined;
  }
}

/**
 * Whether a BIP-340 signature over the message itself is valid. `publicKey` is x-only, 32 bytes. It
 * never throws.
 */
export function verifyBip340(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (!isBytes(publicKey, 32) || !isBytes(message) || !isBytes(signature, 64)) return false;
  try {
    return schnorr.verify(signature, message, publicKey);
  } catch {
    return false;
  }
}

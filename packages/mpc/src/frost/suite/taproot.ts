// This suite is FROST(secp256k1, SHA-256) with BIP-340 signatures. It follows
// FROST-secp256k1-SHA256-TR-v1 (ZF frost-secp256k1-tr), which has the hashes of RFC 9591 section
// 6.5 under another context string, the challenge of BIP-340, and keys and nonces of even y.
import { sha256 } from "@noble/hashes/sha2.js";
import type { Scalar } from "../../group/group.ts";
import { secp256k1 } from "../../group/secp256k1.ts";
import { ascii, concat } from "../../kernel/bytes.ts";
import { erase } from "../../protocol/index.ts";
import { frostDkg } from "./dkg.ts";
import type { Suite } from "./suite.ts";
import { taggedHash, tapTweak } from "./tap-tweak.ts";

const name = "FROST-secp256k1-SHA256-TR-v1";

/** Hashes the parts without a copy of them, since they may be secret. */
function hashed(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = sha256.create();
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/**
 * Gives one scalar from 48 bytes by hash_to_field of RFC 9380 section 5.2 with expand_message_xmd
 * (5.3.1). What it hashes may be secret, so everything that the scalar is made of is erased.
 */
function hashToScalar(tag: string, message: Uint8Array): Scalar {
  const dst = ascii(name + tag);
  const dstPrime = concat(dst, Uint8Array.of(dst.length));
  const b0 = hashed(new Uint8Array(64), message, Uint8Array.of(0, 48, 0), dstPrime);
  const b1 = hashed(b0, Uint8Array.of(1), dstPrime);
  const mixed = b0.map((byte, i) => byte ^ (b1[i] as number));
  const b2 = hashed(mixed, Uint8Array.of(2), dstPrime);
  const wide = concat(new Uint8Array(16), b1, b2.subarray(0, 16));
  const scalar = secp256k1.reduce(wide);
  erase(b0, b1, mixed, b2, wide);
  return scalar;
}

export const taproot: Suite = {
  ...frostDkg(name, secp256k1),
  name,
  scheme: "schnorr-bip340",
  named: { scheme: "schnorr-bip340" },
  code: 2,
  H1: (message) => hashToScalar("rho", message),
  H3: (message) => hashToScalar("nonce", message),
  H4: (message) => sha256(concat(ascii(`${name}msg`), message)),
  H5: (message) => sha256(concat(ascii(`${name}com`), message)),
  challenge(R, publicKey, message) {
    const hash = taggedHash("BIP0340/challenge", R.subarray(1), publicKey.subarray(1), message);
    return secp256k1.reduce(concat(new Uint8Array(32), hash));
  },
  fromSecret: secp256k1.scalar,
  fromSeed: () => undefined,
  wantsOpposite: (encoded) => encoded[0] === 3,
  signature: (R, z) => concat(R.subarray(1), z),
  taprootTweak(publicKey, merkleRoot) {
    return secp256k1.scalar(tapTweak(publicKey.subarray(1), merkleRoot));
  },
  messageBytes: 32,
};

// This scheme is ECDSA on secp256k1, as Ethereum and Bitcoin take it: a 32-byte digest, low s, and
// the recovery id that leads back to the key.
import { hex, isBytes } from "@covault/crypto";
import { lengthFault } from "../bytes.ts";
import { bip32Child, rootKeyText } from "../derive/bip32.ts";
import { isEcdsaDigest, isSecp256k1Key, recoverEcdsa, verifyEcdsa } from "../secp256k1.ts";
import type { Scheme } from "./scheme.ts";

export const ecdsaSecp256k1: Scheme = {
  name: "ecdsa-secp256k1",
  publicKey: { bytes: 33, is: isSecp256k1Key, hashed: (publicKey) => publicKey },
  publicShare: { bytes: 33, is: isSecp256k1Key },
  pairs: true,
  message: {
    isDigest: true,
    check(digest) {
      return lengthFault(digest, 32) ?? (isEcdsaDigest(digest) ? undefined : "is 0 modulo the group order");
    },
    isTransaction: () => false,
  },
  // A signature is r || s || recovery id, where the id is 0 or 1. A signature with the id 2 or 3,
  // which no wallet can show, is signed again.
  signature: {
    bytes: 65,
    verify(publicKey, digest, signature) {
      const recoveryId = isBytes(signature, 65) ? (signature[64] as number) : 2;
      if (recoveryId > 1) return false;
      const rs = signature.subarray(0, 64);
      if (!verifyEcdsa(publicKey, digest, rs)) return false;
      return recoverEcdsa(digest, rs, recoveryId)?.every((byte, at) => byte === publicKey[at]) === true;
    },
    view(signature) {
      const [r, s] = [hex(signature.subarray(0, 32)), hex(signature.subarray(32, 64))];
      const recoveryId = signature[64] as number;
      return { r: `0x${r}`, s: `0x${s}`, recovery_id: recoveryId, hex: `0x${r}${s}${(27 + recoveryId).toString(16)}` };
    },
  },
  derive: bip32Child,
  extendedKey: rootKeyText,
  taproot: undefined,
};

// BIP-340 (Taproot). A key is its x coordinate, 32 bytes, everywhere: at rest, on the wire, in acknowledgements. Only the protocol's own
// records have it compressed with an even y, and so does the hash that names it (docs/protocols/frost.md).
import { lengthFault } from "../bytes.ts";
import { isBip340Key, isSecp256k1Key, verifyBip340 } from "../secp256k1.ts";
import { halvesOf, type Scheme } from "./scheme.ts";

export const schnorrBip340: Scheme = {
  name: "schnorr-bip340",
  publicKey: { bytes: 32, is: isBip340Key, hashed: (publicKey) => Uint8Array.of(2, ...publicKey), addresses: () => ({}) },
  publicShare: { bytes: 33, is: isSecp256k1Key },
  pairs: false,
  message: { check: (digest) => lengthFault(digest, 32) },
  signature: { bytes: 64, verify: verifyBip340, view: halvesOf },
};

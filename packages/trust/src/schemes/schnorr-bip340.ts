// This scheme is BIP-340 (Taproot). A key is its x coordinate, 32 bytes, everywhere: at rest, on
// the wire, in acknowledgements. Only the protocol's own records have it compressed with an even y,
// and so does the hash that names it (docs/protocols/frost.md).
import { lengthFault } from "../bytes.ts";
import { bip32Child, rootKeyText } from "../derive/bip32.ts";
import { taprootOutput } from "../derive/taproot.ts";
import { isBip340Key, isSecp256k1Key, verifyBip340 } from "../secp256k1.ts";
import { halvesOf, type Scheme } from "./scheme.ts";

const compressed = (publicKey: Uint8Array): Uint8Array => Uint8Array.of(2, ...publicKey);

export const schnorrBip340: Scheme = {
  name: "schnorr-bip340",
  publicKey: { bytes: 32, is: isBip340Key, hashed: compressed },
  publicShare: { bytes: 33, is: isSecp256k1Key },
  pairs: false,
  message: { isDigest: true, check: (digest) => lengthFault(digest, 32), isTransaction: () => false },
  signature: { bytes: 64, verify: verifyBip340, view: halvesOf },
  // A child is derived from the compressed key, as BIP-86 does it. Its public key is the x
  // coordinate again.
  derive(publicKey, chain, path) {
    const child = bip32Child(compressed(publicKey), chain, path);
    return { ...child, publicKey: child.publicKey.slice(1) };
  },
  extendedKey: (publicKey, chain, network) => rootKeyText(compressed(publicKey), chain, network),
  taproot: (publicKey, merkleRoot) => taprootOutput(publicKey, merkleRoot).outputKey,
};

// Addresses of EVM chains: the last 20 bytes of the key's Keccak-256, with the checksum of EIP-55.
import { hex, utf8 } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import { isSecp256k1Key } from "@covault/trust";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";

/** Gives "0x…" with checksum. `publicKey` is compressed, 33 bytes. Throws `trust/bad-argument`. */
export function evmAddress(publicKey: Uint8Array): string {
  const address = hex(evmAddressBytes(publicKey));
  const checksum = hex(keccak_256(utf8(address)));
  return `0x${[...address].map((digit, at) => (checksum.charAt(at) >= "8" ? digit.toUpperCase() : digit)).join("")}`;
}

/**
 * Gives the 20 bytes of the address. `publicKey` is compressed, 33 bytes. Throws
 * `trust/bad-argument`.
 */
export function evmAddressBytes(publicKey: Uint8Array): Uint8Array {
  if (!isSecp256k1Key(publicKey))
    throw new CovaultError("trust/bad-argument", "publicKey: expected a compressed point of secp256k1, got none.");
  const point = secp256k1.Point.fromBytes(publicKey).toBytes(false).subarray(1);
  return keccak_256(point).subarray(12);
}

// Segwit addresses: BIP-173 (Bech32, version 0) and BIP-350 (Bech32m, version 1).
import { CovaultError } from "@covault/errors";
import { isBip340Key, isSecp256k1Key } from "@covault/trust";
import { ripemd160 } from "@noble/hashes/legacy.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bech32, bech32m } from "@scure/base";
import type { Network } from "../networks.ts";

/** The prefixes of addresses. Signet has testnet's. */
const prefixes: Record<Network, string> = { mainnet: "bc", testnet: "tb", signet: "tb", regtest: "bcrt" };

/**
 * The P2WPKH address (BIP-141, BIP-84). `publicKey` is compressed, 33 bytes. Throws
 * `trust/bad-argument`.
 */
export function p2wpkhAddress(publicKey: Uint8Array, network: Network): string {
  if (!isSecp256k1Key(publicKey)) throw noKey("publicKey", "a compressed point of secp256k1");
  return bech32.encode(prefixes[network], [0, ...bech32.toWords(ripemd160(sha256(publicKey)))]);
}

/**
 * The P2TR address (BIP-341). `outputKey` is 32 bytes, after the Taproot tweak. Throws
 * `trust/bad-argument`.
 */
export function p2trAddress(outputKey: Uint8Array, network: Network): string {
  if (!isBip340Key(outputKey)) throw noKey("outputKey", "the x coordinate of a point of secp256k1");
  return bech32m.encode(prefixes[network], [1, ...bech32m.toWords(outputKey)]);
}

const noKey = (field: string, expected: string): CovaultError =>
  new CovaultError("trust/bad-argument", `${field}: expected ${expected}, got none.`);

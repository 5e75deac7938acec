// Where a key is paid, by chain. Each scheme has the chains whose signatures it makes.
import { noScripts, type SchemeName, taprootOutput } from "@covault/trust";
import { p2trAddress, p2wpkhAddress } from "./bitcoin/address.ts";
import { evmAddress } from "./evm/address.ts";
import type { Network } from "./networks.ts";
import { solanaAddress } from "./solana/address.ts";
import { tronAddress } from "./tron/address.ts";

/** The addresses of one key. A chain whose signatures the key's scheme does not make is absent. */
export interface Addresses {
  /** The address with the checksum of EIP-55. */
  readonly evm?: string;
  /** The address in Base58Check. */
  readonly tron?: string;
  /** The address in Bech32, of segwit version 0. */
  readonly bitcoin_p2wpkh?: string;
  /**
   * The address in Bech32m, of segwit version 1. It is the BIP-341 output of the key without
   * scripts.
   */
  readonly bitcoin_p2tr?: string;
  /** The address in Base58. */
  readonly solana?: string;
}

const byScheme: Record<SchemeName, (publicKey: Uint8Array, network: Network) => Addresses> = {
  "ecdsa-secp256k1": (publicKey, network) => ({
    evm: evmAddress(publicKey),
    tron: tronAddress(publicKey),
    bitcoin_p2wpkh: p2wpkhAddress(publicKey, network),
  }),
  // By BIP-86 the output commits to no script, so that nobody can have hidden one in it.
  "schnorr-bip340": (publicKey, network) => ({ bitcoin_p2tr: p2trAddress(taprootOutput(publicKey, noScripts).outputKey, network) }),
  "eddsa-ed25519": (publicKey) => ({ solana: solanaAddress(publicKey) }),
};

/**
 * Gives the addresses of a key. `publicKey` is the key itself or a child, in its scheme's form.
 *
 * @example addressesOf("ecdsa-secp256k1", publicKey).evm // "0x…"
 *
 * Throws `trust/bad-argument` for a key that is not one of the scheme.
 */
export function addressesOf(scheme: SchemeName, publicKey: Uint8Array, network: Network = "mainnet"): Addresses {
  return byScheme[scheme](publicKey, network);
}

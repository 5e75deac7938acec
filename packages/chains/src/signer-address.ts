// The address that a signature speaks for, where the scheme of its key leaves no choice.
import type { SchemeName } from "@covault/trust";
import { addressesOf } from "./addresses.ts";
import { p2trAddress } from "./bitcoin/address.ts";

/** Under which key a signature verifies. */
export interface Signer {
  readonly scheme: SchemeName;
  /** The key itself, its child, or the Taproot output of that, in the scheme's form. */
  readonly publicKey: Uint8Array;
  /** Whether `publicKey` is a Taproot output. */
  readonly isTaproot: boolean;
}

/**
 * Gives the address of what signed: of ECDSA the EVM address, of Ed25519 that of Solana, of a
 * Taproot output its P2TR address on mainnet. It is undefined for a BIP-340 key that signs as
 * itself, because its own address is that of an output which it is not.
 *
 * Throws `trust/bad-argument` for a key that is not one of the scheme.
 */
export function signerAddress({ scheme, publicKey, isTaproot }: Signer): string | undefined {
  if (isTaproot) return p2trAddress(publicKey, "mainnet");
  const { evm, solana } = addressesOf(scheme, publicKey);
  return evm ?? solana;
}

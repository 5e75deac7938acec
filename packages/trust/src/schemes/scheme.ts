// This file says what every signature scheme tells of itself, with the same members in the same
// order. No other code asks which scheme it is.

import { hex } from "@covault/crypto";
import type { Child } from "../derive/child.ts";

export const schemeNames = ["ecdsa-secp256k1", "eddsa-ed25519", "schnorr-bip340"] as const;
/** The name of a scheme, as intents write it. */
export type SchemeName = (typeof schemeNames)[number];

/** A signature as callers read it. The fields of text are hex with 0x. */
export interface SignatureView {
  /** The first half, 32 bytes. It is R for EdDSA, and the x coordinate of R for BIP-340. */
  readonly r: string;
  /** The second half, 32 bytes. */
  readonly s: string;
  /** The recovery id. It is present only where a signature leads back to its key. */
  readonly recovery_id?: number;
  /** The whole signature as wallets take it. */
  readonly hex: string;
}

interface Encoding {
  readonly bytes: number;
  /** Whether the bytes have this form. It never throws. */
  readonly is: (value: Uint8Array) => boolean;
}

export interface Scheme {
  readonly name: SchemeName;
  /**
   * The one form of a public key, at rest and on the wire. `hashed` gives the form that a key id is
   * made of (dkls23-spec 2.5).
   */
  readonly publicKey: Encoding & { readonly hashed: (publicKey: Uint8Array) => Uint8Array };
  /** The form of a holder's public share: a point of the curve, whose y may be even or odd. */
  readonly publicShare: Encoding;
  /** Whether each two holders have OT state of their own, which joins name (dkls23-spec 0.4). */
  readonly pairs: boolean;
  /**
   * The message. `isDigest` says that a hash of 32 bytes is signed, and not the message itself.
   * `check` gives what is wrong with a message, as the rest of a sentence that begins with its
   * name, or undefined when nothing is. `isTransaction` says whether its bytes could be a
   * transaction of a chain whose signers sign it as it is. Hashes are none.
   */
  readonly message: {
    readonly isDigest: boolean;
    readonly check: (message: Uint8Array) => string | undefined;
    readonly isTransaction: (message: Uint8Array) => boolean;
  };
  /**
   * The signature as parties report it. `verify` never throws. `view` may be called only for a
   * signature that `verify` has accepted.
   */
  readonly signature: {
    readonly bytes: number;
    readonly verify: (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;
    readonly view: (signature: Uint8Array) => SignatureView;
  };
  /**
   * Gives the child of a key, with its public key in the scheme's form. Throws `trust/bad-argument`
   * and `trust/bad-path`.
   */
  readonly derive: (publicKey: Uint8Array, chain: Uint8Array, path: readonly number[]) => Child;
  /**
   * Gives an extended public key, "xpub…", from which anybody derives the key's children by BIP-32.
   * It is undefined for a scheme whose children follow other rules.
   */
  readonly extendedKey: ((publicKey: Uint8Array, chain: Uint8Array, network: "mainnet" | "testnet") => string) | undefined;
  /**
   * Gives the key of a Taproot output, in the scheme's form. It is undefined for a scheme whose
   * keys have none.
   */
  readonly taproot: ((publicKey: Uint8Array, merkleRoot: Uint8Array) => Uint8Array) | undefined;
}

/** Gives the view of a signature of 64 bytes, which wallets take as it is. */
export function halvesOf(signature: Uint8Array): SignatureView {
  const [r, s] = [hex(signature.subarray(0, 32)), hex(signature.subarray(32, 64))];
  return { r: `0x${r}`, s: `0x${s}`, hex: `0x${r}${s}` };
}

// What every signature scheme says of itself: the same members in the same order. Nobody else asks which scheme it is.

import { hex } from "@covault/crypto";
import type { Child } from "../derive/child.ts";

export const schemeNames = ["ecdsa-secp256k1", "eddsa-ed25519", "schnorr-bip340"] as const;
/** As intents write it. */
export type SchemeName = (typeof schemeNames)[number];

/** A signature as callers read it, in hex with 0x. */
export interface SignatureView {
  /** 32 bytes; of EdDSA R, of BIP-340 its x coordinate. */
  readonly r: string;
  /** 32 bytes. */
  readonly s: string;
  /** Only where a signature leads back to its key. */
  readonly recovery_id?: number;
  /** As wallets take it. */
  readonly hex: string;
}

interface Encoding {
  readonly bytes: number;
  /** Never throws. */
  readonly is: (value: Uint8Array) => boolean;
}

export interface Scheme {
  readonly name: SchemeName;
  /** The one form at rest and on the wire. `hashed`: the form that a key id is made of (dkls23-spec 2.5). */
  readonly publicKey: Encoding & { readonly hashed: (publicKey: Uint8Array) => Uint8Array };
  /** A holder's public share: a point of the curve, of either parity. */
  readonly publicShare: Encoding;
  /** Whether each two holders have OT state of their own: joins name it (dkls23-spec 0.4). */
  readonly pairs: boolean;
  /**
   * `isDigest`: what is signed is a hash of 32 bytes, and not the message itself. `check`: what is wrong with it, as the rest of a sentence that
   * begins with its name; undefined: nothing.
   */
  readonly message: { readonly isDigest: boolean; readonly check: (message: Uint8Array) => string | undefined };
  /** As parties report it. `verify` never throws; `view` is asked only of what it has said yes to. */
  readonly signature: {
    readonly bytes: number;
    readonly verify: (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;
    readonly view: (signature: Uint8Array) => SignatureView;
  };
  /** The child of a key, with its public key in the scheme's form. Throws `trust/bad-argument` and `trust/bad-path`. */
  readonly derive: (publicKey: Uint8Array, chain: Uint8Array, path: readonly number[]) => Child;
  /** "xpub…", from which anybody derives the key's children by BIP-32. Undefined: children of this scheme follow other rules. */
  readonly extendedKey: ((publicKey: Uint8Array, chain: Uint8Array, network: "mainnet" | "testnet") => string) | undefined;
  /** The key of a Taproot output, in the scheme's form. Undefined: keys of this scheme have none. */
  readonly taproot: ((publicKey: Uint8Array, merkleRoot: Uint8Array) => Uint8Array) | undefined;
}

/** A signature of 64 bytes, which wallets take as it is. */
export function halvesOf(signature: Uint8Array): SignatureView {
  const [r, s] = [hex(signature.subarray(0, 32)), hex(signature.subarray(32, 64))];
  return { r: `0x${r}`, s: `0x${s}`, hex: `0x${r}${s}` };
}

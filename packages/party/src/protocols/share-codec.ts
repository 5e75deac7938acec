// How the shares of a scheme are read and joined where no protocol runs: for sealed backups, and
// for what is done with them offline.
import type { ShareIndex } from "@covault/mpc/protocol";

/** What a record says, whatever the scheme. */
export interface ShareRecord {
  readonly keyId: Uint8Array;
  readonly epoch: Uint8Array;
  readonly h2: Uint8Array;
  readonly self: ShareIndex;
  readonly threshold: number;
  readonly holders: readonly { readonly index: ShareIndex; readonly publicShare: Uint8Array }[];
}

export interface ShareCodec {
  readonly scheme: string;
  /** What the private key is that `join` gives, for the person who has to use it. */
  readonly keyForm: string;
  /**
   * Reads a record, and checks that its public shares lie on one polynomial through its public key.
   * Throws `mpc/bad-share-record` and `mpc/bad-setup`.
   */
  readonly record: (stored: Uint8Array) => ShareRecord;
  /** Gives the plain share, 32 bytes, of a secret as it is stored. Secret. */
  readonly secret: (stored: Uint8Array) => Uint8Array;
  /** Gives the secret as it is stored, of a plain share, 32 bytes. Secret. */
  readonly stored: (share: Uint8Array) => Uint8Array;
  /**
   * Gives the private key, 32 bytes as the curve encodes scalars, of the shares of at least t
   * holders. Each is checked against its public share, and these against the public key. Throws
   * `mpc/bad-share`.
   */
  readonly join: (stored: Uint8Array, shares: ReadonlyMap<number, Uint8Array>) => Uint8Array;
}

/** The consent that an export asks of everybody who calls it. */
export const consent = { endThresholdProtection: true } as const;

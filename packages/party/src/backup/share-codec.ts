// How the shares of each scheme are read, sealed and joined. No other part of the backups asks
// which scheme a key is of.
import type { BackupCurve } from "@covault/mpc/backup";
import { decodeRecord, decodeSecret, exportKey, recordFor } from "@covault/mpc/dkls23";
import { decodeFrostRecord, decodeFrostSecret, exportFrostKey, frostRecordFor } from "@covault/mpc/frost";
import type { ShareIndex } from "@covault/mpc/protocol";
import type { SchemeName } from "@covault/trust";

/** What a record says, whatever the scheme. */
export interface ShareRecord {
  readonly keyId: Uint8Array;
  readonly epoch: Uint8Array;
  readonly h2: Uint8Array;
  readonly self: ShareIndex;
  readonly threshold: number;
  readonly holders: readonly { readonly index: ShareIndex; readonly publicShare: Uint8Array }[];
  readonly exposed: "imported" | "exported" | undefined;
}

export interface ShareCodec {
  readonly curve: BackupCurve;
  /**
   * Reads a record, and checks that its public shares lie on one polynomial through its public key.
   * Throws `mpc/bad-share-record` and `mpc/bad-setup`.
   */
  readonly record: (stored: Uint8Array) => ShareRecord;
  /** Gives the plain share, 32 bytes, of a secret as it is stored. Secret. */
  readonly secret: (stored: Uint8Array) => Uint8Array;
  /**
   * Gives the private key, 32 bytes as the curve encodes scalars, of the shares of at least t
   * holders. Each is checked against its public share, and these against the public key. Throws
   * `mpc/bad-share`.
   */
  readonly join: (stored: Uint8Array, shares: ReadonlyMap<number, Uint8Array>) => Uint8Array;
}

const consent = { endThresholdProtection: true } as const;
type Shares = ReadonlyMap<ShareIndex, Uint8Array>;

const frost: Omit<ShareCodec, "curve"> = {
  record(stored) {
    const record = decodeFrostRecord(stored);
    return frostRecordFor(record, record.self);
  },
  secret: decodeFrostSecret,
  join: (stored, shares) => exportFrostKey({ ...consent, key: decodeFrostRecord(stored), shares: shares as Shares }),
};

export const shareCodecs: Readonly<Record<SchemeName, ShareCodec>> = {
  "ecdsa-secp256k1": {
    curve: "secp256k1",
    record(stored) {
      const record = decodeRecord(stored);
      return recordFor(record, record.self);
    },
    secret: decodeSecret,
    join: (stored, shares) => exportKey({ ...consent, key: decodeRecord(stored), shares: shares as Shares }),
  },
  "eddsa-ed25519": { curve: "ed25519", ...frost },
  "schnorr-bip340": { curve: "secp256k1", ...frost },
};

// This file has every protocol as a machine, which a driver runs.
import * as dkg from "../dkg/index.ts";
import type { Machine, ShareIndex } from "../protocol/index.ts";
import * as shareRepair from "../repair/index.ts";
import * as succession from "../succession/index.ts";
import { type FrostDkgOutput, type FrostKeygenOutput, type FrostKeyRecord, type FrostKeyShare, frost } from "./key-share.ts";
import { type FrostSecretKey, openSecretKey } from "./secret-key.ts";
import { type Scheme, suiteOf } from "./suite/index.ts";

export type { KeygenSetup as FrostKeygenSetup, Member } from "../dkg/index.ts";
export { batchMax, type Outcome } from "../protocol/index.ts";
export type { ImportSetup as FrostImportSetup } from "../succession/index.ts";
export type { FrostDkgOutput, FrostGeneration, FrostKeygenOutput, FrostNewcomer, FrostPredecessor } from "./key-share.ts";
export {
  type FrostOnlineSetup,
  type FrostPreprocessed,
  type FrostPreprocessSetup,
  frostOnlineMachine,
  frostPreprocessMachine,
} from "./pool/index.ts";
export { type FrostSecretKey, frostPublicKey } from "./secret-key.ts";
export {
  type FrostSignBatchSetup,
  type FrostSignItem,
  type FrostSignOutput,
  type FrostSignSetup,
  frostSignBatchMachine,
  frostSignMachine,
} from "./sign/index.ts";

export type FrostRefreshSetup = succession.RefreshSetup<FrostKeyShare>;
export type FrostRecoverySetup = succession.RecoverySetup<FrostKeyShare>;
export type FrostReshareSetup = succession.ReshareSetup<FrostKeyShare>;
export type FrostExportSetup = succession.ExportSetup<FrostKeyShare>;
export type FrostRepairSetup = shareRepair.RepairSetup<FrostKeyShare>;
/** The receiver of a repair: its record, and no share. */
export type FrostLost = shareRepair.Lost<FrostKeyRecord>;
export type FrostRepairOutput = shareRepair.RepairOutput<FrostKeyShare>;

/**
 * Makes the machine of a key generation: 3 rounds, no guard turns. `own` is 32 bytes that only this
 * party has, derived from its identity key, and the same in every run. Without `own`, the indices
 * alone tell two machines with one state of their random generators apart, and nothing tells two
 * copies of one party apart. Throws `mpc/bad-setup`.
 */
export const frostKeygenMachine = (scheme: Scheme, setup: dkg.KeygenSetup, own?: Uint8Array): Machine<FrostKeygenOutput> =>
  dkg.keygen(frost, suiteOf(scheme), setup, own);

/**
 * Gives the machine as it stood after the exchange turn that the `snapshot` was taken at. Throws
 * `mpc/bad-state` and `mpc/context-mismatch`.
 */
export const restoreFrostKeygen = (scheme: Scheme, setup: dkg.KeygenSetup, snapshot: Uint8Array): Machine<FrostKeygenOutput> =>
  dkg.restoreKeygen(frost, suiteOf(scheme), setup, snapshot);

/**
 * Makes the machine of a refresh: 3 rounds. The new share is staged until the commit certificate,
 * and the old one signs until then. `own` is as in a key generation, and a dealer needs none.
 * Throws `mpc/bad-setup` and `mpc/bad-share-record`.
 */
export const frostRefreshMachine = (setup: FrostRefreshSetup, own?: Uint8Array): Machine<FrostKeygenOutput> =>
  succession.succession(frost, succession.refreshOf(frost, setup), own, dkg.withShare);

/** Restores the machine of a refresh, as `restoreFrostKeygen` does. */
export const restoreFrostRefresh = (setup: FrostRefreshSetup, snapshot: Uint8Array): Machine<FrostKeygenOutput> =>
  succession.restoreSuccession(frost, succession.refreshOf(frost, setup), snapshot, dkg.withShare);

/**
 * Makes the machine of a recovery: 3 rounds, as in a refresh. `own` is as in a key generation, and
 * a dealer needs none. Throws `mpc/bad-setup` and `mpc/bad-share-record`.
 */
export const frostRecoveryMachine = (setup: FrostRecoverySetup, own?: Uint8Array): Machine<FrostKeygenOutput> =>
  succession.succession(frost, succession.recoveryOf(frost, setup), own, dkg.withShare);

/** Restores the machine of a recovery, as `restoreFrostKeygen` does. */
export const restoreFrostRecovery = (setup: FrostRecoverySetup, snapshot: Uint8Array): Machine<FrostKeygenOutput> =>
  succession.restoreSuccession(frost, succession.recoveryOf(frost, setup), snapshot, dkg.withShare);

/**
 * Makes the machine of a reshare: 3 rounds. `share` is undefined for a dealer that leaves, which
 * keeps its old share until it holds the commit certificate. `own` is as in a key generation, and a
 * dealer needs none. Throws `mpc/bad-setup` and `mpc/bad-share-record`.
 */
export const frostReshareMachine = (setup: FrostReshareSetup, own?: Uint8Array): Machine<FrostDkgOutput> =>
  succession.succession(frost, succession.reshareOf(frost, setup), own, (made) => made);

/** Restores the machine of a reshare, as `restoreFrostKeygen` does. */
export const restoreFrostReshare = (setup: FrostReshareSetup, snapshot: Uint8Array): Machine<FrostDkgOutput> =>
  succession.restoreSuccession(frost, succession.reshareOf(frost, setup), snapshot, (made) => made);

/**
 * Makes the machine of an import: 3 rounds. What is shared is the secret scalar. Signatures verify
 * under the same public key, but their nonces are FROST's. A signature is another one than the old
 * key would have made. Neither the seed of an Ed25519 key nor the prefix that RFC 8032 derives from
 * it is in any share. The importer alone gives `secretKey`. Every other party gives `own`, as in a
 * key generation. The records say `imported`, and so do those of every later generation. Throws
 * `mpc/bad-setup`, also if the secret key is another key's. Its rounds throw what those of a key
 * generation throw, and `mpc/dealer-mismatch` for an importer that deals another key than the
 * intent names.
 */
export function frostImportMachine(
  scheme: Scheme,
  setup: succession.ImportSetup,
  secretKey?: FrostSecretKey,
  own?: Uint8Array,
): Machine<FrostDkgOutput> {
  const suite = suiteOf(scheme);
  return succession.importKey(frost, suite, setup, {
    open: secretKey === undefined ? undefined : () => openSecretKey(suite, secretKey),
    own,
  });
}

/**
 * Restores the machine of an import, as `restoreFrostKeygen` does. The stored round holds what the
 * importer needs.
 */
export const restoreFrostImport = (scheme: Scheme, setup: succession.ImportSetup, snapshot: Uint8Array): Machine<FrostDkgOutput> =>
  succession.restoreImport(frost, suiteOf(scheme), setup, snapshot);

/**
 * Makes the machine of a share repair: 2 rounds, no guard turns, nothing is ever stored. A holder
 * that lost its share gets it back, of the present epoch, from exactly t others. Every member of a
 * run has a message of every other in every round, and some messages are empty. The receiver's
 * output is a share that signs at once. Helpers get none. Before round 1 the driver makes sure
 * that a helper's epoch is committed and the highest, that all helpers tell the receiver one record
 * (`frostRecordFor`), and that the epoch's certificate is right. Throws `mpc/bad-setup` and
 * `mpc/bad-share-record`. Its rounds throw `mpc/bad-message`, `mpc/dealer-mismatch` and
 * `mpc/bad-share`, after which a new run goes without the culprits, and `mpc/echo-mismatch`.
 * Nothing burns.
 */
export const frostRepairMachine = (setup: FrostRepairSetup): Machine<FrostRepairOutput> =>
  shareRepair.repair(frost, setup, (share) => share);

/**
 * Gives what the receiver of a repair brings as `record`: the record of a helper with the
 * receiver's index. It is as true as that helper. The driver compares the records of all t helpers,
 * which differ in `exposed` at most (it takes `exported` above `imported` above nothing), and
 * verifies the epoch's certificate. Throws `mpc/bad-setup` for a record that contradicts itself,
 * and for a receiver that holds no share of the key.
 */
export const frostRecordFor = (record: FrostKeyRecord, receiver: ShareIndex): FrostKeyRecord =>
  shareRepair.recordFor(frost, record, receiver);

/**
 * Gives a holder's consent, which is its share, for the party that exports, and the record that the
 * holder stores in place of its own before the share leaves. Throws `mpc/bad-setup` without the
 * explicit flag, and `mpc/bad-share-record` for a share that is damaged.
 */
export const releaseFrostShare = (share: FrostKeyShare, consent: succession.Consent): succession.Released<FrostKeyShare> =>
  succession.releaseShare(frost, share, consent);

/**
 * Gives the secret scalar, 32 bytes in the byte order of the suite, for `frostImportMachine` or a
 * tool that takes scalars. For Ed25519 it is no seed (nobody has one for it), and a tool that
 * clamps it signs for another key. For BIP-340 it is the scalar of the key with even y. Throws
 * `mpc/bad-setup`, and `mpc/bad-share`, which names every holder whose share does not belong to its
 * public share.
 */
export const exportFrostKey = (setup: FrostExportSetup): Uint8Array => succession.exportKey(frost, setup);

// This file has every protocol as a machine, which a driver runs.

import { CovaultError } from "@covault/errors";
import * as dkg from "../dkg/index.ts";
import { borrowed } from "../protocol/encoding/inputs.ts";
import { erase, type Machine, type ShareIndex } from "../protocol/index.ts";
import * as shareRepair from "../repair/index.ts";
import * as succession from "../succession/index.ts";
import { type DkgOutput, dkls23, type KeygenOutput, type KeyShare } from "./key-share.ts";
import { suite } from "./suite.ts";

export type { KeygenSetup, Member } from "../dkg/index.ts";
export { batchMax, type Outcome } from "../protocol/index.ts";
export type { ImportSetup } from "../succession/index.ts";
export type { DkgOutput, Generation, KeygenOutput, Newcomer, Predecessor } from "./key-share.ts";
export {
  type OnlineSetup,
  onlineMachine,
  type PresignBatchSetup,
  type PresignItem,
  type PresignOutput,
  type PresignSetup,
  presignBatchMachine,
  presignMachine,
} from "./presign/index.ts";
export { type PairAck, type RenewalOutput, type RenewalSetup, renewalMachine, replacePairs, restoreRenewal } from "./renew/index.ts";
export {
  type SignBatchSetup,
  type SignItem,
  type SignOutput,
  type SignSetup,
  signBatchMachine,
  signMachine,
} from "./sign/index.ts";

export type RefreshSetup = succession.RefreshSetup<KeyShare>;
export type RecoverySetup = succession.RecoverySetup<KeyShare>;
export type ReshareSetup = succession.ReshareSetup<KeyShare>;
export type ExportSetup = succession.ExportSetup<KeyShare>;
export type RepairSetup = shareRepair.RepairSetup<KeyShare>;
/** The receiver of a repair: its record, and no share. */
export type Lost = shareRepair.Lost<dkg.KeyRecord>;
export type RepairOutput = shareRepair.RepairOutput<KeyShare>;

/**
 * Makes the machine of a key generation: 3 rounds, no guard turns. `own` is 32 bytes that only this
 * party has, derived from its identity key, and the same in every run. Without `own`, the indices
 * alone tell two machines with one state of their random generators apart, and nothing tells two
 * copies of one party apart. Throws `mpc/bad-setup`.
 */
export const keygenMachine = (setup: dkg.KeygenSetup, own?: Uint8Array): Machine<KeygenOutput> => dkg.keygen(dkls23, suite, setup, own);

/**
 * Gives the machine as it stood after the exchange turn that the `snapshot` was taken at. Throws
 * `mpc/bad-state` and `mpc/context-mismatch`.
 */
export const restoreKeygen = (setup: dkg.KeygenSetup, snapshot: Uint8Array): Machine<KeygenOutput> =>
  dkg.restoreKeygen(dkls23, suite, setup, snapshot);

/**
 * Makes the machine of a refresh: 3 rounds. The new share is staged until the commit certificate
 * (section 7), and the old one signs until then. `own` is as in a key generation, and a dealer
 * needs none. Throws `mpc/bad-setup` and `mpc/bad-share-record`.
 */
export const refreshMachine = (setup: RefreshSetup, own?: Uint8Array): Machine<KeygenOutput> =>
  succession.succession(dkls23, succession.refreshOf(dkls23, setup), own, dkg.withShare);

/** Restores the machine of a refresh, as `restoreKeygen` does. */
export const restoreRefresh = (setup: RefreshSetup, snapshot: Uint8Array): Machine<KeygenOutput> =>
  succession.restoreSuccession(dkls23, succession.refreshOf(dkls23, setup), snapshot, dkg.withShare);

/**
 * Makes the machine of a recovery: 3 rounds, as in a refresh. `own` is as in a key generation, and
 * a dealer needs none. Throws `mpc/bad-setup` and `mpc/bad-share-record`.
 */
export const recoveryMachine = (setup: RecoverySetup, own?: Uint8Array): Machine<KeygenOutput> =>
  succession.succession(dkls23, succession.recoveryOf(dkls23, setup), own, dkg.withShare);

/** Restores the machine of a recovery, as `restoreKeygen` does. */
export const restoreRecovery = (setup: RecoverySetup, snapshot: Uint8Array): Machine<KeygenOutput> =>
  succession.restoreSuccession(dkls23, succession.recoveryOf(dkls23, setup), snapshot, dkg.withShare);

/**
 * Makes the machine of a reshare: 3 rounds. `share` is undefined for a dealer that leaves, which
 * keeps its old share until it holds the commit certificate. `own` is as in a key generation, and a
 * dealer needs none. Throws `mpc/bad-setup` and `mpc/bad-share-record`.
 */
export const reshareMachine = (setup: ReshareSetup, own?: Uint8Array): Machine<DkgOutput> =>
  succession.succession(dkls23, succession.reshareOf(dkls23, setup), own, (made) => made);

/** Restores the machine of a reshare, as `restoreKeygen` does. */
export const restoreReshare = (setup: ReshareSetup, snapshot: Uint8Array): Machine<DkgOutput> =>
  succession.restoreSuccession(dkls23, succession.reshareOf(dkls23, setup), snapshot, (made) => made);

/**
 * Makes the machine of an import: 3 rounds. The importer alone gives `secretKey`, be32. Every other
 * party gives `own`, as in a key generation. The records say `imported`, and so do those of every
 * later generation. Throws `mpc/bad-setup`, also if the secret key is another key's. Its rounds
 * throw what those of a key generation throw, and `mpc/dealer-mismatch` for an importer that deals
 * another key than the intent names.
 */
export const importMachine = (setup: succession.ImportSetup, secretKey?: Uint8Array, own?: Uint8Array): Machine<DkgOutput> =>
  succession.importKey(dkls23, suite, setup, { open: secretKey === undefined ? undefined : () => openSecretKey(secretKey), own });

/** Gives what an import of this key, be32, has as its `publicKey`. Throws `mpc/bad-setup`. */
export function publicKeyOf(secretKey: Uint8Array): Uint8Array {
  const { secret, publicKey } = openSecretKey(secretKey);
  erase(secret);
  return publicKey;
}

function openSecretKey(secretKey: Uint8Array): succession.WholeKey {
  const secret = suite.group.scalar(borrowed(32)(secretKey, "secretKey"));
  if (secret === undefined) throw new CovaultError("mpc/bad-setup", "secretKey: it is not below the group order");
  return succession.wholeKey(suite, secret);
}

/**
 * Restores the machine of an import, as `restoreKeygen` does. The stored round holds what the
 * importer needs.
 */
export const restoreImport = (setup: succession.ImportSetup, snapshot: Uint8Array): Machine<DkgOutput> =>
  succession.restoreImport(dkls23, suite, setup, snapshot);

/**
 * Makes the machine of a share repair: 2 rounds, no guard turns, nothing is ever stored. A holder
 * that lost its share gets it back, of the present epoch, from exactly t others. Every member of a
 * run has a message of every other in every round, and some messages are empty. The receiver's
 * output is a share without pairs, as after a restore. Helpers get none. Before round 1 the driver
 * makes sure that a helper's epoch is committed and the highest, that all helpers tell the receiver
 * one record (`recordFor`), and that the epoch's certificate is right. Throws `mpc/bad-setup` and
 * `mpc/bad-share-record`. Its rounds throw `mpc/bad-message`, `mpc/dealer-mismatch` and
 * `mpc/bad-share`, after which a new run goes without the culprits, and `mpc/echo-mismatch`.
 * Nothing burns.
 */
export const repairMachine = (setup: RepairSetup): Machine<RepairOutput> =>
  shareRepair.repair(dkls23, setup, (share) => ({ ...share, pairs: undefined }));

/**
 * Gives what the receiver of a repair brings as `record`: the record of a helper with the
 * receiver's index. It is as true as that helper. The driver compares the records of all t helpers,
 * which differ in `exposed` at most (it takes `exported` above `imported` above nothing), and
 * verifies the epoch's certificate. Throws `mpc/bad-setup` for a record that contradicts itself,
 * and for a receiver that holds no share of the key.
 */
export const recordFor = (record: dkg.KeyRecord, receiver: ShareIndex): dkg.KeyRecord => shareRepair.recordFor(dkls23, record, receiver);

/**
 * Gives a holder's consent, which is its share (be32), for the party that exports, and the record
 * that the holder stores in place of its own before the share leaves. Pairs take no part, so a
 * share that was restored from a backup is enough. Throws `mpc/bad-setup` without the explicit
 * flag, and `mpc/bad-share-record` for a share that is damaged.
 */
export const releaseShare = (share: KeyShare, consent: succession.Consent): succession.Released<KeyShare> =>
  succession.releaseShare(dkls23, share, consent);

/**
 * Gives the secret key, be32. Throws `mpc/bad-setup`, and `mpc/bad-share`, which names every holder
 * whose share does not belong to its public share.
 */
export const exportKey = (setup: ExportSetup): Uint8Array => succession.exportKey(dkls23, setup);

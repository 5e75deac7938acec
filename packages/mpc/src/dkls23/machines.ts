// Every protocol as a machine, in one place: what a driver runs.

import { CovaultError } from "@covault/errors";
import * as dkg from "../dkg/index.ts";
import { borrowed } from "../protocol/encoding/inputs.ts";
import type { Machine } from "../protocol/index.ts";
import * as succession from "../succession/index.ts";
import { type DkgOutput, dkls23, type KeygenOutput, type KeyShare } from "./key-share.ts";
import { suite } from "./suite.ts";

export type { KeygenSetup, Member } from "../dkg/index.ts";
export type { ImportSetup } from "../succession/index.ts";
export type { DkgOutput, Generation, KeygenOutput, Newcomer, Predecessor } from "./key-share.ts";
export { type OnlineSetup, onlineMachine, type PresignOutput, type PresignSetup, presignMachine } from "./presign/index.ts";
export { type SignOutput, type SignSetup, signMachine } from "./sign/index.ts";

export type RefreshSetup = succession.RefreshSetup<KeyShare>;
export type RecoverySetup = succession.RecoverySetup<KeyShare>;
export type ReshareSetup = succession.ReshareSetup<KeyShare>;
export type ExportSetup = succession.ExportSetup<KeyShare>;

/**
 * 3 rounds, no guard turns. `own`: 32 bytes that only this party has, derived from its identity key, the same in every run; without it two machines
 * with one state of their random generators are told apart by their indices alone, and two copies of one party are not. Throws `mpc/bad-setup`.
 */
export const keygenMachine = (setup: dkg.KeygenSetup, own?: Uint8Array): Machine<KeygenOutput> => dkg.keygen(dkls23, suite, setup, own);

/** The machine as it stood after the exchange turn whose `snapshot` this is. Throws `mpc/bad-state`, `mpc/context-mismatch`. */
export const restoreKeygen = (setup: dkg.KeygenSetup, snapshot: Uint8Array): Machine<KeygenOutput> =>
  dkg.restoreKeygen(dkls23, suite, setup, snapshot);

/**
 * 3 rounds. The new share is staged until the commit certificate (section 7); the old one signs until then. `own`: as of a key generation; a dealer
 * needs none. Throws `mpc/bad-setup`, `mpc/bad-share-record`.
 */
export const refreshMachine = (setup: RefreshSetup, own?: Uint8Array): Machine<KeygenOutput> =>
  succession.succession(dkls23, succession.refreshOf(dkls23, setup), own, dkg.withShare);

/** As `restoreKeygen`. */
export const restoreRefresh = (setup: RefreshSetup, snapshot: Uint8Array): Machine<KeygenOutput> =>
  succession.restoreSuccession(dkls23, succession.refreshOf(dkls23, setup), snapshot, dkg.withShare);

/** 3 rounds, as a refresh. `own`: as of a key generation; a dealer needs none. Throws `mpc/bad-setup`, `mpc/bad-share-record`. */
export const recoveryMachine = (setup: RecoverySetup, own?: Uint8Array): Machine<KeygenOutput> =>
  succession.succession(dkls23, succession.recoveryOf(dkls23, setup), own, dkg.withShare);

/** As `restoreKeygen`. */
export const restoreRecovery = (setup: RecoverySetup, snapshot: Uint8Array): Machine<KeygenOutput> =>
  succession.restoreSuccession(dkls23, succession.recoveryOf(dkls23, setup), snapshot, dkg.withShare);

/**
 * 3 rounds. `share` is undefined for a dealer that leaves: it keeps its old one until it holds the commit certificate. `own`: as of a key
 * generation; a dealer needs none. Throws `mpc/bad-setup`, `mpc/bad-share-record`.
 */
export const reshareMachine = (setup: ReshareSetup, own?: Uint8Array): Machine<DkgOutput> =>
  succession.succession(dkls23, succession.reshareOf(dkls23, setup), own, (made) => made);

/** As `restoreKeygen`. */
export const restoreReshare = (setup: ReshareSetup, snapshot: Uint8Array): Machine<DkgOutput> =>
  succession.restoreSuccession(dkls23, succession.reshareOf(dkls23, setup), snapshot, (made) => made);

/**
 * 3 rounds. `secretKey`: be32, of the importer alone; `own`: as of a key generation, of everybody else. The records say `imported`, as
 * those of every later generation. Throws `mpc/bad-setup`, also if the secret key is another key's; its rounds throw what those of a key
 * generation throw, and `mpc/dealer-mismatch` for an importer that deals another key than the intent names.
 */
export const importMachine = (setup: succession.ImportSetup, secretKey?: Uint8Array, own?: Uint8Array): Machine<DkgOutput> =>
  succession.importKey(dkls23, suite, setup, { open: secretKey === undefined ? undefined : () => openSecretKey(secretKey), own });

function openSecretKey(secretKey: Uint8Array): succession.WholeKey {
  const secret = suite.group.scalar(borrowed(32)(secretKey, "secretKey"));
  if (secret === undefined) throw new CovaultError("mpc/bad-setup", "secretKey: it is not below the group order");
  return succession.wholeKey(suite, secret);
}

/** As `restoreKeygen`. The stored round holds what the importer needs. */
export const restoreImport = (setup: succession.ImportSetup, snapshot: Uint8Array): Machine<DkgOutput> =>
  succession.restoreImport(dkls23, suite, setup, snapshot);

/**
 * A holder's consent: its share (be32), for whoever exports, and the record that it stores in place of its own before the share leaves. Pairs take
 * no part, so a share that was restored from a backup is enough. Throws `mpc/bad-setup` without the explicit flag, `mpc/bad-share-record` for a
 * share that is damaged.
 */
export const releaseShare = (share: KeyShare, consent: succession.Consent): succession.Released<KeyShare> =>
  succession.releaseShare(dkls23, share, consent);

/** The secret key, be32. Throws `mpc/bad-setup`, and `mpc/bad-share` naming everybody whose share is not the one of its public share. */
export const exportKey = (setup: ExportSetup): Uint8Array => succession.exportKey(dkls23, setup);

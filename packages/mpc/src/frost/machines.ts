// Every protocol as a machine, in one place: what a driver runs.
import * as dkg from "../dkg/index.ts";
import type { Machine } from "../protocol/index.ts";
import * as succession from "../succession/index.ts";
import { type FrostDkgOutput, type FrostKeygenOutput, type FrostKeyShare, frost } from "./key-share.ts";
import { type FrostSecretKey, openSecretKey } from "./secret-key.ts";
import { type Scheme, suiteOf } from "./suite/index.ts";

export type { KeygenSetup as FrostKeygenSetup, Member } from "../dkg/index.ts";
export type { ImportSetup as FrostImportSetup } from "../succession/index.ts";
export type { FrostDkgOutput, FrostGeneration, FrostKeygenOutput, FrostNewcomer, FrostPredecessor } from "./key-share.ts";
export { type FrostSecretKey, frostPublicKey } from "./secret-key.ts";
export { type FrostSignOutput, type FrostSignSetup, frostSignMachine } from "./sign/index.ts";

export type FrostRefreshSetup = succession.RefreshSetup<FrostKeyShare>;
export type FrostRecoverySetup = succession.RecoverySetup<FrostKeyShare>;
export type FrostReshareSetup = succession.ReshareSetup<FrostKeyShare>;
export type FrostExportSetup = succession.ExportSetup<FrostKeyShare>;

/**
 * 3 rounds, no guard turns. `own`: 32 bytes that only this party has, derived from its identity key, the same in every run; without it two machines
 * with one state of their random generators are told apart by their indices alone, and two copies of one party are not. Throws `mpc/bad-setup`.
 */
export const frostKeygenMachine = (scheme: Scheme, setup: dkg.KeygenSetup, own?: Uint8Array): Machine<FrostKeygenOutput> =>
  dkg.keygen(frost, suiteOf(scheme), setup, own);

/** The machine as it stood after the exchange turn whose `snapshot` this is. Throws `mpc/bad-state`, `mpc/context-mismatch`. */
export const restoreFrostKeygen = (scheme: Scheme, setup: dkg.KeygenSetup, snapshot: Uint8Array): Machine<FrostKeygenOutput> =>
  dkg.restoreKeygen(frost, suiteOf(scheme), setup, snapshot);

/**
 * 3 rounds. The new share is staged until the commit certificate; the old one signs until then. `own`: as of a key generation; a dealer
 * needs none. Throws `mpc/bad-setup`, `mpc/bad-share-record`.
 */
export const frostRefreshMachine = (setup: FrostRefreshSetup, own?: Uint8Array): Machine<FrostKeygenOutput> =>
  succession.succession(frost, succession.refreshOf(frost, setup), own, dkg.withShare);

/** As `restoreFrostKeygen`. */
export const restoreFrostRefresh = (setup: FrostRefreshSetup, snapshot: Uint8Array): Machine<FrostKeygenOutput> =>
  succession.restoreSuccession(frost, succession.refreshOf(frost, setup), snapshot, dkg.withShare);

/** 3 rounds, as a refresh. `own`: as of a key generation; a dealer needs none. Throws `mpc/bad-setup`, `mpc/bad-share-record`. */
export const frostRecoveryMachine = (setup: FrostRecoverySetup, own?: Uint8Array): Machine<FrostKeygenOutput> =>
  succession.succession(frost, succession.recoveryOf(frost, setup), own, dkg.withShare);

/** As `restoreFrostKeygen`. */
export const restoreFrostRecovery = (setup: FrostRecoverySetup, snapshot: Uint8Array): Machine<FrostKeygenOutput> =>
  succession.restoreSuccession(frost, succession.recoveryOf(frost, setup), snapshot, dkg.withShare);

/**
 * 3 rounds. `share` is undefined for a dealer that leaves: it keeps its old one until it holds the commit certificate. `own`: as of a key
 * generation; a dealer needs none. Throws `mpc/bad-setup`, `mpc/bad-share-record`.
 */
export const frostReshareMachine = (setup: FrostReshareSetup, own?: Uint8Array): Machine<FrostDkgOutput> =>
  succession.succession(frost, succession.reshareOf(frost, setup), own, (made) => made);

/** As `restoreFrostKeygen`. */
export const restoreFrostReshare = (setup: FrostReshareSetup, snapshot: Uint8Array): Machine<FrostDkgOutput> =>
  succession.restoreSuccession(frost, succession.reshareOf(frost, setup), snapshot, (made) => made);

/**
 * 3 rounds. What is shared is the secret scalar. Signatures verify under the same public key, but their nonces are FROST's: a signature is another one
 * than the old key would have made, and neither the seed of an Ed25519 key nor the prefix that RFC 8032 derives from it is in any share. `secretKey`: of
 * the importer alone; `own`: as of a key generation, of everybody else. The records say `imported`, as those of every later generation. Throws
 * `mpc/bad-setup`, also if the secret key is another key's; its rounds throw what those of a key generation throw, and `mpc/dealer-mismatch` for an
 * importer that deals another key than the intent names.
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

/** As `restoreFrostKeygen`. The stored round holds what the importer needs. */
export const restoreFrostImport = (scheme: Scheme, setup: succession.ImportSetup, snapshot: Uint8Array): Machine<FrostDkgOutput> =>
  succession.restoreImport(frost, suiteOf(scheme), setup, snapshot);

/**
 * A holder's consent: its share, for whoever exports, and the record that it stores in place of its own before the share leaves. Throws
 * `mpc/bad-setup` without the explicit flag, `mpc/bad-share-record` for a share that is damaged.
 */
export const releaseFrostShare = (share: FrostKeyShare, consent: succession.Consent): succession.Released<FrostKeyShare> =>
  succession.releaseShare(frost, share, consent);

/**
 * The secret scalar, 32 bytes in the byte order of the suite, for `frostImportMachine` or a tool that takes scalars. Ed25519: it is no seed (nobody
 * has one for it), and a tool that clamps it signs for another key. BIP-340: the scalar of the key with even y. Throws `mpc/bad-setup`, and
 * `mpc/bad-share` naming everybody whose share is not the one of its public share.
 */
export const exportFrostKey = (setup: FrostExportSetup): Uint8Array => succession.exportKey(frost, setup);

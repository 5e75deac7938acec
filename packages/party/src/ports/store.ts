// Port: everything that a party remembers. One method is one transaction, which is linearizable
// across all instances of the party, and durable when its promise resolves. The rules [ST..] stand
// in test/store-contract.ts, which runs on every adapter. Secrets arrive here sealed (src/vault).
// The store never sees a plain one. A session of this port is one stored attempt.
import type { BackupStore } from "./backups.ts";
import type { Burn, CheckAnswer, CheckEnd, CheckOutcome, CheckStart } from "./check-notes.ts";
import type { ImportKeys } from "./imports.ts";
import type { LeaseMark, Leases, Tenure } from "./lease.ts";
import type { CommitPairAnswer, NewPair, NewRenewal, PairName, StoredPair, StoredRenewal } from "./pairs.ts";
import type { Releases } from "./releases.ts";

/**
 * What is remembered of an intent until it expires, so that it cannot be replayed (dkls23-spec 0.6,
 * tombstones).
 */
export interface IntentClaim {
  /** The SHA-256 of the intent's exact bytes, 32 bytes. */
  readonly intentId: Uint8Array;
  readonly sessionId: string;
  readonly issuedAtMs: number;
  /**
   * The time after which the record may be pruned: expiry plus skew, when the intent itself is
   * refused.
   */
  readonly forgetAfterMs: number;
  /**
   * The store's counter and identity as the process last saw them. They are 0 and undefined where
   * nobody compares the store with a record outside.
   */
  readonly generation: number;
  readonly identity?: StoreIdentity | undefined;
  /** The number of the attempt, from 1 to `attemptsMax`. */
  readonly attempt: number;
  /** The routing id of the attempt, 32 bytes. */
  readonly rid: Uint8Array;
  readonly attemptsMax: number;
}
/**
 * What the store says to a claim. The last form is the signature that the intent has.
 * - `new`: the attempt may go on.
 * - `known`: this very attempt was claimed before, perhaps by another instance, and nothing is to
 *   be done.
 * - `replayed`: the intent has its result, or this attempt number another rid, or the session
 *   another intent, or all attempts are used.
 * - `restored`: the intent may have been used before this store was restored from a backup.
 * - `behind`: the store is not the one that the process has seen. Nothing was written.
 */
export type IntentAnswer = "new" | "known" | "replayed" | "restored" | "behind" | SignedBefore;
/** The signature that an intent has. It is all that the intent still gives. */
export interface SignedBefore {
  /** The number of the attempt that made it. */
  readonly attempt: number;
  /**
   * The signature as the protocol gives it. It is no secret. It is kept so that a report which got
   * lost can be made again.
   */
  readonly signature: Uint8Array;
}

/** The exact bytes for one receiver (an encoded Envelope), which are never computed twice. */
export interface OutboxEntry {
  /** The share index of the receiver. */
  readonly to: number;
  readonly bytes: Uint8Array;
}
/** An attempt of a stored protocol with its first round. */
export interface NewSession {
  /** The routing id of the attempt, 32 bytes. The session is found by it. */
  readonly rid: Uint8Array;
  readonly sessionId: string;
  readonly intentId: Uint8Array;
  /** What resuming needs and is no secret, in the driver's own encoding. */
  readonly context: Uint8Array;
  /** The state of the round, sealed. */
  readonly state: Uint8Array;
  readonly outbox: readonly OutboxEntry[];
  /** The time at which the attempt is given up for good: the intent's expiry plus skew. */
  readonly expiresAtMs: number;
  /** The pair that the attempt makes anew. Undefined for every run that renews none. */
  readonly renews?: PairName | undefined;
}
/**
 * The fence of a session that was opened. Undefined when its rid is known, or when its intent is
 * abandoned or finished. `exhausted` when it would be one renewal more of its pair than
 * `renewalRunsMax` in this epoch.
 */
export type OpenAnswer = number | "exhausted" | undefined;
export interface RunningSession {
  readonly rid: Uint8Array;
  readonly expiresAtMs: number;
  /** The instance that runs the session, or ran it last. */
  readonly tenure: Tenure;
}
export interface StoredSession {
  readonly rid: Uint8Array;
  readonly sessionId: string;
  readonly intentId: Uint8Array;
  readonly context: Uint8Array;
  readonly expiresAtMs: number;
  /** The last round whose outbox was written, from 1. */
  readonly round: number;
  /** The sealed state after that round. */
  readonly state: Uint8Array;
  /**
   * The number of the claim, which grows with each. A write under an older fence changes nothing.
   */
  readonly fence: number;
}

export type InputsAnswer = "fixed" | "changed" | "lost";

/**
 * Where a share stands. `left` means that there is no share: the epoch is certified, and this
 * party, which had shares of the key, has none of it. A dealer that leaves the key has a row
 * without a secret, which is `staged` until its certificate makes it `left`.
 */
export type ShareStatus = "staged" | "committed" | "superseded" | "left";
export interface NewShare {
  /** The id of the key and the name of its epoch, 32 bytes each. */
  readonly keyId: Uint8Array;
  readonly epoch: Uint8Array;
  /** The order of the key's epochs: 0 for the keygen, then ascending. */
  readonly epochNumber: number;
  readonly scheme: string;
  readonly sessionId: string;
  /**
   * The SHA-256 of that intent's bytes, 32 bytes. A share is found by it, since another intent may
   * have the same session id.
   */
  readonly intentId: Uint8Array;
  /** The public part, in the protocol's own encoding. Empty for a dealer that leaves. */
  readonly record: Uint8Array;
  /** The secret part, sealed. Empty for a dealer that leaves, which gets no share. */
  readonly secret: Uint8Array;
  /**
   * The exact encoded `Signed` intent that made the share. It says the members, the threshold and
   * the initiators.
   */
  readonly intent: Uint8Array;
  /** This party's own acknowledgement, as an exact encoded `Signed`. */
  readonly ack: Uint8Array;
}
export interface StoredShare extends NewShare {
  readonly status: ShareStatus;
}

/** The session at whose end a share is staged. */
export interface StagingSession {
  readonly rid: Uint8Array;
  readonly fence: number;
  /** The number of staged shares of the key at which no further one is staged. Default: none. */
  readonly stagedMax?: number | undefined;
  /** The public key that the import of this session was sealed to. It goes with the staging. */
  readonly importKey?: Uint8Array | undefined;
}

/** A certified epoch of which this party has no share. */
export type LeftEpoch = Pick<NewShare, "keyId" | "epoch" | "epochNumber" | "scheme" | "sessionId" | "intentId" | "intent">;
/**
 * The name of a share. The intent is part of it, because the holders of another intent could have
 * given their epoch the same name.
 */
export type ShareName = Pick<NewShare, "keyId" | "epoch" | "intentId">;
/** A key that is committed here, and the run that made its epoch. */
export type HeldKey = Pick<NewShare, "keyId" | "epoch" | "sessionId" | "intent">;
/**
 * What became of a leaving. `superseded`: a higher epoch of the key is certified here. `unknown`:
 * nothing of the key is here, or a share of this very epoch is. `changed`: the key's last
 * certificate is another one than the chain was judged against, and nothing was written.
 */
export type LeaveAnswer = "left" | "superseded" | "unknown" | "changed";

/**
 * What became of a share whose certificate came. `superseded`: a higher epoch of its key is
 * committed. `unknown`: there is no such share of this intent. `changed` is that of `LeaveAnswer`.
 */
export type CommitAnswer = "committed" | "superseded" | "left" | "unknown" | "changed";

/**
 * Which store this is, by facts that a restore changes although the contents are the same. The
 * adapter chooses the names and values. A copy of the store's contents has another identity. A
 * process or a connection that comes or goes changes nothing of it.
 */
export type StoreIdentity = Readonly<Record<string, string>>;
export interface StoreStanding {
  /** The counter that is compared with the record outside (ports/generation.ts), 0 at first. */
  readonly generation: number;
  /** How often the store has been marked as restored. */
  readonly marks: number;
  readonly identity: StoreIdentity;
}
export interface RestoreMark {
  /** The counter of the store that was looked at. */
  readonly seen: number;
  /** The counter from now on. */
  readonly generation: number;
  /** The time up to which issued intents are refused, because they may have been used before. */
  readonly refuseUpToMs: number;
}

/**
 * Everything that a party remembers. A method rejects when the store does not answer. It may have
 * done its work all the same, and the caller asks again.
 */
export interface Store extends Leases, BackupStore, Releases, ImportKeys {
  /** Claims one attempt of an intent. */
  claimIntent(claim: IntentClaim): Promise<IntentAnswer>;
  /** Gives what `claimIntent` would answer now. Nothing is written. */
  peekIntent(claim: IntentClaim): Promise<IntentAnswer>;
  /** Notes that the intent has its result, so that no further attempt is claimed. */
  finishIntent(intentId: Uint8Array, signed: SignedBefore): Promise<void>;

  /**
   * Inserts a session with its first round, and gives its fence. One that renews a pair is counted
   * for the pair and the epoch for good. Otherwise nothing is written.
   */
  openSession(session: NewSession, tenure: Tenure): Promise<OpenAnswer>;
  /**
   * Takes a running session over, under a new fence. It may be the claimer's own, one whose
   * instance has lost its lease, or one whose instance has not renewed its lease since `seen`.
   * Gives undefined for every other session.
   */
  claimSession(rid: Uint8Array, tenure: Tenure, seen?: LeaseMark): Promise<StoredSession | undefined>;
  /**
   * Writes the state and the outbox of `round`, which is exactly one more than the stored one.
   * Gives false when nothing was written.
   */
  saveRound(rid: Uint8Array, fence: number, round: number, state: Uint8Array, outbox: readonly OutboxEntry[]): Promise<boolean>;
  /**
   * Fixes what the stored `round` is answered with: `inputs`, a digest of all its messages, stays
   * with it.
   * - `fixed`: the digest is the first one, or the same as before.
   * - `changed`: another digest stands there.
   * - `lost`: the fence is old, the session is over, or its round is another. Nothing was written.
   */
  fixInputs(rid: Uint8Array, fence: number, round: number, inputs: Uint8Array): Promise<InputsAnswer>;
  /**
   * Ends a running session without a result. Its state and outbox are erased, and the rid stays
   * known. Gives false when the fence is old or the session is over.
   */
  abortSession(rid: Uint8Array, fence: number): Promise<boolean>;
  /**
   * Gives the exact bytes that were stored for `to` in `round`. They are there until the share of
   * the session is committed or abandoned, also when the session is finished.
   */
  outbox(rid: Uint8Array, round: number, to: number): Promise<Uint8Array | undefined>;
  /** Gives the running sessions of all instances. */
  runningSessions(): Promise<readonly RunningSession[]>;

  /**
   * The end of a stored protocol: inserts the share as `staged` with its pairs, which are of
   * generation 0, ends the session
   * (its state is erased, its outbox kept), erases the import key that it names, and finishes the
   * intent. The row of a dealer that leaves
   * has no secret, and `pairs` is undefined: this party's acknowledgement is durable by it.
   * Gives false, and nothing is written, when the fence is old, when the session is over, of
   * another intent, or abandoned, when (key, epoch) is there already, or when another attempt of
   * the same intent has staged a share.
   * Gives false, and the session is over, when the epoch number is not above every one that this
   * store has a share or an epoch of the key with (dkls23-spec 7, rule 2), or when as many shares
   * of the key are staged as `stagedMax` says (rule 7).
   */
  stageShare(share: NewShare, pairs: readonly NewPair[] | undefined, session: StagingSession): Promise<boolean>;
  /**
   * Commits a share whose certificate is there: `staged` becomes `committed`, or `left` when it has
   * no secret, unless a higher epoch of the key is certified (by number, then by the epoch's
   * bytes). Whatever is lower than the highest committed epoch becomes `superseded`, staged shares
   * too. It loses its secret (emptied), its pairs of all generations (their burns stay) and the
   * outboxes of its session. A key that is left loses its backups. Higher shares that are staged
   * stay. `certificates` is the key's chain up to this epoch, as exact encoded `Certificate`s, the
   * founding one first. It is kept as the key's when the share commits or is left. The share is the
   * one of this intent, or none. A share that was committed or superseded before stays as it is,
   * and so does the chain.
   *
   * `judged` is the last certificate of the chain that `certificates` were compared with, and
   * undefined where none was here. It is compared in the transaction, so that of two chains that
   * come at once the second one is judged against the first.
   */
  commitShare(share: ShareName, certificates: readonly Uint8Array[], judged?: Uint8Array): Promise<CommitAnswer>;
  /**
   * Notes an epoch whose certificate is there and of which this party has no share (dkls23-spec 7,
   * rule 4). Unless a higher epoch is certified here, everything lower becomes `superseded` as in
   * `commitShare`, the chain is kept as the key's, its backups are deleted, and a record without
   * any secret says that the epoch was `left`. `judged` is that of `commitShare`.
   */
  leaveEpoch(left: LeftEpoch, certificates: readonly Uint8Array[], judged?: Uint8Array): Promise<LeaveAnswer>;
  /**
   * Keeps a share of a certified epoch that others have made again for this party (dkls23-spec
   * 7.2): it is `committed`, and takes the place of a row of this epoch and intent that is
   * `committed` and does not open, or `left`. It has no pairs, so that whatever pairs of the epoch
   * are here lose their state. Everything lower becomes `superseded` as in `commitShare`, and the
   * chain is kept as the key's. A second call gives the same.
   * Gives false, and nothing is written, when a higher epoch of the key is certified here, when the
   * row of this epoch is `staged` or another intent's, when the intent made another epoch here, and
   * when the key's chain ends neither with `judged`, as in `commitShare`, nor as `certificates` do.
   */
  keepRepaired(share: NewShare, certificates: readonly Uint8Array[], judged?: Uint8Array): Promise<boolean>;
  /**
   * Gives the key's chain as it was committed or left, up to its highest epoch. An empty list means
   * that none is certified here.
   */
  certificates(keyId: Uint8Array): Promise<readonly Uint8Array[]>;
  /** Gives the last certificate of the key's chain, and undefined when none is certified here. */
  lastCertificate(keyId: Uint8Array): Promise<Uint8Array | undefined>;
  /**
   * Notes that an intent will never commit. Deletes its staged share, pairs, states and outboxes,
   * and refuses to stage it later. Gives false when it is committed already, and then nothing was
   * changed.
   */
  abandonIntent(intentId: Uint8Array): Promise<boolean>;
  /** Gives the share of an epoch, whatever its status, and undefined when there is none. */
  share(keyId: Uint8Array, epoch: Uint8Array): Promise<StoredShare | undefined>;
  /**
   * Gives the key's committed share of the highest epoch: by epoch number, then by the epoch's 32
   * bytes (dkls23-spec 7).
   */
  committedShare(keyId: Uint8Array): Promise<StoredShare | undefined>;
  /** Gives the share that the run of this intent has made, and undefined when there is none. */
  shareOfIntent(intentId: Uint8Array): Promise<StoredShare | undefined>;
  /** Gives the shares of every intent with this session id, which is mostly one. */
  sharesOfSession(sessionId: string): Promise<readonly StoredShare[]>;
  /** Gives up to `max` keys with a committed share, ascending by id, from the one after `after`. */
  heldKeys(after: Uint8Array, max: number): Promise<readonly HeldKey[]>;
  /** Gives the shares that are staged, of this key or of all. */
  stagedShares(keyId?: Uint8Array): Promise<readonly StoredShare[]>;

  /**
   * Gives the pairs of an epoch, ascending by partner, each in the highest generation that is known
   * here. There is none of a superseded epoch. A share that came back from a repair has none
   * either.
   */
  pairs(keyId: Uint8Array, epoch: Uint8Array): Promise<readonly StoredPair[]>;
  /**
   * The end of a renewal (dkls23-spec 7.1, "Stored"): inserts the pair as `staged` with this
   * party's acknowledgement, erases the states of all lower generations, ends the session (its
   * state is erased, its outbox kept) and finishes the intent. Gives false, and nothing is written,
   * when the fence is old, when the session is over or of another intent, or when another attempt
   * of the same intent has staged a pair. Gives false, and the session is over, when the generation
   * is not above every one that this store knows of the pair, when a failed check has burned the
   * present one and nobody has cleared it (`mayReplace`), or when the epoch is not the committed
   * one any more.
   */
  stagePair(renewal: NewRenewal, session: { readonly rid: Uint8Array; readonly fence: number }): Promise<boolean>;
  /**
   * Makes a pair usable whose certificate is there, and keeps the certificate, an exact encoded
   * `PairCertificate`. The outbox of its session is erased. A second call changes nothing and gives
   * the same.
   */
  commitPair(intentId: Uint8Array, certificate: Uint8Array): Promise<CommitPairAnswer>;
  /** Gives what the renewal of this intent has made, and undefined when there is nothing. */
  renewalOfIntent(intentId: Uint8Array): Promise<StoredRenewal | undefined>;
  /** Gives the renewals that are staged, without those that a higher generation has passed by. */
  stagedPairs(): Promise<readonly StoredRenewal[]>;
  /** Gives the number of renewals of a pair that this party has begun in its epoch. */
  renewalRuns(pair: PairName): Promise<number>;
  /**
   * Notes that the operator of this party has cleared the pair, so that it may be renewed. Gives
   * false, and nothing is written, when the pair id is not the present one, or when no failed check
   * has burned it. The failures of lower generations that came after they were replaced are cleared
   * with it.
   */
  clearPair(pair: PairName, pairId: Uint8Array): Promise<boolean>;

  /**
   * Inserts burns. A pair id keeps its first reason, but a failed check is written also where
   * strikes have burned it before, and counts from then on.
   */
  burn(epoch: Uint8Array, burns: readonly Burn[]): Promise<void>;
  /**
   * The write-ahead of the OT-extension check, in one transaction. Burns the pairs that have
   * `strikesMax` strikes, then notes "checking" for all pairs, unless one of them is burned, is not
   * the present one here, or stands against it (`judgeNotes`). When the same instance asks again
   * for the same sid, nothing is noted twice.
   */
  beginCheck(check: CheckStart): Promise<CheckAnswer>;
  /**
   * Ends a check in one transaction: writes the burns, clears the notes of `cleared` and of the
   * burned, and makes those of `struck` strikes. A second call gives the same.
   */
  endCheck(end: CheckEnd): Promise<CheckOutcome>;

  /** Gives everything that tells this store from a restored one, as of one moment. */
  standing(): Promise<StoreStanding>;
  /**
   * Moves the counter from exactly `from` to one more. Gives false when the counter stands
   * elsewhere, and then nothing was changed.
   */
  moveGeneration(from: number): Promise<boolean>;
  /**
   * Marks this store as one that came from a backup: aborts running sessions, erases the states of
   * all pairs and the keys of imports, and refuses what `mark` says. Shares, burns, clearances, the
   * counts of renewals, and what is public about pairs stay. Sessions and pairs that a restore
   * which is still under way adds later count for nothing. Gives false when the counter is not
   * `seen`, and then nothing was changed.
   */
  markRestored(mark: RestoreMark): Promise<boolean>;
  /**
   * Forgets intents after `forgetAfterMs`, and sessions that are over and whose expiry has passed
   * (their rid is dead with the intent). Shares, burns and that a key was exported are never
   * forgotten.
   */
  prune(nowMs: number): Promise<void>;
}

// Port: everything a party remembers. One method is one transaction, linearizable across all instances of the party, and
// durable when its promise resolves. Rules [ST..] stand in test/store-contract.ts, which runs on every adapter. Secrets
// arrive here sealed (src/vault); the store never sees a plain one.
import type { Burn, CheckAnswer, CheckEnd, CheckOutcome, CheckStart } from "./check-notes.ts";
import type { LeaseMark, Leases, Tenure } from "./lease.ts";

/** What is remembered of an intent until it expires (replay: dkls23-spec 0.6, tombstones). */
export interface IntentClaim {
  /** SHA-256 of the intent's exact bytes, 32 bytes. */
  readonly intentId: Uint8Array;
  readonly sessionId: string;
  readonly issuedAtMs: number;
  /** After this the record may be pruned: the intent itself is refused by then (expiry + skew). */
  readonly forgetAfterMs: number;
  /** The store's counter and identity as the process last saw them; 0 and undefined where nobody looks. */
  readonly generation: number;
  readonly identity?: StoreIdentity | undefined;
  /** 1..attemptsMax. */
  readonly attempt: number;
  /** Routing id of the attempt, 32 bytes. */
  readonly rid: Uint8Array;
  readonly attemptsMax: number;
}
/**
 * `new`: go on. `known`: this very attempt was claimed before, perhaps by another instance: do nothing.
 * `replayed`: the intent has its result, or this attempt number another rid, or the session another intent, or all attempts
 * are used. `restored`: it may have been used before this store was restored from a backup. `behind`: the store is not the one that the
 * process has seen; nothing was written.
 */
export type IntentAnswer = "new" | "known" | "replayed" | "restored" | "behind" | SignedBefore;
/** The intent has this signature: it is all that the intent still gives. */
export interface SignedBefore {
  /** In which attempt. */
  readonly attempt: number;
  /** As the protocol gives it. No secret: kept so that a report which got lost can be made again. */
  readonly signature: Uint8Array;
}

/** Exact bytes for one receiver (an encoded Envelope), never computed twice. */
export interface OutboxEntry {
  /** Share index of the receiver. */
  readonly to: number;
  readonly bytes: Uint8Array;
}
/** A stored protocol's attempt with its first round. */
export interface NewSession {
  /** Key of the session, 32 bytes. */
  readonly rid: Uint8Array;
  readonly sessionId: string;
  readonly intentId: Uint8Array;
  /** What resuming needs and is no secret: the driver's own encoding. */
  readonly context: Uint8Array;
  /** Round state, sealed. */
  readonly state: Uint8Array;
  readonly outbox: readonly OutboxEntry[];
  /** When the attempt is given up for good: the intent's expiry plus skew. */
  readonly expiresAtMs: number;
}
export interface RunningSession {
  readonly rid: Uint8Array;
  readonly expiresAtMs: number;
  /** The instance that runs it, or ran it last. */
  readonly tenure: Tenure;
}
export interface StoredSession {
  readonly rid: Uint8Array;
  readonly sessionId: string;
  readonly intentId: Uint8Array;
  readonly context: Uint8Array;
  readonly expiresAtMs: number;
  /** Last round whose outbox was written, from 1. */
  readonly round: number;
  /** Sealed state after that round. */
  readonly state: Uint8Array;
  /** Grows with every claim: a write under an older fence changes nothing. */
  readonly fence: number;
}

export type InputsAnswer = "fixed" | "changed" | "lost";

/** `left`: no share. The epoch is certified, and this party, which had shares of the key, has none of it. */
export type ShareStatus = "staged" | "committed" | "superseded" | "left";
export interface NewShare {
  /** 32 bytes each. */
  readonly keyId: Uint8Array;
  readonly epoch: Uint8Array;
  /** 0 for keygen, then ascending: the order of a key's epochs. */
  readonly epochNumber: number;
  readonly scheme: string;
  readonly sessionId: string;
  /** SHA-256 of that intent's bytes, 32 bytes: what a share is found by. Another intent may have the same session id. */
  readonly intentId: Uint8Array;
  /** The public part, the protocol's own encoding. */
  readonly record: Uint8Array;
  /** The secret part, sealed. */
  readonly secret: Uint8Array;
  /** Exact encoded `Signed` intent that made it: members, threshold, initiators. */
  readonly intent: Uint8Array;
  /** This party's own exact encoded `Signed` ack. */
  readonly ack: Uint8Array;
}
export interface StoredShare extends NewShare {
  readonly status: ShareStatus;
}

/** A certified epoch of which this party has no share. */
export type LeftEpoch = Pick<NewShare, "keyId" | "epoch" | "epochNumber" | "scheme" | "sessionId" | "intentId" | "intent">;
/** Which share: the holders of another intent could have given their epoch the same name. */
export type ShareName = Pick<NewShare, "keyId" | "epoch" | "intentId">;
/** A key that is committed here, and by which run. */
export type HeldKey = Pick<NewShare, "keyId" | "epoch" | "sessionId" | "intent">;
/** `superseded`: a higher epoch of the key is certified here. `unknown`: nothing of the key is here, or a share of this very epoch. */
export type LeaveAnswer = "left" | "superseded" | "unknown";

/** What became of a share whose certificate came. `superseded`: a higher epoch of its key is committed. `unknown`: there is no such share of this intent. */
export type CommitAnswer = "committed" | "superseded" | "left" | "unknown";

/**
 * Which store this is, by facts that a restore changes although the contents are the same: names and values of the adapter's own choice.
 * A copy of the store's contents has another identity; a process that comes or goes, or a connection, changes nothing of it.
 */
export type StoreIdentity = Readonly<Record<string, string>>;
export interface StoreStanding {
  /** The counter that is compared with the record outside (ports/generation.ts). 0 at first. */
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
  /** Intents issued up to this moment are refused: they may have been used before. */
  readonly refuseUpToMs: number;
}

export interface Store extends Leases {
  /** Claims one attempt of an intent. */
  claimIntent(claim: IntentClaim): Promise<IntentAnswer>;
  /** What `claimIntent` would answer now. Nothing is written. */
  peekIntent(claim: IntentClaim): Promise<IntentAnswer>;
  /** The intent has its result: no further attempt. */
  finishIntent(intentId: Uint8Array, signed: SignedBefore): Promise<void>;

  /** Inserts a session with its first round, or gives undefined when the rid is known, or its intent abandoned or finished. The fence otherwise. */
  openSession(session: NewSession, tenure: Tenure): Promise<number | undefined>;
  /**
   * Takes a running session over, with a new fence: the claimer's own, one whose instance has lost its lease, or one whose instance has not
   * renewed its lease since `seen`.
   */
  claimSession(rid: Uint8Array, tenure: Tenure, seen?: LeaseMark): Promise<StoredSession | undefined>;
  /** Round `round` (exactly one more than stored): state and outbox. False: nothing was written. */
  saveRound(rid: Uint8Array, fence: number, round: number, state: Uint8Array, outbox: readonly OutboxEntry[]): Promise<boolean>;
  /**
   * What the stored round `round` is answered with: `inputs`, a digest of all its messages, stays with it. `fixed`: it was the first, or the same as before.
   * `changed`: another one stands there. `lost`: the fence is old, the session over, or its round another; nothing was written.
   */
  fixInputs(rid: Uint8Array, fence: number, round: number, inputs: Uint8Array): Promise<InputsAnswer>;
  /** Ends a running session without a result: state and outbox are erased, the rid stays known. False: the fence is old or it is over. */
  abortSession(rid: Uint8Array, fence: number): Promise<boolean>;
  /** The exact bytes once stored for `to` in `round`; also of a finished session until its share is committed or abandoned. */
  outbox(rid: Uint8Array, round: number, to: number): Promise<Uint8Array | undefined>;
  /** Running sessions of all instances. */
  runningSessions(): Promise<readonly RunningSession[]>;

  /**
   * The end of a stored protocol: inserts the share as `staged` with its pairs, ends the session (state erased, outbox kept) and
   * finishes the intent. False, and nothing is written: old fence, session over, of another intent, or abandoned, (key, epoch) already there, or
   * another attempt of the same intent has staged a share. False, and the session is over: the epoch number is not above every one that this
   * store has a share or an epoch of the key with (dkls23-spec 7, rule 2).
   */
  stageShare(share: NewShare, pairs: Uint8Array, session: { readonly rid: Uint8Array; readonly fence: number }): Promise<boolean>;
  /**
   * The certificate is there: `staged` becomes `committed`, unless a higher epoch of the key is (by number, then by the epoch's bytes). Whatever
   * is lower than the highest committed epoch, staged ones too, becomes `superseded`: it loses its secret (emptied), its pairs and the outboxes of its
   * session. Higher ones that are staged stay. `certificates`: the key's chain up to this epoch, exact encoded `Certificate`s, the founding one
   * first: kept as the key's when it commits. The share is the one of this intent, or none. A share that was committed or superseded before stays as it is, and so does the chain.
   */
  commitShare(share: ShareName, certificates: readonly Uint8Array[]): Promise<CommitAnswer>;
  /**
   * The certificate of an epoch of which this party has no share is there (dkls23-spec 7, rule 4): unless a higher epoch is certified here, everything
   * lower becomes `superseded` as in `commitShare`, the chain is the key's, and a record without any secret says that the epoch was `left`.
   */
  leaveEpoch(left: LeftEpoch, certificates: readonly Uint8Array[]): Promise<LeaveAnswer>;
  /** The key's chain as it was committed or left, up to its highest epoch; empty: none is certified here. */
  certificates(keyId: Uint8Array): Promise<readonly Uint8Array[]>;
  /** The last of them. */
  lastCertificate(keyId: Uint8Array): Promise<Uint8Array | undefined>;
  /** "This intent will never commit": deletes its staged share, pairs, states and outboxes, and refuses to stage it later. False: committed already, nothing changed. */
  abandonIntent(intentId: Uint8Array): Promise<boolean>;
  share(keyId: Uint8Array, epoch: Uint8Array): Promise<StoredShare | undefined>;
  /** The key's committed share of the highest epoch: by epoch number, then by the epoch's 32 bytes (dkls23-spec 7). */
  committedShare(keyId: Uint8Array): Promise<StoredShare | undefined>;
  shareOfIntent(intentId: Uint8Array): Promise<StoredShare | undefined>;
  /** Those of every intent with this session id: mostly one. */
  sharesOfSession(sessionId: string): Promise<readonly StoredShare[]>;
  /** Up to `max` keys with a committed share, ascending by id, from the one after `after`. */
  heldKeys(after: Uint8Array, max: number): Promise<readonly HeldKey[]>;
  stagedShares(): Promise<readonly StoredShare[]>;
  /** Sealed OT state; undefined when there is none (restored store, superseded). Lives apart from the share and is left out of backups. */
  pairs(keyId: Uint8Array, epoch: Uint8Array): Promise<Uint8Array | undefined>;

  /** Insert-only; a pair that is burned already keeps its first reason. */
  burn(epoch: Uint8Array, burns: readonly Burn[]): Promise<void>;
  /** Burned partners of an epoch, ascending. */
  burned(epoch: Uint8Array): Promise<readonly number[]>;
  /**
   * Write-ahead of the OT-extension check, one transaction: burns pairs with `strikesMax` strikes, then notes "checking" for all
   * partners, unless one of them stands against it (`judgeNotes`). Asked again by the same instance for the same sid, it notes nothing twice.
   */
  beginCheck(check: CheckStart): Promise<CheckAnswer>;
  /** One transaction: burns, clears the notes of `cleared` and of the burned, and makes those of `struck` strikes. Once more, it gives the same. */
  endCheck(end: CheckEnd): Promise<CheckOutcome>;
  /** Strikes by partner (those with any): notes whose instance has lost its lease, never by their age. */
  strikes(epoch: Uint8Array): Promise<ReadonlyMap<number, number>>;

  /** Everything that tells this store from a restored one, as of one moment. */
  standing(): Promise<StoreStanding>;
  /** From exactly `from` to one more. False: the counter stands elsewhere, nothing was changed. */
  moveGeneration(from: number): Promise<boolean>;
  /**
   * This store came from a backup: aborts running sessions, erases all pairs, and refuses what `mark` says. Shares and burns stay. Sessions
   * and pairs that a restore still under way adds later count for nothing. False: the counter is not `seen`, nothing was changed.
   */
  markRestored(mark: RestoreMark): Promise<boolean>;
  /** Forgets intents after `forgetAfterMs`, and sessions over whose expiry has passed (their rid is dead with the intent); never shares or burns. */
  prune(nowMs: number): Promise<void>;
}

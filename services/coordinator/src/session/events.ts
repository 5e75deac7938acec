// The events of a session's stream. They are append-only and kept forever. A type or a field may be
// added, and none is ever changed. Bytes are base64 (statements) or hex (ids, signatures). No field
// may ever hold a secret.
import type { KeyTerms, Plan, Seat } from "./plan.ts";

/** Two share indices, the lower first. */
export type Pair = readonly [number, number];

/**
 * A pair that does not sign, by the code with which a party said so. `pairId` is the id of the
 * renewed pair (hex) that it was said of. It is empty for the pair that was made with the epoch.
 */
export interface Burn {
  readonly pair: Pair;
  readonly pairId: string;
  readonly code: string;
}

/** The newest pair of two share indices that is certified, with its id in hex. */
export interface NamedPair {
  readonly pair: Pair;
  readonly pairId: string;
}

/**
 * A pair that was made anew and is certified (dkls23-spec 7.1). Ids are hex. `certificate` is an
 * encoded PairCertificate.
 */
export interface CommittedPair extends NamedPair {
  readonly certificate: string;
  readonly keyId: string;
  readonly epoch: string;
  readonly generation: number;
}

/** The member that said it, and the attempt. */
interface Said {
  readonly attempt: number;
  readonly partyId: string;
  readonly shareIndex: number;
}

/**
 * An epoch that is certified. Ids and key are hex. `certificate` is an encoded Certificate.
 * `oldEpoch` is null for the epoch that founds a key.
 */
export interface CommittedEpoch {
  readonly certificate: string;
  readonly keyId: string;
  readonly epoch: string;
  readonly epochNumber: number;
  readonly oldEpoch: string | null;
  readonly publicKey: string;
}

export interface EventData {
  /** A caller aborted the session before it was opened. It is the first event of the stream. */
  AbortAsked: { readonly sessionId: string };
  /** `intent` is the encoded Signed statement. */
  SessionOpened: { readonly plan: Plan; readonly intent: string };
  /**
   * `rid` is 32 random bytes, hex. `members` ascend by share index. `pairs` are the renewed pairs
   * of the key's epoch that are certified by then. Absent means none.
   */
  AttemptStarted: {
    readonly attempt: number;
    readonly rid: string;
    readonly members: readonly Seat[];
    readonly pairs?: readonly NamedPair[];
  };
  /**
   * `join` is the encoded Signed statement. `fresh` is the contribution and the X25519 key, hex,
   * which are equal for a member that resumes.
   */
  Joined: Said & { readonly instanceId: string; readonly join: string; readonly fresh: string };
  /**
   * A member of a stored protocol goes on in another instance, with the join that it made before.
   */
  Moved: Said & { readonly instanceId: string };
  /**
   * `final` says that asking again is of no use. `pairIds` are those of the burned pairs, as in
   * `Burn`. Absent means that all of them were made with the epoch.
   */
  Declined: Said & {
    readonly code: string;
    readonly message: string;
    readonly burned: readonly Pair[];
    readonly pairIds?: readonly string[];
    /**
     * The pairs that the party lacks although they are certified. It may not have heard of the
     * certificate yet. Absent means none.
     */
    readonly unheard?: readonly NamedPair[];
    readonly final: boolean;
  };
  AttemptReady: { readonly attempt: number };
  Progressed: Said & { readonly round: number };
  /**
   * The share indices whose messages of `round` the member has waited for and does not have. The
   * member has signed it.
   */
  Waited: Said & { readonly round: number; readonly missing: readonly number[] };
  Aborted: Said & {
    readonly round: number;
    readonly code: string;
    readonly culprits: readonly number[];
    readonly consequence: "retry" | "burn";
    readonly burned: readonly Pair[];
    /** As in Declined. */
    readonly pairIds?: readonly string[];
  };
  /** The reported signature did not verify. */
  ResultRefused: Said;
  /**
   * `material` is the digest of what the acknowledgement vouches for. It is equal in all
   * acknowledgements of one certificate. `ack` is an encoded Signed.
   */
  Acknowledged: { readonly partyId: string; readonly shareIndex: number; readonly material: string; readonly ack: string };
  /** The certificate is verified, and continues the key's chain. */
  Committed: CommittedEpoch;
  /** The pair certificate is verified. */
  PairCommitted: CommittedPair;
  /** `holding` is the encoded Signed word of the receiver that it has its share again. */
  Repaired: { readonly holding: string };
  /** A signature is made as soon as these pairs are made anew. */
  PairsWanted: { readonly pairs: readonly Pair[] };
  /**
   * A higher epoch of the key is certified than `former` (hex), the one that the session was
   * planned for. Its next attempt is of the higher epoch.
   */
  KeyAdvanced: KeyTerms & { readonly former: string };
  /** `signature` is hex and verified. Only a session that signs has one. */
  Completed: { readonly attempt: number; readonly signature?: string };
  /**
   * `silent` are the members from which the coordinator itself heard nothing. `disputes` are pairs
   * of which one member holds something against the other: a message that did not come, or a check
   * that failed. Either of the two may lie. The next attempt starts no sooner than `retryAtMs`.
   */
  AttemptFailed: {
    readonly attempt: number;
    readonly code: string;
    readonly silent: readonly string[];
    readonly disputes: readonly Pair[];
    readonly retryAtMs: number;
  };
  /**
   * The attempt of a further epoch is over, and some members have acknowledged. `parties` are
   * members that this coordinator itself does not see.
   */
  Staged: { readonly code: string; readonly message: string; readonly parties: readonly string[] };
  SessionFailed: { readonly code: string; readonly message: string; readonly parties: readonly string[] };
  /** `abandonment` is the encoded Signed statement of the initiator. */
  Abandoned: { readonly abandonment: string };
}

export type EventType = keyof EventData;
export type SessionEvent = { readonly [T in EventType]: { readonly type: T; readonly data: EventData[T] } }[EventType];
/** An event with its time, in milliseconds since 1970. */
export type TimedEvent = SessionEvent & { readonly atMs: number };
/** An event as it is stored. `seq` counts from 1 in its stream. */
export type StoredEvent = TimedEvent & { readonly seq: number };

/** Gives the pair of two share indices. */
export function pairOf(a: number, b: number): Pair {
  return a < b ? [a, b] : [b, a];
}

export function pairKey(pair: Pair): string {
  return `${pair[0]}-${pair[1]}`;
}

// The events of a session's stream. Append-only and kept forever: a type or a field may be added, never changed.
// Bytes are base64 (statements) or hex (ids, signatures); no field may ever hold a secret.
import type { KeyTerms, Plan, Seat } from "./plan.ts";

/** Two share indices, the lower first. */
export type Pair = readonly [number, number];

/** Who said it, in which attempt. */
interface Said {
  readonly attempt: number;
  readonly partyId: string;
  readonly shareIndex: number;
}

/** Ids and key in hex. `certificate`: encoded Certificate. `oldEpoch`: null for the epoch that founds a key. */
export interface CommittedEpoch {
  readonly certificate: string;
  readonly keyId: string;
  readonly epoch: string;
  readonly epochNumber: number;
  readonly oldEpoch: string | null;
  readonly publicKey: string;
}

export interface EventData {
  /** `intent`: the encoded Signed statement. */
  SessionOpened: { readonly plan: Plan; readonly intent: string };
  /** `rid`: 32 random bytes, hex. `members`: ascending share index. */
  AttemptStarted: { readonly attempt: number; readonly rid: string; readonly members: readonly Seat[] };
  /** `join`: the encoded Signed statement. `fresh`: contribution and X25519 key, hex: equal for a member that resumes. */
  Joined: Said & { readonly instanceId: string; readonly join: string; readonly fresh: string };
  /** A member of a stored protocol goes on in another instance, with the join that it made before. */
  Moved: Said & { readonly instanceId: string };
  /** `final`: asking again is of no use. */
  Declined: Said & { readonly code: string; readonly message: string; readonly burned: readonly Pair[]; readonly final: boolean };
  AttemptReady: { readonly attempt: number };
  Progressed: Said & { readonly round: number };
  /** Signed by the member: share indices whose messages of `round` it has waited for and does not have. */
  Waited: Said & { readonly round: number; readonly missing: readonly number[] };
  Aborted: Said & {
    readonly round: number;
    readonly code: string;
    readonly culprits: readonly number[];
    readonly consequence: "retry" | "burn";
    readonly burned: readonly Pair[];
  };
  /** The reported signature did not verify. */
  ResultRefused: Said;
  /** `material`: digest of what the acknowledgement vouches for; equal in all acknowledgements of one certificate. `ack`: encoded Signed. */
  Acknowledged: { readonly partyId: string; readonly shareIndex: number; readonly material: string; readonly ack: string };
  /** Verified, and found to continue the key's chain. */
  Committed: CommittedEpoch;
  /** A higher epoch of the key is certified than the session was planned for, `former` (hex): its next attempt is of that. */
  KeyAdvanced: KeyTerms & { readonly former: string };
  /** `signature`: hex, verified; only for sign. */
  Completed: { readonly attempt: number; readonly signature?: string };
  /**
   * `silent`: members of whom the coordinator itself heard nothing. `disputes`: pairs of which one holds something against the other, a
   * message that did not come or a check that failed; either of the two may lie. The next attempt starts no sooner than `retryAtMs`.
   */
  AttemptFailed: {
    readonly attempt: number;
    readonly code: string;
    readonly silent: readonly string[];
    readonly disputes: readonly Pair[];
    readonly retryAtMs: number;
  };
  SessionFailed: { readonly code: string; readonly message: string; readonly parties: readonly string[] };
  /** `abandonment`: encoded Signed statement of the initiator. */
  Abandoned: { readonly abandonment: string };
}

export type EventType = keyof EventData;
export type SessionEvent = { readonly [T in EventType]: { readonly type: T; readonly data: EventData[T] } }[EventType];
/** An event with its time, milliseconds since 1970. */
export type TimedEvent = SessionEvent & { readonly atMs: number };
/** An event as stored: `seq` counts from 1 in its stream. */
export type StoredEvent = TimedEvent & { readonly seq: number };

/** The pair of two share indices. */
export function pairOf(a: number, b: number): Pair {
  return a < b ? [a, b] : [b, a];
}

export function pairKey(pair: Pair): string {
  return `${pair[0]}-${pair[1]}`;
}

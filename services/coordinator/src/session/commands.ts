// What can be asked of a session. Clock, randomness, presence and burns come in with the command,
// because `decide` has none of its own. Signatures, tokens and certificates were verified before a
// command was made of them.
import type { Burn, CommittedEpoch, CommittedPair, NamedPair } from "./events.ts";
import type { KeyTerms, Plan } from "./plan.ts";

/** A connected instance of a party. `load` is the number of sessions that it runs. */
interface Present {
  readonly partyId: string;
  readonly instanceId: string;
  readonly load: number;
}

/**
 * The bounds of a session. All but `attemptsMax`, `renewalsMax`, `ofCommitMax`, `graceMs`,
 * `storedGoneMs` and `absentMs` are for up to three members, and grow with more (attempts.ts).
 */
export interface Limits {
  readonly attemptsMax: number;
  /** The same for a renewal: a pair has 16 runs in an epoch, failed ones too (dkls23-spec 9). */
  readonly renewalsMax: number;
  /**
   * How many attempts that end for a commit are not counted. Parties take as many more. Whoever
   * lies about commits gets no more than these.
   */
  readonly ofCommitMax: number;
  /** How long absent parties are waited for. */
  readonly graceMs: number;
  /** How long members may take to join, after the last one did. */
  readonly joinMs: number;
  /** An attempt that is under way dies when its last applied message is older than this. */
  readonly signProgressMs: number;
  /**
   * A signing attempt dies at this age, whatever its progress, because reports of progress are only
   * words.
   */
  readonly signAttemptMs: number;
  readonly storedProgressMs: number;
  /**
   * The same bound while a member that it still needs is not connected. It is the time to restart,
   * and no longer.
   */
  readonly storedGoneMs: number;
  /**
   * A party that has not been seen for so long is not connected. A party whose router died connects
   * to another one sooner.
   */
  readonly absentMs: number;
  /** An attempt of a stored protocol dies at this age, whatever its progress. */
  readonly storedAttemptMs: number;
}

export const defaultLimits: Limits = {
  attemptsMax: 8,
  renewalsMax: 3,
  ofCommitMax: 8,
  graceMs: 5_000,
  joinMs: 5_000,
  signProgressMs: 5_000,
  signAttemptMs: 12_000,
  storedProgressMs: 20_000,
  storedGoneMs: 7_000,
  absentMs: 3_000,
  storedAttemptMs: 60_000,
};

/** The world as it is when the command is decided. */
export interface World {
  readonly nowMs: number;
  /**
   * 32 fresh random bytes, hex. They are the routing id of an attempt that this command may start.
   */
  readonly rid: string;
  readonly present: readonly Present[];
  /**
   * Since when this coordinator has seen no instance of a party, by party id. It looks while it has
   * sessions to look after.
   */
  readonly absentSinceMs: ReadonlyMap<string, number>;
  /** What is known of the key in an epoch above the plan's, or why the intent does not fit it. */
  readonly newer?: { readonly terms: KeyTerms } | { readonly code: string; readonly message: string } | undefined;
  /** What stands against pairs of this key in its highest epoch, from every session. */
  readonly burns: readonly Burn[];
  /** The newest certified pairs of this key in its highest epoch. */
  readonly pairs: readonly NamedPair[];
  readonly limits: Limits;
}

/**
 * What a member says. It is heard only if `attempt` is in flight and the party is a member of it.
 */
interface Spoken {
  readonly partyId: string;
  readonly attempt: number;
}

export interface CommandData {
  Open: { readonly plan: Plan; readonly intent: string };
  /**
   * `strangers` are the share indices of members with which it does not name one pair. Absent means
   * none.
   */
  Join: Spoken & { readonly instanceId: string; readonly join: string; readonly fresh: string; readonly strangers?: readonly number[] };
  Decline: Spoken & { readonly code: string; readonly message: string; readonly burned: readonly number[] };
  Progress: Spoken & { readonly round: number };
  /**
   * `missing` are the share indices that the member has waited for in `round`, by its signed word.
   */
  Wait: Spoken & { readonly round: number; readonly missing: readonly number[] };
  Abort: Spoken & {
    readonly round: number;
    readonly code: string;
    readonly culprits: readonly number[];
    readonly consequence: "retry" | "burn";
  };
  /** `verified` says that the signature verifies under the intent's public key and digest. */
  Report: Spoken & { readonly signature: string; readonly verified: boolean };
  /**
   * `certificate` is set when this acknowledgement is the last one and the certificate is verified.
   */
  Acknowledge: {
    readonly partyId: string;
    readonly shareIndex: number;
    readonly material: string;
    readonly ack: string;
    readonly certificate?: CommittedEpoch;
    /** Set when this acknowledgement makes a verified pair certificate. */
    readonly pair?: CommittedPair;
    /** Set when the acknowledgements make a certificate that the session can never have. */
    readonly refused?: { readonly code: string; readonly message: string } | undefined;
  };
  /** The certificate came from a party that held it before this coordinator did. */
  Commit: { readonly certificate: CommittedEpoch };
  /** The pair certificate came from an end of the pair that held it before. */
  CommitPair: { readonly pair: CommittedPair };
  /** The receiver of a repair says that it has its share again. The statement is verified. */
  Repair: { readonly attempt: number; readonly holding: string };
  Abandon: { readonly abandonment: string };
  /** A caller wants no further attempt, also of a session that is not opened yet. */
  Stop: { readonly sessionId: string };
  /** Time has passed. */
  Tick: object;
  /** A coordinator has started. */
  Resume: object;
}

type CommandType = keyof CommandData;
export type Command = { readonly [T in CommandType]: { readonly type: T; readonly data: CommandData[T] } }[CommandType];

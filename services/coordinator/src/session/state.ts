// A session's state, which is a fold of its events and nothing else.
import type { Burn, NamedPair, Pair } from "./events.ts";
import type { Plan, PlanKey, Seat } from "./plan.ts";

/**
 * "none" means that there is no event yet, "open" that no attempt is in flight, and "running" that
 * one is. "staged" is a further epoch that some members have acknowledged in an attempt that is
 * over. No other attempt can follow. A late acknowledgement may complete it.
 */
type Status = "none" | "open" | "running" | "staged" | "completed" | "failed";

export interface MemberState {
  readonly state: "invited" | "joined" | "running" | "acknowledged" | "declined" | "aborted";
  readonly instanceId: string;
  /** The encoded Signed JoinStatement, base64. Empty before the member joined. */
  readonly join: string;
  readonly fresh: string;
  /** The last round whose messages it has sent. 0 when it has sent none. */
  readonly round: number;
  /** The members that it has waited for, by its last word on that. */
  readonly waits?: { readonly round: number; readonly missing: readonly number[] };
  /** It has reported a signature that does not verify. */
  readonly lied?: true;
}

export interface Attempt {
  readonly attempt: number;
  /** The routing id, hex. */
  readonly rid: string;
  /** The members, ascending by share index. */
  readonly members: readonly Seat[];
  /** The state of each member, by party id. */
  readonly states: Readonly<Record<string, MemberState>>;
  readonly ready: boolean;
  readonly startedAtMs: number;
  /** When the last message was applied. */
  readonly progressAtMs: number;
  /** The renewed pairs that were certified when it started. Absent means none. */
  readonly pairs?: readonly NamedPair[];
}

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly parties: readonly string[];
}

/**
 * How earlier attempts speak against a choice. Lower is better. It is only ever a preference, since
 * accusers lie too.
 */
export interface Suspicion {
  /** Doubts without proof, by party id. They say which party takes part first. */
  readonly byParty: Readonly<Record<string, number>>;
  /** How often the coordinator itself heard nothing from a party, by party id. */
  readonly silent: Readonly<Record<string, number>>;
  /** The two members of a dispute should not meet again, whichever of them lied. */
  readonly byPair: Readonly<Record<string, number>>;
}

export interface SessionState {
  /** The number of events applied. The next one has seq `version + 1`. */
  readonly version: number;
  readonly status: Status;
  readonly plan: Plan | undefined;
  /** It was aborted before it was opened. */
  readonly isAborted: boolean;
  /** The encoded Signed intent, base64. */
  readonly intent: string;
  /** The last attempt. It is in flight exactly when `status` is "running". */
  readonly attempt: Attempt | undefined;
  /** The party ids of every attempt, by its number. */
  readonly quorums: Readonly<Record<number, readonly string[]>>;
  /** The attempt whose result the session has. */
  readonly completedAttempt: number | undefined;
  /** Since when a quorum is wanted. */
  readonly waitingSinceMs: number;
  readonly retryAtMs: number;
  readonly lastCode: string | undefined;
  /** How many attempts ended for a commit. */
  readonly ofCommit: number;
  readonly suspicion: Suspicion;
  /** In how many attempts a member was one side of a dispute, by share index. */
  readonly disputed: Readonly<Record<number, number>>;
  readonly declines: Readonly<Record<string, { readonly times: number; readonly code: string; readonly message: string }>>;
  /** The burned pairs that this session learned of. */
  readonly burned: readonly Burn[];
  /** The ids of certified pairs that a member once lacked. The second time, the pair is lost. */
  readonly unheard: readonly string[];
  /** The pairs for which a signature waits until they are made anew. */
  readonly wanted: readonly Pair[];
  /** The encoded acknowledgements, by material and then by share index. */
  readonly acks: Readonly<Record<string, Readonly<Record<number, string>>>>;
  /** The encoded Certificate, base64. */
  readonly certificate: string | undefined;
  /** The encoded PairCertificate, base64. */
  readonly pairCertificate: string | undefined;
  /** The encoded Signed holding of a holder that has its share again, base64. */
  readonly holding: string | undefined;
  /** The key and epoch that the certificate is of. */
  readonly certified: Pick<PlanKey, "keyId" | "epoch"> | undefined;
  /** The signature, hex. */
  readonly signature: string | undefined;
  readonly failure: Failure | undefined;
  /** Why a staged session has no certificate. */
  readonly doubt: Failure | undefined;
  /** The encoded Signed abandonment, base64. */
  readonly abandonment: string | undefined;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export const initialState: SessionState = {
  version: 0,
  status: "none",
  plan: undefined,
  isAborted: false,
  intent: "",
  attempt: undefined,
  quorums: {},
  completedAttempt: undefined,
  waitingSinceMs: 0,
  retryAtMs: 0,
  lastCode: undefined,
  ofCommit: 0,
  suspicion: { byParty: {}, silent: {}, byPair: {} },
  disputed: {},
  declines: {},
  burned: [],
  unheard: [],
  wanted: [],
  acks: {},
  certificate: undefined,
  pairCertificate: undefined,
  holding: undefined,
  certified: undefined,
  signature: undefined,
  failure: undefined,
  doubt: undefined,
  abandonment: undefined,
  createdAtMs: 0,
  updatedAtMs: 0,
};

/** Gives the attempt in flight. */
export function inFlight(state: SessionState): Attempt | undefined {
  return state.status === "running" ? state.attempt : undefined;
}

export function isTerminal(state: SessionState): boolean {
  return state.status === "completed" || state.status === "failed";
}

// A session's state: a fold of its events and nothing else.
import type { Pair } from "./events.ts";
import type { Plan, PlanKey, Seat } from "./plan.ts";

/** none: no event yet. open: no attempt in flight. running: one is. */
type Status = "none" | "open" | "running" | "completed" | "failed";

export interface MemberState {
  readonly state: "invited" | "joined" | "running" | "acknowledged" | "declined" | "aborted";
  readonly instanceId: string;
  /** Encoded Signed JoinStatement, base64; empty before it joined. */
  readonly join: string;
  readonly fresh: string;
  /** The last round whose messages it has sent; 0: none. */
  readonly round: number;
  /** Whom it has waited for, by its last word on that. */
  readonly waits?: { readonly round: number; readonly missing: readonly number[] };
  /** It has reported a signature that does not verify. */
  readonly lied?: true;
}

export interface Attempt {
  readonly attempt: number;
  /** Routing id, hex. */
  readonly rid: string;
  /** Ascending share index. */
  readonly members: readonly Seat[];
  /** By party id. */
  readonly states: Readonly<Record<string, MemberState>>;
  readonly ready: boolean;
  readonly startedAtMs: number;
  /** When the last message was applied. */
  readonly progressAtMs: number;
}

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly parties: readonly string[];
}

/** How earlier attempts speak against a choice: lower is better. Only ever a preference, since accusers lie too. */
export interface Suspicion {
  /** Doubts without proof: who takes part first. */
  readonly byParty: Readonly<Record<string, number>>;
  /** The coordinator itself heard nothing of them: party ids. */
  readonly silent: Readonly<Record<string, number>>;
  /** The two of a dispute should not meet again, whoever of them lied. */
  readonly byPair: Readonly<Record<string, number>>;
}

export interface SessionState {
  /** Events applied: the next one has seq `version + 1`. */
  readonly version: number;
  readonly status: Status;
  readonly plan: Plan | undefined;
  /** Encoded Signed intent, base64. */
  readonly intent: string;
  /** The last attempt, in flight exactly when status is `running`. */
  readonly attempt: Attempt | undefined;
  /** Party ids of every attempt, by its number. */
  readonly quorums: Readonly<Record<number, readonly string[]>>;
  /** The attempt whose result the session has. */
  readonly completedAttempt: number | undefined;
  /** Since when a quorum is wanted. */
  readonly waitingSinceMs: number;
  readonly retryAtMs: number;
  readonly lastCode: string | undefined;
  readonly suspicion: Suspicion;
  /** In how many attempts a member was one side of a dispute, by share index. */
  readonly disputed: Readonly<Record<number, number>>;
  readonly declines: Readonly<Record<string, { readonly times: number; readonly code: string; readonly message: string }>>;
  /** Learned in this session. */
  readonly burned: readonly Pair[];
  /** By material, then by share index. */
  readonly acks: Readonly<Record<string, Readonly<Record<number, string>>>>;
  /** Encoded Certificate, base64. */
  readonly certificate: string | undefined;
  /** Which epoch of which key that is of. */
  readonly certified: Pick<PlanKey, "keyId" | "epoch"> | undefined;
  /** Hex. */
  readonly signature: string | undefined;
  readonly failure: Failure | undefined;
  /** Encoded Signed abandonment, base64. */
  readonly abandonment: string | undefined;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export const initialState: SessionState = {
  version: 0,
  status: "none",
  plan: undefined,
  intent: "",
  attempt: undefined,
  quorums: {},
  completedAttempt: undefined,
  waitingSinceMs: 0,
  retryAtMs: 0,
  lastCode: undefined,
  suspicion: { byParty: {}, silent: {}, byPair: {} },
  disputed: {},
  declines: {},
  burned: [],
  acks: {},
  certificate: undefined,
  certified: undefined,
  signature: undefined,
  failure: undefined,
  abandonment: undefined,
  createdAtMs: 0,
  updatedAtMs: 0,
};

/** The attempt in flight. */
export function inFlight(state: SessionState): Attempt | undefined {
  return state.status === "running" ? state.attempt : undefined;
}

export function isTerminal(state: SessionState): boolean {
  return state.status === "completed" || state.status === "failed";
}

// The context is what the parts of this service are given: one object, made once by startAccount.
import type { Tracing } from "@covault/service-kit/run";
import type { InitiatorKeys } from "@covault/trust";
import type { Roster } from "@covault/wire";
import type { Coordinator } from "./coordinator/client.ts";
import type { Checkpoints } from "./events/checkpoints.ts";
import type { Initiator } from "./intent/initiator.ts";
import type { OpenedKeys } from "./keys/opened-keys.ts";
import type { PairRenewals } from "./operations/pair-renewals.ts";
import type { AccountStore } from "./store/account-store.ts";

export interface Timing {
  /**
   * The lifetime of an intent. A keygen of up to three members has this one, and each further
   * member adds a tenth.
   */
  readonly keygenTtlMs: number;
  readonly signTtlMs: number;
  /**
   * The lifetime of an intent to refresh, reshare or recover. A holder that is away is waited for
   * so long, and no other such session of the key can begin meanwhile.
   */
  readonly lifecycleTtlMs: number;
  /** The lifetime of an intent to renew or repair. Whoever takes part has just answered. */
  readonly stayingTtlMs: number;
  /** How long absent candidates of a keygen may still appear. */
  readonly candidatesGraceMs: number;
  /**
   * How long one question to the coordinator may wait for the session's end. A connection that died
   * in silence is noticed no sooner.
   */
  readonly pollWaitMs: number;
  /** The pause between two tries. */
  readonly pauseMs: number;
  /** The time for one answer of the coordinator, beyond what it was asked to wait. */
  readonly answerMs: number;
  /** How long the coordinator may be away before a caller is told so. */
  readonly unreachableMs: number;
  /**
   * How long the first request of an idempotency key is taken to be at work on its resource. The
   * claim is renewed while it is.
   */
  readonly claimMs: number;
  /** The pause before a restored party is asked again for what it refuses in its first minute. */
  readonly restoredPauseMs: number;
  /** How long after it was stored a session may still be on its way to the coordinator. */
  readonly openingMs: number;
  /** The time between two looks at sessions that nobody may be waiting for. */
  readonly reconcileEveryMs: number;
  /** How long refused callers are counted together before they are in the event log. */
  readonly deniedEveryMs: number;
  /** The time between two checkpoints of an event log that grows. */
  readonly checkpointEveryMs: number;
}

export const defaultTiming: Timing = {
  keygenTtlMs: 120_000,
  signTtlMs: 60_000,
  lifecycleTtlMs: 900_000,
  stayingTtlMs: 120_000,
  candidatesGraceMs: 5_000,
  pollWaitMs: 2_000,
  answerMs: 3_000,
  pauseMs: 200,
  unreachableMs: 6_000,
  claimMs: 5_000,
  restoredPauseMs: 10_000,
  openingMs: 5_000,
  reconcileEveryMs: 15_000,
  deniedEveryMs: 60_000,
  checkpointEveryMs: 3_600_000,
};

export interface Log {
  readonly info: (facts: object, text: string) => void;
  readonly warn: (facts: object, text: string) => void;
  readonly error: (facts: object, text: string) => void;
}

/** What the operator allows of what ends threshold protection. All of it is off by default. */
export interface Allows {
  readonly exports: boolean;
  readonly imports: boolean;
}

export interface AccountContext {
  readonly allows: Allows;
  readonly store: AccountStore;
  /** Keys whose certificates were verified, so that they are not verified for every request. */
  readonly openedKeys: OpenedKeys;
  readonly checkpoints: Checkpoints;
  readonly initiator: Initiator;
  /**
   * Gives the keys that may have signed what is read back: those of this service's own initiator,
   * by any key that it has or had.
   */
  readonly keysOf: InitiatorKeys;
  /**
   * Gives the verified roster. It is asked anew for each decision, since another roster may have
   * come.
   */
  readonly roster: () => Roster;
  readonly coordinator: Coordinator;
  /** Makes pairs anew by itself. */
  readonly renewals: PairRenewals;
  readonly logger: Log;
  readonly tracing: Tracing;
  readonly timing: Timing;
  readonly nowMs: () => number;
  readonly newId: (prefix: "acc" | "ses") => string;
  /** Aborted when the service stops. */
  readonly signal: AbortSignal;
}

// A coordinator without HTTP on a real store, with a broker and presence in memory. Several
// coordinators may share one stage.
import { type Broker, inProcessBroker, memoryPresence, type Presence } from "@covault/service-kit/messages";
import { makeLogger, makeMetrics } from "@covault/service-kit/run";
import type { Database } from "@covault/service-kit/sql";
import { type LiveRoster, openIntent } from "@covault/trust";
import type { Intent } from "@covault/wire";
import { makeCounters } from "../src/counters.ts";
import { type Engine, startEngine } from "../src/engine.ts";
import { joinTokens } from "../src/join-token.ts";
import { defaultLimits, type Limits } from "../src/session/commands.ts";
import { planOf } from "../src/session/plan-of-intent.ts";
import type { SessionState } from "../src/session/state.ts";
import { dueWork } from "../src/store/due-work.ts";
import { type EventStore, eventStore } from "../src/store/event-store.ts";
import { holdingStore } from "../src/store/holding-store.ts";
import { initiator, liveRoster, signed, text, verifiedRoster } from "./cast.ts";

export const secretKey = "a key for tests, 32 characters or more";

export interface Stage {
  readonly broker: Broker;
  readonly presence: Presence;
  /** Of all its coordinators. */
  readonly roster: LiveRoster;
  readonly metrics: ReturnType<typeof makeMetrics>;
  engine(
    database: Database,
    options?: {
      readonly store?: EventStore;
      readonly limits?: Partial<Limits>;
      readonly nowMs?: () => number;
    },
  ): Promise<Engine>;
}

export function stage(): Stage {
  const broker = inProcessBroker();
  const presence = memoryPresence();
  const metrics = makeMetrics("coordinator");
  const counters = makeCounters(metrics);
  const roster = liveRoster();
  return {
    roster,
    broker,
    presence,
    metrics,
    engine: (database, options = {}) =>
      startEngine({
        store: options.store ?? eventStore(database),
        due: dueWork(database),
        holdings: holdingStore(database),
        broker,
        presence,
        roster,
        tokens: joinTokens(secretKey, options.nowMs ?? Date.now),
        limits: { ...defaultLimits, ...options.limits },
        logger: makeLogger({ name: "coordinator", level: "silent" }),
        counters,
        nowMs: options.nowMs ?? Date.now,
        monotonicMs: () => performance.now(),
        tickMs: 20,
      }),
  };
}

/** Does what POST /api/v1/sessions does. */
export async function openSession(engine: Engine, intent: Intent): Promise<void> {
  const statement = signed(intent);
  const opened = openIntent(statement, () => [initiator.publicKey], Date.now());
  const { value } = intent.action;
  const plan = planOf(opened, value && "keyId" in value ? await engine.chains.current(value.keyId) : undefined, verifiedRoster);
  await engine.sessions.run(intent.sessionId, () => ({ type: "Open", data: { plan, intent: text(statement) } }));
}

/**
 * Gives the state as soon as it satisfies `isDone`. After `withinMs` it fails with the state as it
 * is.
 */
export async function until(
  engine: Engine,
  sessionId: string,
  isDone: (state: SessionState) => boolean,
  withinMs = 20_000,
): Promise<SessionState> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const state = await engine.sessions.read(sessionId);
    if (isDone(state)) return state;
    if (performance.now() > deadline) throw new Error(`not reached within ${withinMs} ms: ${JSON.stringify(state)}`);
    await engine.sessionWatch.until(sessionId, (standing) => standing.version > state.version, 100);
  }
}
export const isCompleted = (state: SessionState): boolean => state.status === "completed";
export const isFailed = (state: SessionState): boolean => state.status === "failed";

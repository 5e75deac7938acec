// Runs commands: load, decide, append, tell. Within one process the commands of a session queue up.
// Between processes the append decides which was first, and the other one decides again. The states
// kept here are a cache, and nothing is decided on a state that the append would not confirm.
import { CovaultError } from "@covault/errors";
import type { Presence } from "@covault/service-kit/messages";
import { absences } from "./absences.ts";
import type { KeyChains } from "./key-chains.ts";
import { keyedQueue } from "./keyed-queue.ts";
import { standing } from "./session/burns.ts";
import type { Command, Limits, World } from "./session/commands.ts";
import { decide } from "./session/decide.ts";
import { dueInMs } from "./session/due.ts";
import type { StoredEvent } from "./session/events.ts";
import { fold } from "./session/evolve.ts";
import { type Outgoing, outgoing } from "./session/outgoing.ts";
import type { PlanSeat } from "./session/plan.ts";
import { initialState, type SessionState } from "./session/state.ts";
import type { SessionClock } from "./session-clock.ts";
import type { EventStore } from "./store/event-store.ts";

export interface SessionsOptions {
  readonly store: EventStore;
  readonly presence: Presence;
  /** Whether the roster of this moment has the holder of this seat. */
  readonly isStillHolder: (seat: PlanSeat) => boolean;
  readonly chains: Pick<KeyChains, "newer">;
  readonly limits: Limits;
  readonly clock: SessionClock;
  readonly monotonicMs: () => number;
  /** Gives 32 fresh random bytes, hex. */
  readonly makeRid: () => string;
  /** Tells the parties. It must not throw. */
  readonly tell: (says: readonly Outgoing[], state: SessionState) => Promise<void>;
  readonly onAppended?: (events: readonly StoredEvent[], state: SessionState) => void;
}

/**
 * Makes the command for a state, or gives undefined when there is nothing to do. It may be asked
 * again with a newer state.
 */
export type MakeCommand = (state: SessionState) => Command | undefined | Promise<Command | undefined>;

interface Outcome {
  readonly state: SessionState;
  readonly events: readonly StoredEvent[];
}

export interface Sessions {
  run(sessionId: string, make: MakeCommand): Promise<Outcome>;
  /** Gives the state as it is stored now. */
  read(sessionId: string): Promise<SessionState>;
  /** Gives the state that is in memory, if there is one. It may be old. */
  known(sessionId: string): SessionState | undefined;
  /**
   * Looks which parties are connected, so that a party that leaves is missed from then on,
   * whichever coordinator looks after its sessions. Never throws.
   */
  lookAround(): Promise<void>;
  /** Resolves when no command is running. */
  idle(): Promise<void>;
}

const triesMax = 16;
const cachedMax = 1_024;

export function sessions(options: SessionsOptions): Sessions {
  const { store, limits, clock, monotonicMs } = options;
  const absent = absences();
  const cache = new Map<string, SessionState>();
  const inTurn = keyedQueue();

  function remember(sessionId: string, state: SessionState): SessionState {
    clock.saw(sessionId, state);
    cache.delete(sessionId);
    if (state.version > 0) cache.set(sessionId, state);
    const oldest = cache.size > cachedMax ? cache.keys().next().value : undefined;
    if (oldest !== undefined) cache.delete(oldest);
    return state;
  }
  async function read(sessionId: string): Promise<SessionState> {
    const known = cache.get(sessionId) ?? initialState;
    return remember(sessionId, fold(await store.load(sessionId, known.version), known));
  }
  async function worldFor(sessionId: string, command: Command, state: SessionState): Promise<World> {
    const plan = command.type === "Open" ? command.data.plan : state.plan;
    const mayStart = ["Open", "Decline", "Abort", "Tick", "Resume"].includes(command.type);
    const newer = mayStart && state.plan !== undefined ? await options.chains.newer(state.plan, state.intent) : undefined;
    const key = newer !== undefined && "terms" in newer ? newer.terms.key : plan?.key;
    const [connected, burns, pairs] = mayStart
      ? await Promise.all([
          options.presence.list(),
          key === undefined ? [] : store.burnsOf(key.keyId, key.epoch),
          key === undefined ? [] : store.pairsOf(key.keyId, key.epoch),
        ])
      : [[], [], []];
    // A party that the roster has lost is as good as gone, whatever its router says.
    const removed = mayStart ? (plan?.seats ?? []).filter((seat) => !options.isStillHolder(seat)).map((seat) => seat.partyId) : [];
    const present = connected.filter(({ partyId }) => !removed.includes(partyId));
    const nowMs = clock.nowMs(sessionId, state);
    const passedMs = monotonicMs();
    if (mayStart) absent.look(plan?.seats ?? [], present, passedMs);
    // These times go from this process's monotonic clock to the session's time.
    const absentSinceMs = new Map([...absent.sinceMs].map(([id, sinceMs]) => [id, nowMs - (passedMs - sinceMs)]));
    return {
      nowMs,
      rid: options.makeRid(),
      present: present.map(({ partyId, instanceId, sessions: load }) => ({ partyId, instanceId, load })),
      absentSinceMs,
      newer,
      burns: standing(burns, pairs),
      pairs: pairs.map(({ pair, pairId }) => ({ pair, pairId })),
      limits,
    };
  }
  async function decideOn(sessionId: string, state: SessionState, make: MakeCommand) {
    const command = await make(state);
    if (command === undefined) return { decided: [], atMs: 0 };
    const world = await worldFor(sessionId, command, state);
    return { decided: decide(command, state, world), atMs: world.nowMs };
  }

  async function run(sessionId: string, make: MakeCommand): Promise<Outcome> {
    let cached = cache.get(sessionId);
    for (let attempt = 0; attempt < triesMax; attempt++) {
      const before = cached ?? (await read(sessionId));
      const { decided, atMs } = await decideOn(sessionId, before, make);
      if (decided.length === 0) {
        if (cached === undefined) return { state: before, events: [] };
        // The cached state may be old. "Nothing to do" counts only for the newest.
        cached = undefined;
        const newest = await read(sessionId);
        if (newest.version === before.version) return { state: newest, events: [] };
        continue;
      }
      const events = decided.map((event, index) => ({ ...event, seq: before.version + 1 + index, atMs }));
      const state = fold(events, before);
      if (await store.append({ events, state, dueInMs: dueInMs(state, atMs, limits) })) {
        remember(sessionId, state);
        options.onAppended?.(events, state);
        await options.tell(outgoing(events, before), state);
        return { state, events };
      }
      cached = undefined;
    }
    throw new CovaultError("coordinator/busy", `Session ${sessionId} has too many writers.`, { retryAfterMs: 1_000 });
  }

  return {
    run: (sessionId, make) => inTurn.run(sessionId, () => run(sessionId, make)),
    known: (sessionId) => cache.get(sessionId),
    async lookAround() {
      const present = await options.presence.list().catch(() => undefined);
      if (present !== undefined) absent.look([], present, monotonicMs());
    },
    idle: inTurn.idle,
    read,
  };
}

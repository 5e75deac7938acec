// The coordinator without its HTTP edge: the inbox, the timers, and the sessions between them.

import { randomBytes, randomUUID } from "node:crypto";
import { fromHex, hex } from "@covault/crypto";
import type { Broker, Presence } from "@covault/service-kit/messages";
import { type Logger, makeSeldom } from "@covault/service-kit/run";
import { isStillHolder, type LiveRoster } from "@covault/trust";
import { consumeWhile } from "./consume-while.ts";
import type { Counters } from "./counters.ts";
import { type AskExports, makeAskExports } from "./exports/ask-exports.ts";
import { type AskHolders, makeAskHolders } from "./holdings/ask-holders.ts";
import { type AskImportRecipients, makeAskImportRecipients } from "./imports/ask-import-recipients.ts";
import { consumeInbox } from "./inbox.ts";
import type { JoinTokens } from "./join-token.ts";
import { type KeyChains, keyChains } from "./key-chains.ts";
import { logEvents } from "./log-events.ts";
import { publisher } from "./publisher.ts";
import { makeSenders } from "./senders.ts";
import type { Limits } from "./session/commands.ts";
import type { StoredEvent } from "./session/events.ts";
import { isDevice } from "./session/plan.ts";
import type { SessionState } from "./session/state.ts";
import { sessionClock } from "./session-clock.ts";
import { type SessionWatch, watchSessions } from "./session-watch.ts";
import { sessions as makeSessions, type Sessions } from "./sessions.ts";
import type { DueWork } from "./store/due-work.ts";
import type { EventStore } from "./store/event-store.ts";
import type { HoldingStore } from "./store/holding-store.ts";
import { startTimers } from "./timers.ts";

export interface EngineOptions {
  readonly store: EventStore;
  readonly due: DueWork;
  readonly holdings: HoldingStore;
  readonly broker: Broker;
  readonly presence: Presence;
  /** The roster. While it is behind, due sessions and messages are left to the other replicas. */
  readonly roster: LiveRoster;
  readonly tokens: JoinTokens;
  readonly limits: Limits;
  readonly logger: Logger;
  readonly counters: Counters;
  readonly trace?: (events: readonly StoredEvent[], state: SessionState) => void;
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
  readonly tickMs: number;
}

export interface Engine {
  readonly sessions: Sessions;
  readonly sessionWatch: SessionWatch;
  readonly chains: KeyChains;
  readonly askHolders: AskHolders;
  readonly askExports: AskExports;
  readonly askImportRecipients: AskImportRecipients;
  readonly askBackups: AskHolders;
  /** Finishes the work in hand. Other replicas go on with the rest. */
  readonly stop: () => Promise<void>;
}

export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { store, due, holdings, broker, presence, tokens, limits, logger, counters, trace, nowMs, monotonicMs } = options;
  const clock = sessionClock(nowMs, monotonicMs);
  const roster = options.roster.current;
  const chains = keyChains(store, roster, nowMs);
  const publish = publisher({ broker, tokens, chains, logger, nowMs, random: randomBytes });
  const sessionWatch = watchSessions(store);
  const sessions = makeSessions({
    store,
    presence,
    isStillHolder: (seat) => isDevice(seat.partyId) || isStillHolder(roster(), { ...seat, idpk: fromHex(seat.idpk), role: "" }, nowMs()),
    chains,
    limits,
    clock,
    monotonicMs,
    makeRid: () => hex(randomBytes(32)),
    tell: publish,
    onAppended(events, state) {
      // An abort that came before its session is told of when that is opened.
      if (state.plan === undefined) return;
      counters.appended(events, state);
      trace?.(events, state);
      sessionWatch.notify(state.plan.sessionId, {
        status: state.status,
        version: state.version,
        wants_pairs: state.status === "open" && state.wanted.length > 0,
      });
      logEvents(logger, events, state);
    },
  });
  const senders = makeSenders(options.roster.held, nowMs);
  const seldom = makeSeldom();
  const asking = { store: holdings, broker, presence, nowMs, random: randomBytes };
  const askHolders = makeAskHolders({ ...asking, chains, roster, about: "holding" });
  const askBackups = makeAskHolders({ ...asking, chains, roster, about: "backup" });
  const askExports = makeAskExports(asking);
  const askImportRecipients = makeAskImportRecipients({ ...asking, roster });
  const mayDecide = (): boolean => !options.roster.isBehind;
  const inbox = { broker, sessions, tokens, chains, senders, holdings, store, publish, logger, seldom, nowMs, onMessage: counters.message };
  const stopInbox = await consumeWhile({
    mayDecide,
    consume: () => consumeInbox(inbox),
    onError: (err) => logger.error({ err }, "the messages of parties are not taken"),
  });
  const owner = randomUUID();
  const stopTimers = startTimers({
    sessions,
    store,
    due,
    publish,
    limits,
    logger,
    clock,
    owner,
    mayDecide,
    everyMs: options.tickMs,
  });
  return {
    sessions,
    sessionWatch,
    chains,
    askHolders,
    askExports,
    askImportRecipients,
    askBackups,
    async stop() {
      await stopInbox();
      await stopTimers();
      await sessions.idle();
    },
  };
}

// Due sessions are claimed and ticked, and at the start every open session goes on. Any number of
// coordinators share the work.
import type { Logger } from "@covault/service-kit/run";
import type { Publish } from "./publisher.ts";
import type { Limits } from "./session/commands.ts";
import { dueInMs } from "./session/due.ts";
import { reminders, resumptions } from "./session/outgoing.ts";
import type { SessionClock } from "./session-clock.ts";
import type { Sessions } from "./sessions.ts";
import type { DueWork } from "./store/due-work.ts";
import type { EventStore } from "./store/event-store.ts";

export interface TimersOptions {
  readonly sessions: Sessions;
  readonly store: EventStore;
  readonly due: DueWork;
  readonly publish: Publish;
  readonly limits: Limits;
  readonly logger: Logger;
  readonly clock: SessionClock;
  /** Whether this process may decide now. Otherwise it claims nothing. */
  readonly mayDecide: () => boolean;
  /** An id that is unique to this process. */
  readonly owner: string;
  /** The time between two looks. */
  readonly everyMs: number;
}

/** How long a claim lasts when its holder does not finish. */
const leaseMs = 5_000;
const claimedMax = 32;
/**
 * How often presence is looked at. With the 7 s after which a party is gone, and half a second
 * until its sessions are looked at, a key generation ends within 10 s of it.
 */
const lookEveryMs = 500;

/** Ticks what is due now. Gives the number of sessions that were claimed. */
async function tickDue(options: TimersOptions): Promise<number> {
  const { sessions, due, owner, clock, limits, logger } = options;
  if (!options.mayDecide()) return 0;
  const claimed = await due.claim(owner, leaseMs, claimedMax);
  await Promise.all(
    claimed.map(async (sessionId) => {
      try {
        const { state, events } = await sessions.run(sessionId, () => ({ type: "Tick", data: {} }));
        if (events.length === 0) await options.publish(reminders(state), state);
        await due.settle(owner, sessionId, state.version, dueInMs(state, clock.nowMs(sessionId, state), limits));
      } catch (error) {
        // The lease runs out, and the session's turn comes again.
        logger.error({ err: error, session_id: sessionId }, "tick failed");
      }
    }),
  );
  return claimed.length;
}

/** Lets every open session go on. A coordinator does this first. */
async function resumeAll(options: TimersOptions): Promise<void> {
  for (const sessionId of await options.store.openSessions())
    try {
      const { state, events } = await options.sessions.run(sessionId, () => ({ type: "Resume", data: {} }));
      if (events.length === 0) await options.publish(resumptions(state), state);
    } catch (error) {
      options.logger.error({ err: error, session_id: sessionId }, "not resumed");
    }
}

/** Resumes, then ticks until it is stopped. */
export function startTimers(options: TimersOptions): () => Promise<void> {
  let stopped = false;
  let looking: Promise<void> = Promise.resolve();
  const looks = setInterval(() => {
    looking = looking.then(() => options.sessions.lookAround());
  }, lookEveryMs);
  let wake = () => {};
  const loop = async () => {
    await resumeAll(options).catch((error) => options.logger.error({ err: error }, "sessions not resumed"));
    while (!stopped) {
      const claimed = await tickDue(options).catch((error) => {
        options.logger.error({ err: error }, "due sessions not claimed");
        return 0;
      });
      if (claimed === claimedMax || stopped) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, options.everyMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  const done = loop();
  return async () => {
    stopped = true;
    clearInterval(looks);
    wake();
    await Promise.all([done, looking]);
  };
}

// Waits for a session to move on. The appends of this process are told at once. One look at the
// table serves all that wait, because another replica may have written.
import { onAbort } from "@covault/service-kit/run";
import type { EventStore, Standing } from "./store/event-store.ts";

export interface SessionWatch {
  /** Tells the waiting calls that this process has appended. */
  notify(sessionId: string, standing: Standing): void;
  /**
   * Gives the first standing that is enough, or the last one known after `ms` or when `signal`
   * aborts. Undefined when there is no such session.
   */
  until(sessionId: string, isEnough: (standing: Standing) => boolean, ms: number, signal?: AbortSignal): Promise<Standing | undefined>;
}

interface Waiter {
  readonly see: (standing: Standing) => void;
}

const pollMs = 250;

export function hasEnded(standing: Standing): boolean {
  return standing.status === "completed" || standing.status === "failed";
}

/** Says whether a caller has something to do: its session has ended, or waits for pairs. */
export function isToldAtOnce(standing: Standing): boolean {
  return hasEnded(standing) || standing.wants_pairs;
}

export function watchSessions(store: EventStore): SessionWatch {
  const waiting = new Map<string, Set<Waiter>>();
  let timer: NodeJS.Timeout | undefined;

  function tell(sessionId: string, standing: Standing): void {
    for (const waiter of waiting.get(sessionId) ?? []) waiter.see(standing);
  }
  async function look(): Promise<void> {
    try {
      for (const [sessionId, standing] of await store.standings([...waiting.keys()])) tell(sessionId, standing);
    } catch {
      // The next look may succeed, and each waiting call has a time of its own.
    }
    timer = undefined;
    lookLater();
  }
  function lookLater(): void {
    if (timer === undefined && waiting.size > 0) timer = setTimeout(() => void look(), pollMs);
  }

  return {
    notify: tell,
    async until(sessionId, isEnough, ms, signal) {
      let last: Standing | undefined;
      let end = () => {};
      const enough = new Promise<void>((resolve) => {
        end = resolve;
      });
      const waiter: Waiter = {
        see(standing) {
          if (last !== undefined && standing.version < last.version) return;
          last = standing;
          if (isEnough(standing)) end();
        },
      };
      // The waiter is added before the first look, so that nothing falls between the two.
      const waiters = waiting.get(sessionId) ?? new Set();
      waiting.set(sessionId, waiters.add(waiter));
      const timeout = setTimeout(end, ms);
      const forget = signal === undefined ? () => {} : onAbort(signal, end);
      try {
        const first = await store.standing(sessionId);
        if (first === undefined) return undefined;
        waiter.see(first);
        lookLater();
        await enough;
        return last;
      } finally {
        clearTimeout(timeout);
        forget();
        waiters.delete(waiter);
        if (waiters.size === 0 && waiting.get(sessionId) === waiters) waiting.delete(sessionId);
      }
    },
  };
}

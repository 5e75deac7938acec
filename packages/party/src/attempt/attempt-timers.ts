// The timers of one attempt: its end, and asking again without progress.
import type { PartyDeps } from "../deps.ts";

export class AttemptTimers {
  readonly #deps: PartyDeps;
  readonly #cancels = new Set<() => void>();
  #isStopped = false;

  constructor(deps: PartyDeps) {
    this.#deps = deps;
  }

  /** Calls `act` once at `atMs`. */
  deadline(atMs: number, act: () => void): void {
    this.#after(Math.max(0, atMs - this.#deps.clock.nowMs()), act);
  }

  /**
   * Calls `ask` while `round` stands still, less and less often. Among many members a round takes
   * longer.
   */
  quiet(members: number, round: () => number, ask: () => void): void {
    const { resendMsMax } = this.#deps.limits;
    const resendMs = this.#deps.limits.resendMs * (1 + Math.max(0, members - 3) / 10);
    let seen = round();
    let waitMs = resendMs;
    const look = (): void => {
      const now = round();
      waitMs = now === seen ? Math.min(waitMs * 2, resendMsMax) : resendMs;
      if (now === seen) ask();
      seen = now;
      this.#after(waitMs, look);
    };
    this.#after(waitMs, look);
  }

  stop(): void {
    this.#isStopped = true;
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }

  #after(ms: number, act: () => void): void {
    if (this.#isStopped) return;
    const cancel = this.#deps.clock.timer(ms, () => {
      this.#cancels.delete(cancel);
      if (!this.#isStopped) act();
    });
    this.#cancels.add(cancel);
  }
}

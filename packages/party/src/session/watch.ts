// The timers of one attempt: its end, and asking again without progress.
import type { PartyContext } from "../context.ts";

export class Watch {
  readonly #context: PartyContext;
  readonly #cancels = new Set<() => void>();
  #over = false;

  constructor(context: PartyContext) {
    this.#context = context;
  }

  /** Calls `act` once at `atMs`. */
  deadline(atMs: number, act: () => void): void {
    this.#after(Math.max(0, atMs - this.#context.clock.nowMs()), act);
  }

  /** Calls `ask` while `round` stands still, less and less often; among many members a round takes longer. */
  quiet(members: number, round: () => number, ask: () => void): void {
    const { resendMsMax } = this.#context.limits;
    const resendMs = this.#context.limits.resendMs * (1 + Math.max(0, members - 3) / 10);
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

  end(): void {
    this.#over = true;
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }

  #after(ms: number, act: () => void): void {
    if (this.#over) return;
    const cancel = this.#context.clock.timer(ms, () => {
      this.#cancels.delete(cancel);
      if (!this.#over) act();
    });
    this.#cancels.add(cancel);
  }
}

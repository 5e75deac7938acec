// A clock that moves when it is told to. Timers and intervals run on the monotonic reading. The
// wall clock can be set beside it.
import type { Clock } from "@covault/party";

interface Timer {
  readonly atMs: number;
  readonly act: () => void;
}

export class FakeClock implements Clock {
  readonly #timers = new Set<Timer>();
  #monotonicMs = 0;
  #wallMs: number;

  constructor(startMs = 1_800_000_000_000) {
    this.#wallMs = startMs;
  }

  nowMs(): number {
    // The time is a whole number, as the platform's is.
    return Math.floor(this.#wallMs);
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  timer(ms: number, act: () => void): () => void {
    const timer = { atMs: this.#monotonicMs + ms, act };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** The number of timers that wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Sets the wall clock forward or, with a negative `ms`, back. No time passes. */
  step(ms: number): void {
    this.#wallMs += ms;
  }

  /** Lets `ms` milliseconds pass, and calls the timers that are due, in order. */
  advance(ms: number): void {
    const end = this.#monotonicMs + ms;
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.atMs <= end).sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.#timers.delete(due);
      this.#passTo(Math.max(this.#monotonicMs, due.atMs));
      due.act();
    }
    this.#passTo(end);
  }

  #passTo(monotonicMs: number): void {
    this.#wallMs += monotonicMs - this.#monotonicMs;
    this.#monotonicMs = monotonicMs;
  }
}

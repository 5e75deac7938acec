// Since when leases of others have not changed, on this process's monotonic clock. Only time that
// was watched counts. After a pause of its own (a suspended machine, a database that did not
// answer) a process starts to watch anew, since everybody else may have paused too.
import type { Clock } from "./ports/clock.ts";
import type { LeaseAnswer, LeaseMark, Leases } from "./ports/lease.ts";

interface Watched {
  readonly mark: LeaseMark;
  readonly sinceMs: number;
  readonly lookedAtMs: number;
}

/** Watches the leases of others, and takes one that has stood still for its length. */
export class LeaseWatch {
  readonly #clock: Clock;
  readonly #lengthMs: number;
  readonly #pauseMs: number;
  readonly #watched = new Map<string, Watched>();

  /**
   * `lengthMs` is how long a lease is good without a renewal. A time between two looks that is
   * longer than `pauseMs` was not watched.
   */
  constructor(clock: Clock, lengthMs: number, pauseMs = lengthMs / 2) {
    this.#clock = clock;
    this.#lengthMs = lengthMs;
    this.#pauseMs = pauseMs;
  }

  /**
   * Notes a lease as just read. Gives for how many milliseconds it has been watched unchanged: 0 at
   * first, and after each change or pause.
   */
  look(name: string, { fence, counter }: LeaseMark): number {
    const nowMs = this.#clock.monotonicMs();
    const before = this.#watched.get(name);
    const goesOn =
      before !== undefined && before.mark.fence === fence && before.mark.counter === counter && nowMs - before.lookedAtMs <= this.#pauseMs;
    const sinceMs = goesOn ? before.sinceMs : nowMs;
    this.#watched.set(name, { mark: { fence, counter }, sinceMs, lookedAtMs: nowMs });
    return nowMs - sinceMs;
  }

  /** Gives for how many milliseconds a lease had been watched unchanged at the last look. */
  watchedMs(name: string): number {
    const watched = this.#watched.get(name);
    return watched === undefined ? 0 : watched.lookedAtMs - watched.sinceMs;
  }

  /**
   * Gives what `takeLease` may be given as `seen`, and undefined before the lease was watched
   * unchanged for its length.
   */
  ripe(name: string): LeaseMark | undefined {
    const watched = this.#watched.get(name);
    if (watched === undefined || this.#clock.monotonicMs() - watched.lookedAtMs > this.#pauseMs) return undefined;
    return this.watchedMs(name) >= this.#lengthMs ? watched.mark : undefined;
  }

  /**
   * Takes or renews a lease, or takes it over once it is ripe. It has to be called again and again,
   * since each call is a look.
   */
  async take(leases: Leases, name: string, owner: string): Promise<LeaseAnswer> {
    const answer = await leases.takeLease(name, owner, this.ripe(name));
    this.look(name, answer);
    return answer;
  }

  /** Forgets all leases but these. */
  keep(names: readonly string[]): void {
    for (const name of [...this.#watched.keys()]) if (!names.includes(name)) this.#watched.delete(name);
  }
}

// Since when leases of others have not changed, on this process's monotonic clock. Only time that was watched counts: after a pause of
// its own (a suspended machine, a database that did not answer) a process starts to watch anew, since everybody else may have paused too.
import type { Clock } from "./ports/clock.ts";
import type { LeaseAnswer, LeaseMark, Leases } from "./ports/lease.ts";

interface Watched {
  readonly mark: LeaseMark;
  readonly sinceMs: number;
  readonly lookedAtMs: number;
}

export class LeaseWatch {
  readonly #clock: Clock;
  readonly #lengthMs: number;
  readonly #watched = new Map<string, Watched>();

  /** `lengthMs`: how long a lease is good without a renewal. Look at least three times as often, or nothing ever counts as watched. */
  constructor(clock: Clock, lengthMs: number) {
    this.#clock = clock;
    this.#lengthMs = lengthMs;
  }

  /** Notes a lease as just read. Gives for how long it has been watched unchanged: 0 at first and after each change or pause. */
  look(name: string, { fence, counter }: LeaseMark): number {
    const nowMs = this.#clock.monotonicMs();
    const before = this.#watched.get(name);
    const goesOn =
      before !== undefined && before.mark.fence === fence && before.mark.counter === counter && nowMs - before.lookedAtMs <= this.#pauseMs;
    const sinceMs = goesOn ? before.sinceMs : nowMs;
    this.#watched.set(name, { mark: { fence, counter }, sinceMs, lookedAtMs: nowMs });
    return nowMs - sinceMs;
  }

  /** What `takeLease` may be given as `seen`: undefined before the lease was watched unchanged for its length. */
  ripe(name: string): LeaseMark | undefined {
    const watched = this.#watched.get(name);
    if (watched === undefined || this.#clock.monotonicMs() - watched.lookedAtMs > this.#pauseMs) return undefined;
    return watched.lookedAtMs - watched.sinceMs >= this.#lengthMs ? watched.mark : undefined;
  }

  /** Takes or renews a lease, or takes it over once it is ripe. Call it again and again: each call is a look. */
  async take(leases: Leases, name: string, owner: string): Promise<LeaseAnswer> {
    const answer = await leases.takeLease(name, owner, this.ripe(name));
    this.look(name, answer);
    return answer;
  }

  forget(name: string): void {
    this.#watched.delete(name);
  }

  get #pauseMs(): number {
    return this.#lengthMs / 2;
  }
}

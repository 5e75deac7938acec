// This process among the instances of its party. Each instance holds a lease that it renews, and
// looks at those of the others. When an instance renews its lease no more, what it was running is
// taken over after `leaseMs`. After `goneMs` its lease is dropped, which makes strikes of its open
// checks (dkls23-spec 9, rule 1). A process that was suspended for so long finds its lease lost,
// and ends what it was running.
import { hex } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import type { Limits } from "./deps.ts";
import { LeaseWatch } from "./lease-watch.ts";
import { sameTenure } from "./ports/check-notes.ts";
import type { Clock } from "./ports/clock.ts";
import type { Entropy } from "./ports/entropy.ts";
import type { LeaseMark, LeaseState, Leases, Tenure } from "./ports/lease.ts";

const prefix = "instance/";

export interface InstanceOptions {
  readonly instanceId: string;
  readonly store: Leases;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly limits: Pick<Limits, "leaseMs" | "goneMs">;
  readonly failed: (error: unknown) => void;
  /** Called when another instance has lost its lease. Its open checks are strikes from then on. */
  readonly gone: () => void;
}

export class Instance {
  readonly #options: InstanceOptions;
  readonly #name: string;
  /**
   * The name of this run of the process. Another run under the same instance id is another owner.
   */
  #run: string;
  readonly #watch: LeaseWatch;
  #leases = new Map<string, LeaseState>();
  readonly #renewedAtMs = new Map<string, number>();
  #tenure: Tenure | undefined;
  #lost: (error: CovaultError) => void = () => {};
  #cancel: () => void = () => {};
  #beating: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: InstanceOptions) {
    const { instanceId, clock, entropy, limits } = options;
    this.#options = options;
    this.#name = `${prefix}${instanceId}`;
    this.#run = hex(entropy.bytes(16));
    this.#watch = new LeaseWatch(clock, limits.goneMs, limits.leaseMs);
  }

  /**
   * The lease of this instance. Throws `party/instance-lost` while another process holds the lease
   * of this instance id.
   */
  get tenure(): Tenure {
    if (this.#tenure === undefined) throw this.#replaced();
    return this.#tenure;
  }

  /**
   * Takes the lease from whatever process had this instance id before, and begins to renew it.
   * `lost` is called when the lease was lost in between.
   */
  async start(lost: (error: CovaultError) => void): Promise<void> {
    const { store, entropy } = this.#options;
    this.#lost = lost;
    let answer = await store.takeLease(this.#name, this.#run);
    // A lease that this run seems to have renewed is that of a process whose generator gave the
    // same name.
    while (!answer.taken || answer.counter > 0) {
      this.#run = hex(entropy.bytes(16));
      answer = await store.takeLease(this.#name, this.#run, answer);
    }
    this.#tenure = { name: this.#name, fence: answer.fence };
    await this.#lookAround();
    this.#beatLater();
  }

  /** Gives the lease back. It is called when nothing of this instance runs any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#beating;
    if (this.#tenure === undefined) return;
    const { store, failed } = this.#options;
    try {
      const last = await store.takeLease(this.#name, this.#run);
      if (last.taken) await store.dropLease(this.#name, last);
    } catch (error) {
      failed(error);
    }
  }

  /**
   * Gives the instances that have been seen to renew their lease within `leaseMs`. This one is
   * among them.
   */
  alive(): readonly Tenure[] {
    const { clock, limits } = this.#options;
    const sinceMs = clock.monotonicMs() - limits.leaseMs;
    const others = [...this.#leases.values()].filter(({ name }) => (this.#renewedAtMs.get(name) ?? Number.NEGATIVE_INFINITY) >= sinceMs);
    return [this.tenure, ...others.map(({ name, fence }) => ({ name, fence }))];
  }

  /**
   * Gives the lease of an instance that has not been renewed for `leaseMs`, and whose attempts may
   * be taken over. Gives undefined for every other instance.
   */
  silent({ name, fence }: Tenure): LeaseMark | undefined {
    const lease = this.#leases.get(name);
    if (lease === undefined || lease.fence !== fence || name === this.#name) return undefined;
    return this.#watch.watchedMs(name) >= this.#options.limits.leaseMs ? lease : undefined;
  }

  #beatLater(): void {
    const { clock, limits, failed } = this.#options;
    this.#cancel = clock.timer(limits.leaseMs / 3, () => {
      this.#beating = this.#beat()
        .catch(failed)
        .then(() => {
          if (!this.#stopped) this.#beatLater();
        });
    });
  }

  async #beat(): Promise<void> {
    const answer = await this.#watch.take(this.#options.store, this.#name, this.#run);
    const before = this.#tenure;
    this.#tenure = answer.taken ? { name: this.#name, fence: answer.fence } : undefined;
    if (before !== undefined && before.fence !== this.#tenure?.fence) this.#lost(answer.taken ? standstill() : this.#replaced());
    await this.#lookAround();
  }

  #replaced(): CovaultError {
    const instanceId = this.#name.slice(prefix.length);
    return new CovaultError("party/instance-lost", `Another process of this party runs under the instance id ${instanceId}.`);
  }

  async #lookAround(): Promise<void> {
    const { store, clock, limits, gone } = this.#options;
    const found = await store.leases(prefix);
    const others = found.filter(({ name }) => name !== this.#name);
    for (const lease of others) {
      const before = this.#leases.get(lease.name);
      // A lease that is seen for the first time may be that of a process which is long dead.
      if (before?.fence === lease.fence && before.counter !== lease.counter) this.#renewedAtMs.set(lease.name, clock.monotonicMs());
      else if (before?.fence !== lease.fence) this.#renewedAtMs.delete(lease.name);
      if (this.#watch.look(lease.name, lease) >= limits.goneMs) await store.dropLease(lease.name, lease);
    }
    if ([...this.#leases.values()].some((before) => !others.some((lease) => sameTenure(lease, before)))) gone();
    this.#leases = new Map(others.map((lease) => [lease.name, lease]));
    this.#watch.keep(found.map(({ name }) => name));
    for (const name of [...this.#renewedAtMs.keys()]) if (!this.#leases.has(name)) this.#renewedAtMs.delete(name);
  }
}

export const standstill = (): CovaultError =>
  new CovaultError("party/instance-lost", "This process was without a sign of life for so long that its checks count as interrupted.");

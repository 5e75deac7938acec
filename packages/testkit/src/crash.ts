// A process that dies at a chosen step: its k-th write or send, before or after the effect. From then on nothing of this incarnation
// happens any more, and no call of it ever returns.
import type { Store, Transport } from "@covault/party";

const reads = new Set([
  "peekIntent",
  "outbox",
  "runningSessions",
  "share",
  "committedShare",
  "shareOfSession",
  "stagedShares",
  "certificates",
  "lastCertificate",
  "pairs",
  "burned",
  "strikes",
  "standing",
  "leases",
  // A lease is renewed by a clock beside everything else: its writes are no steps of an attempt.
  "takeLease",
  "dropLease",
]);

export class CrashPoint {
  readonly #at: number;
  readonly #when: "before" | "after";
  steps = 0;
  crashed = false;
  /** What it died at. */
  where = "";
  /** Resolves at the crash, so that nobody waits for the dead. */
  readonly death: Promise<void>;
  #resolveDeath: () => void = () => {};

  /** `at`: which write or send, from 1; 0: never. */
  constructor(at: number, when: "before" | "after") {
    this.#at = at;
    this.#when = when;
    this.death = new Promise((resolve) => {
      this.#resolveDeath = resolve;
    });
  }

  async step<T>(name: string, effect: () => Promise<T>): Promise<T> {
    if (this.crashed) return never();
    this.steps += 1;
    if (this.steps !== this.#at) return this.guard(effect());
    this.where = name;
    if (this.#when === "after") await effect();
    this.kill();
    return never();
  }

  async guard<T>(result: Promise<T>): Promise<T> {
    const value = await result;
    return this.crashed ? never() : value;
  }

  store(inner: Store): Store {
    return new Proxy(inner, {
      get: (target, property) => {
        const method = Reflect.get(target, property) as unknown;
        if (typeof method !== "function") return method;
        const call = (...args: unknown[]): Promise<unknown> => method.apply(target, args) as Promise<unknown>;
        const name = String(property);
        if (reads.has(name)) return (...args: unknown[]) => (this.crashed ? never() : this.guard(call(...args)));
        return (...args: unknown[]) => this.step(name, () => call(...args));
      },
    });
  }

  transport(inner: Transport): Transport {
    return {
      send: (to, bytes, options) => this.step(`send to ${to.partyId}`, () => inner.send(to, bytes, options)),
      onEnvelope: (receive) =>
        inner.onEnvelope((from, bytes) => (this.crashed ? Promise.resolve() : Promise.race([receive(from, bytes), this.death]))),
      onReconnect: (notice) => inner.onReconnect(() => (this.crashed ? undefined : notice())),
    };
  }

  /** The process is gone, now. */
  kill(): void {
    this.crashed = true;
    this.#resolveDeath();
  }
}

const never = <T>(): Promise<T> => new Promise(() => {});

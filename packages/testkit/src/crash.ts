// A process that dies at a chosen step. A step is a write or a send, and the process dies before or
// after its effect. From then on nothing of this incarnation happens any more, and no call of it
// ever returns.
import type { Store, Transport } from "@covault/party";

const reads = new Set([
  "peekIntent",
  "outbox",
  "runningSessions",
  "share",
  "committedShare",
  "shareOfIntent",
  "sharesOfSession",
  "heldKeys",
  "stagedShares",
  "certificates",
  "lastCertificate",
  "backups",
  "releaseOf",
  "importKey",
  "isExported",
  "keysToBackUp",
  "pairs",
  "renewalOfIntent",
  "stagedPairs",
  "renewalRuns",
  "standing",
  "leases",
  // A clock renews a lease beside everything else, so its writes are no steps of an attempt.
  "takeLease",
  "dropLease",
  // A start does this before anything of an attempt.
  "dropOldBackupsExcept",
]);

export class CrashPoint {
  readonly #at: number;
  readonly #when: "before" | "after";
  steps = 0;
  crashed = false;
  /** The name of the step that it died at. Empty while it lives. */
  where = "";
  /** The names of all steps so far. */
  readonly names: string[] = [];
  /** Resolves at the crash, so that nobody waits for a dead process. */
  readonly death: Promise<void>;
  #resolveDeath: () => void = () => {};

  /** `at` is the number of the write or send to die at, from 1. 0 means that it never dies. */
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
    this.names.push(name);
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

  /** Kills the process at once. */
  kill(): void {
    this.crashed = true;
    this.#resolveDeath();
  }
}

const never = <T>(): Promise<T> => new Promise(() => {});

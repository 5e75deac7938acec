// The leases of the memory store.
import type { LeaseAnswer, LeaseMark, LeaseState, Leases, Tenure } from "@covault/party";

export class MemoryLeases implements Leases {
  readonly #leases = new Map<string, LeaseState>();
  #fence = 0;

  protected fillLeases(from: MemoryLeases): void {
    for (const [name, lease] of from.#leases) this.#leases.set(name, lease);
    this.#fence = from.#fence;
  }

  async takeLease(name: string, owner: string, seen?: LeaseMark): Promise<LeaseAnswer> {
    const lease = this.#leases.get(name);
    if (lease !== undefined && lease.owner !== owner && !isAt(lease, seen)) return { ...lease, taken: false };
    const own = lease?.owner === owner;
    const taken = own ? { ...lease, counter: lease.counter + 1 } : { name, owner, fence: ++this.#fence, counter: 0 };
    this.#leases.set(name, taken);
    return { ...taken, taken: true };
  }

  async dropLease(name: string, seen: LeaseMark): Promise<boolean> {
    return isAt(this.#leases.get(name), seen) && this.#leases.delete(name);
  }

  async leases(prefix: string): Promise<readonly LeaseState[]> {
    return [...this.#leases.values()].filter(({ name }) => name.startsWith(prefix));
  }

  protected holds({ name, fence }: Tenure): boolean {
    return this.#leases.get(name)?.fence === fence;
  }
  /** Says whether the lease is still as it was seen. */
  protected stands(name: string, seen: LeaseMark): boolean {
    return isAt(this.#leases.get(name), seen);
  }
}

const isAt = (lease: LeaseState | undefined, seen: LeaseMark | undefined): boolean =>
  lease !== undefined && lease.fence === seen?.fence && lease.counter === seen.counter;

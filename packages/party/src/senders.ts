// Whom a party hears, and how often each of them may make it look into its store. Who a message is from is the router's word: nothing is
// believed for it, but whoever is no one to this party costs it nothing.
import { rosterParty } from "@covault/trust";
import { coordinatorAddress } from "@covault/wire";
import type { PartyDeps } from "./deps.ts";
import type { Address } from "./ports/transport.ts";

const windowMs = 1_000;

export class Senders {
  readonly #deps: PartyDeps;
  readonly #isMember: (partyId: string) => boolean;
  readonly #looks = new Map<string, number>();
  #cancel: () => void = () => {};

  /** `isMember`: of something that runs or waits in memory. */
  constructor(deps: PartyDeps, isMember: (partyId: string) => boolean) {
    this.#deps = deps;
    this.#isMember = isMember;
  }

  isHeard({ partyId }: Address): boolean {
    const { roster, clock } = this.#deps;
    return partyId === coordinatorAddress || rosterParty(roster(), partyId, clock.nowMs()) !== undefined || this.#isMember(partyId);
  }

  /** Notes a look into the store for this sender. False: it has had as many as it may in this second. */
  mayLook({ partyId }: Address): boolean {
    const { clock, limits } = this.#deps;
    const looks = (this.#looks.get(partyId) ?? 0) + 1;
    if (looks > limits.looksPerSecond) return false;
    if (this.#looks.size === 0) this.#cancel = clock.timer(windowMs, () => this.#looks.clear());
    this.#looks.set(partyId, looks);
    return true;
  }

  stop(): void {
    this.#cancel();
    this.#looks.clear();
  }
}

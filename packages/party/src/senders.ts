// Whom a party hears, and how often each of them may make it look into its store. Who a message is from is the router's word: nothing is
// believed for it, but whoever is no one to this party costs it nothing.
import { rosterParty } from "@covault/trust";
import { coordinatorAddress } from "@covault/wire";
import type { PartyContext } from "./context.ts";
import type { Address } from "./ports/transport.ts";

const windowMs = 1_000;

export class Senders {
  readonly #context: PartyContext;
  readonly #isMember: (partyId: string) => boolean;
  readonly #looks = new Map<string, number>();
  #cancel: () => void = () => {};

  /** `isMember`: of something that runs or waits in memory. */
  constructor(context: PartyContext, isMember: (partyId: string) => boolean) {
    this.#context = context;
    this.#isMember = isMember;
  }

  isHeard({ partyId }: Address): boolean {
    const { roster, clock } = this.#context;
    return partyId === coordinatorAddress || rosterParty(roster(), partyId, clock.nowMs()) !== undefined || this.#isMember(partyId);
  }

  /** Notes a look into the store for this sender. False: it has had as many as it may in this second. */
  mayLook({ partyId }: Address): boolean {
    const { clock, limits } = this.#context;
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

// Which parties are heard, and how often each of them may make this party look into its store. The
// router says which party sent a message. Nothing is believed for its word, but a sender that has
// nothing to do with this party costs it nothing.
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

  /** `isMember` tells whether a party is a member of something that runs or waits in memory. */
  constructor(deps: PartyDeps, isMember: (partyId: string) => boolean) {
    this.#deps = deps;
    this.#isMember = isMember;
  }

  /** Throws when the roster of this moment is behind. Members of what runs are heard without it. */
  isHeard({ partyId }: Address): boolean {
    const { roster, clock } = this.#deps;
    return partyId === coordinatorAddress || this.#isMember(partyId) || rosterParty(roster(), partyId, clock.nowMs()) !== undefined;
  }

  /**
   * Notes a look into the store for this sender. Gives false when it has had as many as it may in
   * this second.
   */
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

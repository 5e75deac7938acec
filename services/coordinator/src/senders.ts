// Which senders the inbox hears: the parties of the roster, and those whom a session that is in
// memory concerns. Everybody else is dropped before anything is looked up. A party of the roster
// may look up a bounded number of sessions of which it is not known here that they concern it. The
// sender's name is the router's word, so this is a bound and no proof.
import { rosterParty } from "@covault/trust";
import type { Roster } from "@covault/wire";
import { isConcerned } from "./session/plan.ts";
import type { SessionState } from "./session/state.ts";

const windowMs = 1_000;
const looksMax = 512;

export interface Senders {
  /**
   * Gives the refusal, or undefined when the sender is heard. `known` is the session as it is in
   * memory.
   */
  refusal(partyId: string, known: SessionState | undefined): "stranger" | "too-often" | undefined;
}

export function makeSenders(roster: () => Roster, nowMs: () => number, monotonicMs: () => number = () => performance.now()): Senders {
  const looks = new Map<string, number>();
  let sinceMs = monotonicMs();
  return {
    refusal(partyId, known) {
      if (known?.plan !== undefined && isConcerned(known.plan, partyId)) return undefined;
      if (rosterParty(roster(), partyId, nowMs()) === undefined) return "stranger";
      if (monotonicMs() >= sinceMs + windowMs) {
        looks.clear();
        sinceMs = monotonicMs();
      }
      const count = (looks.get(partyId) ?? 0) + 1;
      if (count > looksMax) return "too-often";
      looks.set(partyId, count);
      return undefined;
    },
  };
}

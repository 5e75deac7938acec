// Since when this coordinator has not seen a party. A router that dies without a word takes its presence with it a moment before its parties
// notice and connect elsewhere: who is absent at one look is not gone yet. Forgotten with the process, which then looks for as long again.
import type { Seat } from "./session/plan.ts";

/** Long after every session that a party was missed in. */
const keptMs = 600_000;

export interface Absences {
  /** By party id, on the monotonic clock: the first look that found no instance, with none since that found one. Of those that were wanted or seen. */
  readonly sinceMs: ReadonlyMap<string, number>;
  look(wanted: readonly Pick<Seat, "partyId">[], present: readonly { readonly partyId: string }[], monotonicMs: number): void;
}

export function absences(): Absences {
  const sinceMs = new Map<string, number>();
  let before: readonly string[] = [];
  return {
    sinceMs,
    look(wanted, present, monotonicMs) {
      // Nobody at all: presence itself is away, and has told nothing about anybody.
      const there = new Set(present.map((entry) => entry.partyId));
      // Who has just left counts from now on, whether or not a session asks: another coordinator may have had all the looks for it so far.
      const watched = [...wanted.map(({ partyId }) => partyId), ...before];
      before = [...there];
      if (there.size === 0) return sinceMs.clear();
      for (const partyId of there) sinceMs.delete(partyId);
      for (const [partyId, since] of sinceMs) if (monotonicMs - since > keptMs) sinceMs.delete(partyId);
      for (const partyId of watched) if (!there.has(partyId) && !sinceMs.has(partyId)) sinceMs.set(partyId, monotonicMs);
    },
  };
}

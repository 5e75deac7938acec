// Since when this coordinator has not seen a party. A router that dies without a word takes its presence with it a moment before its parties
// notice and connect elsewhere: who is absent at one look is not gone yet. Forgotten with the process, which then looks for as long again.
import type { Seat } from "./session/plan.ts";

export interface Absences {
  /** By party id, on the monotonic clock: the first look that found no instance, with none since that found one. */
  readonly sinceMs: ReadonlyMap<string, number>;
  look(wanted: readonly Pick<Seat, "partyId">[], present: readonly { readonly partyId: string }[], monotonicMs: number): void;
}

export function absences(): Absences {
  const sinceMs = new Map<string, number>();
  return {
    sinceMs,
    look(wanted, present, monotonicMs) {
      // Nobody at all: presence itself is away, and has told nothing about anybody.
      if (present.length === 0) return sinceMs.clear();
      const there = new Set(present.map((entry) => entry.partyId));
      for (const partyId of there) sinceMs.delete(partyId);
      for (const { partyId } of wanted) if (!there.has(partyId) && !sinceMs.has(partyId)) sinceMs.set(partyId, monotonicMs);
    },
  };
}

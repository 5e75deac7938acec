// Since when this coordinator has not seen a party. A router that dies takes its presence with it a
// moment before its parties notice and connect elsewhere. So a party that is absent at one look is
// not gone yet. The process keeps these times in memory. After a restart it looks for as long
// again.
import type { Seat } from "./session/plan.ts";

/** A time that is longer than every session in which the party was missed. */
const keptMs = 600_000;

export interface Absences {
  /**
   * The first look that found no instance, when no look since then has found one. By party id, on
   * the monotonic clock. It holds the parties that were wanted or seen.
   */
  readonly sinceMs: ReadonlyMap<string, number>;
  look(wanted: readonly Pick<Seat, "partyId">[], present: readonly { readonly partyId: string }[], monotonicMs: number): void;
}

export function absences(): Absences {
  const sinceMs = new Map<string, number>();
  let before: readonly string[] = [];
  return {
    sinceMs,
    look(wanted, present, monotonicMs) {
      // No party at all is present. Then presence itself is away, and says nothing about any of
      // them.
      const there = new Set(present.map((entry) => entry.partyId));
      // A party that has just left counts from now on, whether or not a session asks for it.
      // Another coordinator may have had all the looks for its sessions so far.
      const watched = [...wanted.map(({ partyId }) => partyId), ...before];
      before = [...there];
      if (there.size === 0) return sinceMs.clear();
      for (const partyId of there) sinceMs.delete(partyId);
      for (const [partyId, since] of sinceMs) if (monotonicMs - since > keptMs) sinceMs.delete(partyId);
      for (const partyId of watched) if (!there.has(partyId) && !sinceMs.has(partyId)) sinceMs.set(partyId, monotonicMs);
    },
  };
}

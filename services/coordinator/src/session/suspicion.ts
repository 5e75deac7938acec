// What a failed attempt says about whom to choose next. A named silent party weighs 2, and so does a pair of accuser and accused
// (either may be the liar); when nobody is named, every member weighs 1, so that another quorum gets its turn.
import type { EventData } from "./events.ts";
import { pairKey, pairOf } from "./events.ts";
import type { Seat } from "./plan.ts";
import type { Suspicion } from "./state.ts";

export function suspectParties(suspicion: Suspicion, partyIds: readonly string[], weight: number): Suspicion {
  const byParty = { ...suspicion.byParty };
  for (const id of partyIds) byParty[id] = (byParty[id] ?? 0) + weight;
  return { ...suspicion, byParty };
}

export function suspectAccusation(suspicion: Suspicion, abort: EventData["Aborted"]): Suspicion {
  const byPair = { ...suspicion.byPair };
  for (const culprit of abort.culprits) {
    const key = pairKey(pairOf(abort.shareIndex, culprit));
    byPair[key] = (byPair[key] ?? 0) + 2;
  }
  return { ...suspicion, byPair };
}

/** After an attempt that failed with nobody named. */
export function suspectEverybody(suspicion: Suspicion, members: readonly Seat[]): Suspicion {
  return suspectParties(
    suspicion,
    members.map((seat) => seat.partyId),
    1,
  );
}

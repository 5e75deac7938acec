// With `covault party reseal`, an operator ends the rotation of a party's master key: what former
// keys sealed is sealed anew under the current one, while the party works or not.

import { checkOwner, openSqlStore, type Resealed, reseal } from "@covault/server-party";
import { openPartyPlace, type PartyPlace } from "./party-store.ts";

/**
 * Gives how far it came. `onProgress` hears of each hundred secrets. Throws config/bad-value when a
 * setting is wrong or the database has no such party, and party/wrong-master-key when that party's
 * store was made with none of these keys, or has secrets under another one.
 */
export async function resealParty(place: PartyPlace, onProgress: (sofar: Resealed) => void): Promise<Resealed> {
  const { partyId } = place;
  const { database, masters } = await openPartyPlace(place);
  try {
    const given = masters();
    await checkOwner(database, partyId, given);
    await openSqlStore(database, partyId);
    let last: Resealed = { total: 0, done: 0, unreadable: [] };
    for await (last of reseal(database, partyId, given)) onProgress(last);
    return last;
  } finally {
    await database.close();
  }
}

// With `covault party pairs`, an operator sees how the pairs of a party stand. With `covault pair
// clear`, an operator says that a pair which a failed check has burned may be made anew.
import { checkOwner, clearBurnedPair, type ListedPair, listPairs, openSqlStore } from "@covault/server-party";
import { openPartyPlace, type PartyPlace } from "./party-store.ts";

/**
 * Gives the pairs of a party, or those of one key (`keyId`, 32 bytes). Throws config/bad-value when
 * a setting is wrong or the database has no such party.
 */
export async function listPartyPairs(place: PartyPlace, keyId?: Uint8Array): Promise<readonly ListedPair[]> {
  const { database } = await openPartyPlace(place);
  try {
    const { store } = await openSqlStore(database, place.partyId);
    return await listPairs(store, place.partyId, keyId);
  } finally {
    await database.close();
  }
}

/**
 * Clears the pair of a key (`keyId`, 32 bytes) with `partner`, a party id. Throws as
 * `listPartyPairs` does, party/wrong-master-key when the party's store is not the one of these
 * settings, party/unknown-share and party/not-burned.
 */
export async function clearPartyPair(place: PartyPlace, keyId: Uint8Array, partner: string): Promise<ListedPair> {
  const { partyId } = place;
  const { database, masters } = await openPartyPlace(place);
  try {
    // A URL that leads to another installation's party of the same name must clear nothing there.
    // A folder cannot lead elsewhere.
    if (database.kind === "postgres") await checkOwner(database, partyId, masters());
    const { store } = await openSqlStore(database, partyId);
    return await clearBurnedPair(store, partyId, keyId, partner);
  } finally {
    await database.close();
  }
}

// With `covault party restored`, an operator says that a party's store came from a backup, where
// the party itself could not notice.
import { checkOwner, openSqlStore } from "@covault/server-party";
import { skewMs } from "@covault/trust";
import { openPartyPlace, type PartyPlace } from "./party-store.ts";

/**
 * Gives the number of keys whose pairs are gone. Throws config/bad-value when a setting is wrong or
 * the database has no such party, and party/wrong-master-key when that party's store is not the one
 * of these settings.
 */
export async function markRestored(place: PartyPlace): Promise<{ readonly keys: number }> {
  const { partyId } = place;
  const { database, masters } = await openPartyPlace(place);
  try {
    // A URL that leads to another installation's party of the same name would cost that party its
    // pairs. A folder cannot lead elsewhere.
    if (database.kind === "postgres") await checkOwner(database, partyId, masters());
    const { store, tables } = await openSqlStore(database, partyId);
    const shares = await tables.selectFrom("shares").select("key_id").distinct().where("status", "<>", "superseded").execute();
    for (;;) {
      const { generation: seen } = await store.standing();
      // The counter stays as it is. The party sees for itself whether the record outside agrees
      // with it.
      if (await store.markRestored({ seen, generation: seen, refuseUpToMs: Date.now() + skewMs })) return { keys: shares.length };
    }
  } finally {
    await database.close();
  }
}

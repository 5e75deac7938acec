// The Generation port on a table. The table stands in a PostgreSQL of its own, which nobody backs
// up or restores together with a party's database. It has one row per party, so that one small
// database serves several parties.
import { asCovaultError, CovaultError } from "@covault/errors";
import type { Generation, StoreIdentity } from "@covault/party";
import { reasonOf } from "@covault/service-kit/run";
import { type Database, migrate } from "@covault/service-kit/sql";
import { sql } from "kysely";

interface Tables {
  records: { party_id: string; generation: number; identity: StoreIdentity };
}

/**
 * Gives the record of a party in this database, which it migrates. This call and the methods of the
 * record throw party/generation-unavailable when the database cannot be used.
 */
export async function generationTable(database: Database, partyId: string): Promise<Generation> {
  await named(() => migrate(database, "generations", new URL("../generation-migrations/", import.meta.url)));
  const tables = database.schema<Tables>("generations");
  return {
    read: () =>
      named(async () => {
        const row = await tables.selectFrom("records").selectAll().where("party_id", "=", partyId).executeTakeFirst();
        return row && { generation: Number(row.generation), identity: row.identity };
      }),
    raise: ({ generation, identity }) =>
      named(async () => {
        await tables
          .insertInto("records")
          .values({ party_id: partyId, generation, identity: sql<StoreIdentity>`${JSON.stringify(identity)}::jsonb` })
          .onConflict((conflict) =>
            conflict
              .column("party_id")
              .doUpdateSet((row) => ({ generation: row.ref("excluded.generation"), identity: row.ref("excluded.identity") }))
              .whereRef("records.generation", "<", "excluded.generation"),
          )
          .execute();
      }),
  };
}

async function named<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    if (asCovaultError(cause) !== undefined) throw cause;
    throw new CovaultError("party/generation-unavailable", `The database of GENERATION_DATABASE_URL cannot be used: ${reasonOf(cause)}.`, {
      cause,
    });
  }
}

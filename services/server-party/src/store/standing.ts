// Where the store stands between backups: its counter, how often it was marked as restored, and
// which store it is. PostgreSQL shows every role the facts of the identity. Each of them changes
// with another way of restoring.
// - system: the identifier of the server's data directory. Another directory has another identifier
//   (initdb, pg_upgrade, another machine).
// - timeline: a recovery to a point in time begins another one, and so does the promotion of a
//   standby. It is taken from the name of the current WAL file, because the control file names the
//   new timeline only from the first checkpoint after a promotion on.
// - database: a database that was dropped and created, or copied from a template, has another oid.
// - table …: a table that was dropped and created, by pg_restore, has another oid.
import type { RestoreMark, StoreStanding } from "@covault/party";
import { sql, type Transaction } from "kysely";
import { closeSessions } from "./sessions.ts";
import type { PartyDatabase, PartyTables } from "./tables.ts";

/** The oid of the table from which the row comes. */
export const tableOid = sql<string>`tableoid::text`.as("oid");

/** The name under which the identity has the oid of the table of the party. */
export const partyTableFact = "table party";

interface Row {
  readonly generation: string;
  readonly marks: number;
  readonly system: string;
  readonly timeline: string;
  readonly database: string;
  /** The oids by the names of the tables. */
  readonly tables: Readonly<Record<string, string>>;
}

/**
 * Gives the query for everything about the standing. It is one statement, so that everything is of
 * one moment.
 */
export function standingQuery(schema: string): string {
  return `SELECT party.generation::text AS generation, party.marks,
      (SELECT system_identifier::text FROM pg_control_system()) AS system,
      substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) AS timeline,
      (SELECT oid::text FROM pg_database WHERE datname = current_database()) AS database,
      (SELECT json_object_agg(relname, pg_class.oid::text) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE nspname = '${schema}' AND relkind = 'r') AS tables
    FROM "${schema}".party`;
}

/**
 * Gives the standing from the rows of the query. Throws when the store has no row of its party,
 * which means that a restore is under way.
 */
export function standingOf(rows: readonly unknown[]): StoreStanding {
  const row = rows[0] as Row | undefined;
  if (row === undefined) throw new Error("The table of the party is empty.");
  const { system, timeline, database, tables } = row;
  const identity: Record<string, string> = { system, timeline, database };
  for (const [name, oid] of Object.entries(tables)) identity[`table ${name}`] = oid;
  return { generation: Number(row.generation), marks: row.marks, identity };
}

export async function moveGeneration(tables: PartyDatabase, from: number): Promise<boolean> {
  const { numUpdatedRows } = await tables
    .updateTable("party")
    .set({ generation: from + 1 })
    .where("generation", "=", String(from))
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

export function markRestored(tables: PartyDatabase, { seen, generation, refuseUpToMs }: RestoreMark): Promise<boolean> {
  return tables.transaction().execute(async (tx: Transaction<PartyTables>) => {
    const { numUpdatedRows } = await tx
      .updateTable("party")
      .set({
        generation,
        marks: sql<number>`marks + 1`,
        era: sql<string>`gen_random_uuid()`,
        refuse_up_to_ms: sql<number>`greatest(refuse_up_to_ms, ${refuseUpToMs}::bigint)`,
      })
      .where("generation", "=", String(seen))
      .executeTakeFirst();
    if (numUpdatedRows !== 1n) return false;
    await tx.deleteFrom("pairs").execute();
    await tx.deleteFrom("import_keys").execute();
    await closeSessions(tx, "running");
    return true;
  });
}

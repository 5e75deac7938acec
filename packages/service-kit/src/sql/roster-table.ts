// The highest roster that a service or a party has gone by, in its own schema, which `migrate` has
// made the table in. All replicas share it, and it outlives their restarts. A restored database has
// the one of its backup.
import { asCovaultError } from "@covault/errors";
import type { Database } from "./database.ts";
import { databaseUnavailable } from "./database-away.ts";

/** A roster's serial, and the SHA-256 of its bytes. */
export interface KeptRoster {
  readonly serial: bigint;
  readonly digest: Uint8Array;
}

export interface RosterTable {
  /**
   * Keeps the mark if its serial is higher than the one that is kept. Gives the mark that is kept
   * afterwards. Two callers at once get the same answer, whichever of their statements is first.
   * Throws database/unavailable, whatever keeps the database from doing it: a roster that is not
   * taken must be seen, and may be taken later.
   */
  raise(mark: KeptRoster): Promise<KeptRoster>;
}

interface Row {
  /** `numeric` arrives as text, since a number of JavaScript would lose its end. */
  readonly serial: string;
  readonly digest: Uint8Array;
}

/**
 * Gives what each schema of the database keeps, by the schema's name. A schema that keeps none is
 * not among them, and so a database that nobody has worked with gives none.
 */
export async function keptRosters({ pool }: Database): Promise<ReadonlyMap<string, KeptRoster>> {
  const { rows: schemas } = await pool.query<{ readonly name: string }>(
    `SELECT nspname AS name FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace JOIN pg_attribute ON attrelid = pg_class.oid
      WHERE relname = 'roster' AND relkind = 'r' AND attname = 'digest' ORDER BY nspname`,
  );
  const kept = new Map<string, KeptRoster>();
  for (const { name } of schemas) {
    const { rows } = await pool.query<Row>(`SELECT serial, digest FROM "${name}"."roster"`);
    for (const row of rows) kept.set(name, keptOf(row));
  }
  return kept;
}

const keptOf = ({ serial, digest }: Row): KeptRoster => ({ serial: BigInt(serial), digest: new Uint8Array(digest) });

/** The schema must have been migrated. */
export function rosterTable(database: Database, schema: string): RosterTable {
  const table = `"${schema}"."roster"`;
  const raise = `INSERT INTO ${table} AS kept (serial, digest) VALUES ($1, $2) ON CONFLICT (one) DO UPDATE
    SET serial = excluded.serial, digest = excluded.digest WHERE kept.serial < excluded.serial`;
  return {
    async raise({ serial, digest }) {
      try {
        await database.pool.query(raise, [String(serial), Buffer.from(digest)]);
        const { rows } = await database.pool.query<Row>(`SELECT serial, digest FROM ${table}`);
        const [kept] = rows;
        return kept === undefined ? { serial, digest } : keptOf(kept);
      } catch (error) {
        if (asCovaultError(error) !== undefined) throw error;
        throw databaseUnavailable(`The database does not keep the roster of ${schema} (${(error as { code?: unknown }).code}).`, error);
      }
    },
  };
}

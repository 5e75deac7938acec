// Applies numbered .sql files to one schema. A file that was applied is not applied again, and must
// not have changed since. Two replicas may start at once, because the transaction holds an advisory
// lock. All files of a run are one transaction, so that a failing one changes nothing.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CovaultError } from "@covault/errors";
import type { PoolClient } from "pg";
import { withPatience } from "./connections.ts";
import type { Database } from "./database.ts";

/** Another replica may be migrating, and a change of a large table may take minutes. */
const migrationMs = 5 * 60_000;

/** The hint for a changed file. Until 0.2.0 migrations are edited in place (docs/versions.md). */
const changedHint =
  "If another state of the repository made this database, start that one, or give up what is in it, key shares too, and delete the data folder (DATA_DIR) or drop the database: nothing is kept before 0.2.0. Otherwise restore the file, and put the change in a new one.";

export interface Migrated {
  /** The files that this run has applied. */
  readonly applied: readonly string[];
  /** The files that the database knows and this release does not: a newer release was here. */
  readonly ahead: readonly string[];
}
interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly digest: string;
}

/**
 * `folder` holds files `NNNN_name.sql`, numbered from 0001 without holes. It stands beside the
 * package.json: `new URL("../migrations/", import.meta.url)`. The files run with `schema` as their
 * search path, on PostgreSQL 15. Throws database/bad-migration for a wrong name, a hole, or a file
 * that has changed, and config/foreign-database for an exclusive database that has another owner.
 */
export async function migrate(database: Database, schema: string, folder: URL | string): Promise<Migrated> {
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(schema))
    throw new CovaultError("database/bad-migration", `The schema name ${JSON.stringify(schema)} is not lower case letters, digits and _.`);
  const migrations = readMigrations(folder);
  const client = await database.pool.connect();
  try {
    await client.query("BEGIN");
    const migrated = await withPatience(client, migrationMs, () => apply(client, database.exclusive, schema, migrations));
    await client.query("COMMIT");
    return migrated;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  } finally {
    client.release();
  }
}

async function apply(client: PoolClient, exclusive: boolean, schema: string, migrations: readonly Migration[]): Promise<Migrated> {
  // An exclusive database is locked as a whole, so that two first starts cannot both find it empty.
  await client.query("SELECT pg_advisory_xact_lock(hashtext('covault/migrate'), hashtext($1))", [exclusive ? "" : schema]);
  if (exclusive) await refuseForeign(client, schema);
  await client.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`);
  await client.query(`SET LOCAL search_path TO "${schema}"`);
  await client.query(
    "CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, digest text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())",
  );
  await client.query(
    "CREATE TABLE IF NOT EXISTS health (one boolean PRIMARY KEY DEFAULT true CHECK (one), written_at timestamptz NOT NULL DEFAULT now())",
  );
  await client.query(
    "CREATE TABLE IF NOT EXISTS roster (one boolean PRIMARY KEY DEFAULT true CHECK (one), serial numeric(20) NOT NULL, digest bytea NOT NULL)",
  );
  const rows = await client.query<{ name: string; digest: string }>("SELECT name, digest FROM migrations ORDER BY name");
  const known = new Map(rows.rows.map((row) => [row.name, row.digest]));
  const applied: string[] = [];
  for (const { name, sql, digest } of migrations) {
    const before = known.get(name);
    known.delete(name);
    if (before === digest) continue;
    if (before !== undefined)
      throw new CovaultError("database/bad-migration", `The migration ${name} of schema ${schema} has changed since it was applied.`, {
        hint: changedHint,
      });
    await client.query(sql);
    // The file may have set another search path for itself.
    await client.query(`INSERT INTO "${schema}".migrations (name, digest) VALUES ($1, $2)`, [name, digest]);
    applied.push(name);
  }
  return { applied, ahead: [...known.keys()] };
}

/** Throws config/foreign-database when another schema has a table of migrations such as ours. */
async function refuseForeign(client: PoolClient, schema: string): Promise<void> {
  const { rows } = await client.query<{ nspname: string }>(
    `SELECT nspname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace JOIN pg_attribute ON attrelid = pg_class.oid
      WHERE relname = 'migrations' AND relkind = 'r' AND attname = 'digest' AND nspname <> $1 ORDER BY nspname`,
    [schema],
  );
  if (rows.length === 0) return;
  const owners = rows.map((row) => row.nspname).join(", ");
  throw new CovaultError("config/foreign-database", `The database of DATABASE_URL belongs to ${owners}, not to ${schema}.`);
}

function readMigrations(folder: URL | string): readonly Migration[] {
  const path = typeof folder === "string" ? folder : fileURLToPath(folder);
  const names = readdirSync(path)
    .filter((name) => name.endsWith(".sql"))
    .sort();
  return names.map((name, index) => {
    const number = /^(\d{4})_[a-z0-9_]+\.sql$/.exec(name)?.[1];
    if (number === undefined || Number(number) !== index + 1)
      throw new CovaultError(
        "database/bad-migration",
        `Expected the migration ${String(index + 1).padStart(4, "0")}_name.sql, found ${name}.`,
      );
    const sql = readFileSync(`${path}/${name}`, "utf8");
    return { name, sql, digest: createHash("sha256").update(sql).digest("hex") };
  });
}

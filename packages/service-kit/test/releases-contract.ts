// What a store owes to the databases of earlier releases: every file of its test/releases (plain SQL, one per release, kept for ever) is brought
// to today's schema, and its rows are of use. On both databases.
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Database, openDatabase } from "../src/database.ts";
import { migrate } from "../src/migrate.ts";
import { withServer } from "./real-servers.ts";

export interface ReleasesUnderTest {
  readonly schema: string;
  /** Of the service: with migrations/ and test/releases/. */
  readonly folder: URL;
  /** Works with the migrated rows through the store's own code. */
  readonly use: (database: Database, version: string) => Promise<void>;
}

/** Two connections to one empty database, as two replicas have them; PGlite has one process, so there they are the same. */
interface Replicas {
  readonly database: Database;
  readonly second: Database;
  readonly close: () => Promise<void>;
}

export async function releasesContract(releases: ReleasesUnderTest): Promise<void> {
  suite("the embedded database", releases, async () => {
    const database = await openDatabase({ kind: "pglite" });
    return { database, second: database, close: () => database.close() };
  });
  await withServer("PostgreSQL", (url) => {
    suite("PostgreSQL", releases, async () => {
      const admin = await openDatabase({ kind: "postgres", url, poolMax: 1 });
      const own = new URL(url);
      own.pathname = `/covault_releases_${randomBytes(6).toString("hex")}`;
      await admin.pool.query(`CREATE DATABASE ${own.pathname.slice(1)}`);
      const open = () => openDatabase({ kind: "postgres", url: own.href });
      const [database, second] = [await open(), await open()];
      return {
        database,
        second,
        async close() {
          await database.close();
          await second.close();
          await admin.pool.query(`DROP DATABASE ${own.pathname.slice(1)} WITH (FORCE)`);
          await admin.close();
        },
      };
    });
  });
}

function suite(name: string, { schema, folder, use }: ReleasesUnderTest, open: () => Promise<Replicas>): void {
  const files = new URL("test/releases/", folder);
  const migrations = new URL("migrations/", folder);
  const versions = readdirSync(files).map((file) => file.replace(/\.sql$/, ""));
  const loaded = async (version: string, work: (replicas: Replicas) => Promise<void>): Promise<void> => {
    const replicas = await open();
    try {
      await replicas.database.pool.query(readFileSync(new URL(`${version}.sql`, files), "utf8"));
      await work(replicas);
    } finally {
      await replicas.close();
    }
  };

  describe(`schema ${schema} of earlier releases on ${name}`, () => {
    it("has one for the first release", () => expect(versions).toContain("0.1.0"));

    describe.each(versions)("%s", (version) => {
      it("has rows in every table", () =>
        loaded(version, async ({ database }) => {
          const tables = await database.pool.query("SELECT table_name FROM information_schema.tables WHERE table_schema = $1", [schema]);
          const empty: string[] = [];
          for (const { table_name } of tables.rows as { table_name: string }[])
            if ((await database.pool.query(`SELECT FROM "${schema}"."${table_name}" LIMIT 1`)).rowCount === 0) empty.push(table_name);
          expect([tables.rowCount !== 0, empty]).toEqual([true, []]);
        }));

      it("is migrated once by two replicas that start at the same time, and its rows are of use", () =>
        loaded(version, async ({ database, second }) => {
          const runs = await Promise.all([database, second].map((one) => migrate(one, schema, migrations)));
          const applied = runs.flatMap((run) => run.applied);
          expect(new Set(applied).size).toBe(applied.length);
          expect(await migrate(second, schema, migrations)).toEqual({ applied: [], ahead: [] });
          await use(database, version);
        }));

      it("becomes the schema that a new database gets, to every column, index, constraint and trigger", () =>
        loaded(version, async ({ database }) => {
          await migrate(database, schema, migrations);
          const brought = await describeSchema(database, schema);
          await database.pool.query(`DROP SCHEMA "${schema}" CASCADE`);
          await migrate(database, schema, migrations);
          expect(brought).toEqual(await describeSchema(database, schema));
          expect(brought.length).toBeGreaterThan(10);
        }));
    });
  });
}

/** One line for each thing that a schema consists of. The order of columns is nobody's business. */
async function describeSchema(database: Database, schema: string): Promise<string[]> {
  const { rows } = await database.pool.query<{ line: string }>(
    `SELECT concat_ws(' ', 'column', table_name, column_name, data_type, is_nullable, column_default, is_identity) AS line
       FROM information_schema.columns WHERE table_schema = $1
     UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = $1
     UNION ALL SELECT concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid))
       FROM pg_constraint WHERE connamespace = $1::regnamespace
     UNION ALL SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
       WHERE c.relnamespace = $1::regnamespace AND NOT tgisinternal
     UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = $1::regnamespace
     ORDER BY line`,
    [schema],
  );
  return rows.map(({ line }) => line);
}

// What the database must do for every store, embedded or on a server.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../src/sql/database.ts";
import { migrate } from "../src/sql/migrate.ts";
import { keptRosters, rosterTable } from "../src/sql/roster-table.ts";

interface Tables {
  things: { id: number; body: Buffer; name: string };
}

export function databaseContract(name: string, make: () => Promise<Database>): void {
  describe(`database: ${name}`, () => {
    let database: Database;
    const folder = mkdtempSync(join(tmpdir(), "covault-migrations-"));
    const write = (file: string, sql: string) => writeFileSync(join(folder, file), sql);
    beforeAll(async () => {
      database = await make();
      write("0001_things.sql", "CREATE TABLE things (id int PRIMARY KEY, body bytea NOT NULL);\nINSERT INTO things VALUES (1, '\\x00ff');");
    });
    afterAll(async () => {
      await database.close();
      rmSync(folder, { recursive: true });
    });

    it("[DB1] applies the migrations once, also when several replicas start at the same time", async () => {
      const runs = await Promise.all(Array.from({ length: 3 }, () => migrate(database, "first", folder)));
      expect(runs.flatMap((run) => run.applied)).toEqual(["0001_things.sql"]);
      expect(await migrate(database, "first", folder)).toEqual({ applied: [], ahead: [] });
    });

    it("[DB2] brings a database of an older release forward and keeps its rows", async () => {
      write("0002_names.sql", "ALTER TABLE things ADD COLUMN name text NOT NULL DEFAULT 'none';\nCREATE INDEX ON things (name);");
      expect((await migrate(database, "first", folder)).applied).toEqual(["0002_names.sql"]);
      const rows = await database.schema<Tables>("first").selectFrom("things").selectAll().execute();
      expect(rows.map((row) => [row.id, [...row.body], row.name])).toEqual([[1, [0, 255], "none"]]);
    });

    it("[DB3] keeps the schemas of two services apart", async () => {
      await migrate(database, "second", folder);
      await database
        .schema<Tables>("second")
        .insertInto("things")
        .values({ id: 2, body: Buffer.from([7]), name: "x" })
        .execute();
      const first = await database.schema<Tables>("first").selectFrom("things").select("id").execute();
      expect(first.map((row) => row.id)).toEqual([1]);
    });

    it("[DB4] changes nothing when a migration fails", async () => {
      write("0003_half.sql", "CREATE TABLE half (id int);\nINSERT INTO nowhere VALUES (1);");
      await expect(migrate(database, "first", folder)).rejects.toThrow("nowhere");
      const tables = await database.pool.query("SELECT 1 FROM information_schema.tables WHERE table_name = 'half'");
      expect(tables.rows).toEqual([]);
      rmSync(join(folder, "0003_half.sql"));
      expect((await migrate(database, "first", folder)).applied).toEqual([]);
    });

    it("[DB5] refuses a migration that changed after it was applied, a hole in the numbers and a strange name", async () => {
      write("0004_hole.sql", "SELECT 1");
      await expect(migrate(database, "first", folder)).rejects.toMatchObject({ code: "database/bad-migration" });
      rmSync(join(folder, "0004_hole.sql"));
      write("0002_names.sql", "SELECT 1");
      await expect(migrate(database, "first", folder)).rejects.toMatchObject({
        code: "database/bad-migration",
        message: "The migration 0002_names.sql of schema first has changed since it was applied.",
        hint: expect.stringContaining("If another state of the repository made this database, start that one"),
      });
      await expect(migrate(database, 'x"; DROP', folder)).rejects.toMatchObject({ code: "database/bad-migration" });
    });

    it("[DB6] starts an older release on the database of a newer one, and says what it does not know", async () => {
      rmSync(join(folder, "0002_names.sql"));
      expect(await migrate(database, "first", folder)).toEqual({ applied: [], ahead: ["0002_names.sql"] });
    });

    it("[DB11] keeps the highest roster, of each schema apart, also when replicas and a lower one come at the same time", async () => {
      const table = rosterTable(database, "first");
      const mark = (serial: bigint, byte = Number(serial % 256n)) => ({ serial, digest: new Uint8Array(32).fill(byte) });
      expect(await table.raise(mark(5n))).toEqual(mark(5n));
      expect(await table.raise(mark(4n))).toEqual(mark(5n));
      expect(await table.raise(mark(5n, 77))).toEqual(mark(5n));
      const serials = [9n, 12n, 7n, 11n, 12n, 3n, 8n, 10n];
      const answers = await Promise.all(serials.map((serial) => rosterTable(database, "first").raise(mark(serial))));
      for (const [at, kept] of answers.entries()) expect(kept.serial).toBeGreaterThanOrEqual(serials[at] ?? 0n);
      expect(await rosterTable(database, "first").raise(mark(1n))).toEqual(mark(12n));
      // Above what a number of JavaScript or a bigint of PostgreSQL holds.
      const most = mark(2n ** 64n - 1n);
      expect(await table.raise(most)).toEqual(most);
      expect(await rosterTable(database, "second").raise(mark(2n))).toEqual(mark(2n));
    });

    it("[DB12] keeps one of two rosters with the same serial that come at once, for both", async () => {
      const marks = [1, 2, 3, 4].map((byte) => ({ serial: 30n, digest: new Uint8Array(32).fill(byte) }));
      const kept = await Promise.all(marks.map((mark) => rosterTable(database, "second").raise(mark)));
      expect(new Set(kept.map(({ digest }) => digest[0])).size).toBe(1);
    });

    it("[DB15] gives the rosters that are kept, by schema, and none of a schema that keeps none", async () => {
      await migrate(database, "third", folder);
      const kept = await keptRosters(database);
      expect([...kept.keys()]).toEqual(["first", "second"]);
      expect(kept.get("first")).toEqual(await rosterTable(database, "first").raise({ serial: 1n, digest: new Uint8Array(32) }));
      expect(kept.get("second")?.serial).toBe(30n);
    });

    it("[DB13] says that it is away, and not what is wrong with it, when it does not keep a roster", async () => {
      const raised = rosterTable(database, "nowhere").raise({ serial: 1n, digest: new Uint8Array(32) });
      await expect(raised).rejects.toMatchObject({ code: "database/unavailable", kind: "io", cause: { code: "42P01" } });
    });

    it("[DB7] rolls a transaction back and reports a violated constraint by its code", async () => {
      const things = database.schema<Tables>("second");
      const twice = things.transaction().execute(async (transaction) => {
        const row = { id: 9, body: Buffer.from([1]), name: "y" };
        await transaction.insertInto("things").values(row).execute();
        await transaction.insertInto("things").values(row).execute();
      });
      await expect(twice).rejects.toMatchObject({ code: "23505" });
      expect(await things.selectFrom("things").select("id").where("id", "=", 9).execute()).toEqual([]);
      await database.ping();
    });

    const fails: [string, (database: Database) => Promise<unknown>][] = [
      ["a statement", ({ pool }) => pool.query("SELECT no_such_column")],
      ["a statement with a value that cannot be read", ({ pool }) => pool.query("SELECT $1::int", ["x"])],
      ["a statement with values that cannot be parsed", ({ pool }) => pool.query("SELEKT $1", [1])],
      [
        "a statement that fails in the middle of its rows",
        ({ pool }) => pool.query("SELECT 1 / ($1 - n) FROM generate_series(1, 9) n", [5]),
      ],
      ["one of several statements at once", ({ pool }) => pool.query("BEGIN; SELECT 1; SELECT no_such_column")],
      [
        "a statement in a transaction that nobody ends",
        async ({ pool }) => {
          const client = await pool.connect();
          try {
            await client.query("BEGIN");
            await client.query("SELECT $1::int", ["x"]);
          } finally {
            client.release();
          }
        },
      ],
      [
        "the use of a connection that is given back as broken",
        async ({ pool }) => {
          const client = await pool.connect();
          await client.query("BEGIN");
          await client.query("SET search_path TO nowhere");
          client.release(true);
          throw new Error("given back");
        },
      ],
    ];

    it.each(fails)("[DB14] goes on after %s has failed, also for those who wait for it at that moment", async (_what, fail) => {
      const later = () => database.pool.query("SELECT $1::int AS one, current_schema() AS schema", [1]).then(({ rows }) => rows);
      const ends = await Promise.allSettled([fail(database), later(), fail(database), later(), later()]);
      expect(ends.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "rejected", "fulfilled", "fulfilled"]);
      expect(await later()).toEqual([{ one: 1, schema: "public" }]);
      await database
        .schema<Tables>("second")
        .transaction()
        .execute((tx) => tx.selectFrom("things").select("id").execute());
    });

    it("[DB16] keeps statements that repeat prepared, up to a bound, and each gives its own result", async () => {
      const client = await database.pool.connect();
      const texts = Array.from({ length: 300 }, (_, at) => `SELECT $1::int + ${at} AS sum`);
      const ask = async (text: string, value: number) => (await client.query<{ sum: number }>(text, [value])).rows[0]?.sum;
      const prepared = async () => Number((await client.query("SELECT count(*) FROM pg_prepared_statements")).rows[0]?.count);
      for (const [at, text] of texts.entries()) for (const value of [1, 2, 3]) expect(await ask(text, value)).toBe(value + at);
      expect(await prepared()).toBe(256);
      // The first were given up for the last, and come again.
      for (const value of [1, 2, 3]) expect(await ask(texts[0] as string, value)).toBe(value);
      expect(await prepared()).toBe(256);
      client.release();
    });

    it("[DB17] asks again when a prepared statement's result has other columns since a migration", async () => {
      const client = await database.pool.connect();
      await client.query("CREATE TABLE second.growing (id int)");
      await client.query("INSERT INTO second.growing VALUES (1)");
      const rows = async () => (await client.query("SELECT * FROM second.growing WHERE id = $1", [1])).rows;
      const grow = (column: string) => client.query(`ALTER TABLE second.growing ADD COLUMN ${column} int DEFAULT 0`);
      for (let turn = 0; turn < 3; turn++) expect(await rows()).toEqual([{ id: 1 }]);
      await grow("a");
      for (let turn = 0; turn < 3; turn++) expect(await rows()).toEqual([{ id: 1, a: 0 }]);
      // A transaction has failed as a whole by then, and is to be done again.
      await client.query("BEGIN");
      await grow("b");
      await expect(rows()).rejects.toMatchObject({ code: "database/unavailable", cause: { code: "0A000" } });
      await client.query("ROLLBACK");
      for (let turn = 0; turn < 3; turn++) expect(await rows()).toEqual([{ id: 1, a: 0 }]);
      client.release();
    });

    it("[DB18] prepares a statement again that the server has forgotten, or has although nobody knows of it", async () => {
      const client = await database.pool.connect();
      const ask = async () => (await client.query<{ n: number }>("SELECT $1::int AS n", [18])).rows[0]?.n;
      const names = async () =>
        (await client.query("SELECT name FROM pg_prepared_statements WHERE statement = 'SELECT $1::int AS n'")).rows;
      for (let turn = 0; turn < 3; turn++) expect(await ask()).toBe(18);
      const [{ name }] = await names();
      await client.query("DEALLOCATE ALL");
      for (let turn = 0; turn < 3; turn++) expect(await ask()).toBe(18);
      expect(await names()).toEqual([{ name }]);
      await client.query("DEALLOCATE ALL");
      await client.query(`PREPARE ${name} (int) AS SELECT $1::int AS n`);
      for (let turn = 0; turn < 3; turn++) expect(await ask()).toBe(18);
      client.release();
    });
  });
}

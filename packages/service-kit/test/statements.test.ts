// Sequences of good and failing statements, in and out of transactions, have the same ends on an
// embedded database as through PGlite's own adapter, which passes each message by itself, and as on
// PostgreSQL.
import { PGlite } from "@electric-sql/pglite";
import { createPgConfig } from "@electric-sql/pglite/node-postgres";
import fc from "fast-check";
import pg from "pg";
import { expect, it } from "vitest";
import { type Database, openDatabase } from "../src/sql/database.ts";
import { embeddedDatabase } from "./embedded.ts";
import { withServer } from "./real-servers.ts";

type Statement = readonly [text: string, values?: readonly unknown[]];

// A statement with too few values is not among them. Once it has a name, a transaction that has
// failed says that (08P01) and not that it has failed (25P02).
const statements: readonly Statement[] = [
  ["BEGIN"],
  ["COMMIT"],
  ["ROLLBACK"],
  ["SAVEPOINT one"],
  ["ROLLBACK TO one"],
  ["INSERT INTO things VALUES ($1, $2)", [1, "one"]],
  ["INSERT INTO things VALUES ($1, $2)", [2, "two"]],
  ["INSERT INTO things VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET name = excluded.name || '+' RETURNING id, name", [1, "again"]],
  ["SELECT id, name FROM things WHERE id >= $1 ORDER BY id", [0]],
  ["DELETE FROM things WHERE id = $1", [1]],
  ["SELECT count(*)::int AS n FROM things"],
  ["SELECT $1::int AS n", ["x"]],
  ["SELEKT $1", [1]],
  ["SELECT no_such_column FROM things WHERE id = $1", [1]],
  ["SELECT 1 / ($1::int - n) AS n FROM generate_series(1, 9) n", [5]],
  ["SELECT repeat('x', $1::int) AS much", [100_000]],
  ["INSERT INTO things VALUES (7, 'seven'); SELECT no_such_column; SELECT 1"],
  ["SELECT 1 AS a; SELECT 2 AS b"],
];

/** Gives the end of each statement, and the state of the transaction after it. */
async function endsOf(client: pg.ClientBase, sequence: readonly Statement[]): Promise<unknown[]> {
  const ends: unknown[] = [];
  await client.query(`ROLLBACK; DROP TABLE IF EXISTS things; CREATE TEMPORARY TABLE things (id int PRIMARY KEY, name text NOT NULL)`);
  for (const [text, values] of sequence) {
    const end = await (values === undefined ? client.query(text) : client.query(text, [...values])).then(
      (result) => [result].flat().map(({ command, rows, rowCount }) => [command, rows, rowCount]),
      // What says that the database is away has what the server said as its cause.
      (error: pg.DatabaseError) => [error.cause instanceof pg.DatabaseError ? error.cause.code : error.code, error.constraint],
    );
    // An error arrives before the state does.
    await client.query("");
    ends.push([text, end, (client as unknown as { getTransactionStatus(): string }).getTransactionStatus()]);
  }
  return ends;
}

/** Compares a client of ours with one of another way. */
async function compare(database: Database, reference: pg.Client): Promise<void> {
  await reference.connect();
  const client = await database.pool.connect();
  const sequences = fc.array(fc.constantFrom(...statements), { minLength: 1, maxLength: 25 });
  try {
    await fc.assert(
      fc.asyncProperty(sequences, async (sequence) => {
        expect(await endsOf(client, sequence)).toEqual(await endsOf(reference, sequence));
      }),
      { numRuns: 60 },
    );
    await client.query("ROLLBACK");
  } finally {
    client.release();
    await database.close();
    await reference.end();
  }
}

it("embedded statements end as they do when each message is passed by itself", async () => {
  const pglite = await PGlite.create();
  await compare(await embeddedDatabase(), new pg.Client(createPgConfig(pglite) as unknown as pg.ClientConfig));
  await pglite.close();
});

await withServer("PostgreSQL", (url) => {
  it("embedded statements end as they do on PostgreSQL", async () => {
    await compare(await embeddedDatabase(), new pg.Client(url));
  });

  it("statements that have names end on PostgreSQL as they do without", async () => {
    await compare(await openDatabase({ kind: "postgres", url, poolMax: 1 }), new pg.Client(url));
  });
});

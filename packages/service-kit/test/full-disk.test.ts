// A disk that is full, a file that is a folder, and a database that takes no rows. Each is named
// with its setting, its path and its code, and readiness tells of it.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { readEnvFile } from "../src/run/settings/env-file.ts";
import { type Database, openDatabase } from "../src/sql/database.ts";
import { migrate } from "../src/sql/migrate.ts";
import { embeddedDatabase, layDatabase } from "./embedded.ts";
import { withServer } from "./real-servers.ts";

const migrations = mkdtempSync(join(tmpdir(), "covault-migrations-"));
// The rows that fill a disk are stored as they are. Compressing them would take most of the test's
// time.
writeFileSync(
  join(migrations, "0001_things.sql"),
  "CREATE TABLE things (id serial PRIMARY KEY, text text); ALTER TABLE things ALTER COLUMN text SET STORAGE EXTERNAL;",
);
const folder = mkdtempSync(join(tmpdir(), "covault-full-"));

/**
 * Gives a file system of so many MiB, or the reason why there is none. Only root may mount one, and
 * not in every container.
 */
function mountSmall(mebibytes: number): string | undefined {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", folder], { stdio: "pipe" });
    return undefined;
  } catch (error) {
    return (error as Error).message.split("\n")[0];
  }
}
const refusal = mountSmall(6);
afterAll(() => {
  if (refusal === undefined) execFileSync("umount", ["--lazy", folder]);
  rmSync(folder, { recursive: true });
  rmSync(migrations, { recursive: true });
});

/** Inserts rows until one is refused. */
async function fill(database: Database): Promise<unknown> {
  for (;;)
    try {
      await database.pool.query("INSERT INTO small.things (text) SELECT repeat(md5(random()::text), 30000)");
    } catch (error) {
      return error;
    }
}

/** Makes PostgreSQL take one file for its log after the other. */
async function fillLog(database: Database): Promise<never> {
  for (;;) await database.pool.query("SELECT pg_logical_emit_message(false, 'x', 'y'), pg_switch_wal()");
}

describe.skipIf(refusal !== undefined)(
  `on a small disk${refusal === undefined ? "" : ` (left out, since none can be mounted here: ${refusal})`}`,
  () => {
    it("a data folder without room for a database is named, with the system's code", async () => {
      await expect(openDatabase({ kind: "pglite", dir: join(folder, "first") })).rejects.toMatchObject({
        code: "config/unusable-file",
        message: expect.stringMatching(
          new RegExp(`^DATA_DIR: ${join(folder, "first")} takes no database \\(ENOSPC; its disk has \\d+ MiB left\\)`),
        ),
      });
      rmSync(join(folder, "first"), { recursive: true });
    });

    it("a disk that fills up: requests and readiness say so at once and do not hang, and after room was made and a start all is well", async () => {
      execFileSync("mount", ["-o", "remount,size=96m", folder]);
      const dir = join(folder, "second");
      await layDatabase(dir);
      const database = await openDatabase({ kind: "pglite", dir });
      await migrate(database, "small", migrations);
      await database.writes("small");
      expect(await fill(database)).toMatchObject({ code: "database/unavailable", message: expect.stringContaining("53100") });
      await expect(database.writes("small")).rejects.toMatchObject({
        message: expect.stringMatching(/^The disk of DATA_DIR has \d+ MiB left/),
      });
      // The log grows up to PostgreSQL's panic, after which the database in this process never
      // answers.
      await expect(fillLog(database)).rejects.toMatchObject({ code: "database/unavailable" });
      for (let turn = 0; turn < 3; turn++)
        await expect(database.pool.query("SELECT 1")).rejects.toMatchObject({ message: expect.stringContaining("make room, then start") });
      await database.close();
      execFileSync("mount", ["-o", "remount,size=256m", folder]);
      const again = await openDatabase({ kind: "pglite", dir });
      await again.writes("small");
      await again.pool.query("INSERT INTO small.things (text) VALUES ('there')");
      await again.close();
    });
  },
);

it("a database that answers every question and takes no row is not ready", async () => {
  const database = await embeddedDatabase();
  await migrate(database, "small", migrations);
  await database.writes("small");
  await database.pool.query("SET default_transaction_read_only = on");
  await database.ping();
  await expect(database.writes("small")).rejects.toMatchObject({ code: "database/unavailable", message: expect.stringContaining("25006") });
  await database.close();
});

await withServer("PostgreSQL", (given) => {
  it("the same of PostgreSQL, whose disk another program may have filled, or which is a standby", async () => {
    const name = `covault_test_full_${process.pid}_${Date.now()}`;
    const url = Object.assign(new URL(given), { pathname: `/${name}` }).href;
    const admin = new pg.Client(given);
    await admin.connect();
    await admin.query(`CREATE DATABASE ${name}`);
    const database = await openDatabase({ kind: "postgres", url });
    await migrate(database, "small", migrations);
    await database.writes("small");
    await database.pool.query("SET default_transaction_read_only = on");
    await database.ping();
    await expect(database.writes("small")).rejects.toMatchObject({ code: "database/unavailable" });
    await database.close();
    await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await admin.end();
  });
});

it("a settings file that cannot be read is named with its code", () => {
  expect(() => readEnvFile(tmpdir())).toThrow(`The file ${tmpdir()} cannot be read (EISDIR).`);
});

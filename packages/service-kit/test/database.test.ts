import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { lockDataFolder } from "../src/sql/data-lock.ts";
import { type Database, openDatabase } from "../src/sql/database.ts";
import { migrate } from "../src/sql/migrate.ts";
import { databaseContract } from "./database-contract.ts";
import { embeddedDatabase } from "./embedded.ts";
import { withServer } from "./real-servers.ts";

databaseContract("embedded", embeddedDatabase);

async function looksAtConnections(database: Database): Promise<void> {
  const seen: string[] = [];
  const end = database.onConnect(async (query) => {
    await query("SELECT pg_sleep(0.05)");
    seen.push("looked");
  });
  await database.pool.query("SELECT 1").then(() => seen.push("used"));
  await database.pool.query("SELECT 2");
  expect(seen).toEqual(["looked", "used"]);
  end();
  // A look that fails costs the connection, and nobody else. After a query that fails, the pool
  // makes a new one.
  let looks = 0;
  database.onConnect(() => (++looks === 1 ? Promise.reject(new Error("another database")) : Promise.resolve()));
  await expect(database.pool.query("SELECT $1::int", ["x"])).rejects.toMatchObject({ code: "22P02" });
  const ends = await Promise.allSettled([
    database.pool.query("SELECT 1"),
    database.pool.query("SELECT 1"),
    database.pool.query("SELECT 1"),
  ]);
  // PostgreSQL makes several connections at once, and any of them may be looked at first.
  expect(ends.map(({ status }) => status).sort()).toEqual(["fulfilled", "fulfilled", "rejected"]);
  await database.close();
}
it("[DB9] shows a new connection to whoever looks, before it is used: embedded", () => embeddedDatabase().then(looksAtConnections));

await withServer("PostgreSQL", (url) => {
  const name = `covault_test_${process.pid}_${Date.now()}`;
  const named = (suffix: string): string => {
    const own = new URL(url);
    own.pathname = `/${name}${suffix}`;
    return own.href;
  };
  const admin = async (sql: string) => {
    const client = new pg.Client(url);
    await client.connect();
    await client.query(sql);
    await client.end();
  };
  afterAll(async () => {
    await admin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await admin(`DROP DATABASE IF EXISTS ${name}_own WITH (FORCE)`);
    await admin(`DROP DATABASE IF EXISTS ${name}_commit WITH (FORCE)`);
  });
  databaseContract("PostgreSQL", async () => {
    await admin(`CREATE DATABASE ${name}`);
    return openDatabase({ kind: "postgres", url: named("") });
  });

  it("[DB9] shows a new connection to whoever looks, before it is used: PostgreSQL", async () => {
    await looksAtConnections(await openDatabase({ kind: "postgres", url }));
    // A look that fails costs the connection, and nobody uses it.
    const database = await openDatabase({ kind: "postgres", url });
    database.onConnect(() => Promise.reject(new Error("another database")));
    await expect(database.pool.query("SELECT 1")).rejects.toThrow("another database");
    expect(database.pool.totalCount).toBe(0);
    await database.close();
  });

  it("[DB10] commits durably on every connection, whatever the defaults of the database and the role or the URL say, and no less where they say more", async () => {
    await admin(`CREATE DATABASE ${name}_commit`);
    const commitsOf = async (settings: readonly string[], over: (url: URL) => void = () => {}): Promise<unknown> => {
      for (const setting of settings) await admin(setting);
      const own = new URL(named("_commit"));
      over(own);
      const database = await openDatabase({ kind: "postgres", url: own.href, poolMax: 2 });
      const [one, other] = [await database.pool.connect(), await database.pool.connect()];
      const shown = [];
      for (const client of [one, other]) shown.push((await client.query("SHOW synchronous_commit")).rows[0].synchronous_commit);
      for (const client of [one, other]) client.release();
      await database.close();
      return shown;
    };
    const byDatabase = (value: string) => `ALTER DATABASE ${name}_commit SET synchronous_commit = ${value}`;
    expect(await commitsOf([])).toEqual(["on", "on"]);
    for (const value of ["off", "local", "remote_write"])
      expect([value, await commitsOf([byDatabase(value)])]).toEqual([value, ["on", "on"]]);
    expect(await commitsOf([`ALTER ROLE CURRENT_USER IN DATABASE ${name}_commit SET synchronous_commit = off`])).toEqual(["on", "on"]);
    expect(await commitsOf([], (own) => own.searchParams.set("options", "-c synchronous_commit=off"))).toEqual(["on", "on"]);
    expect(await commitsOf([], (own) => own.searchParams.set("options", "-c synchronous_commit=remote_apply"))).toEqual([
      "remote_apply",
      "remote_apply",
    ]);
  });

  it("[DB8] an exclusive database takes one owner, also when two come at once, and never a second one's schema", async () => {
    await admin(`CREATE DATABASE ${name}_own`);
    const folder = mkdtempSync(join(tmpdir(), "covault-migrations-"));
    writeFileSync(join(folder, "0001_things.sql"), "CREATE TABLE things (id int PRIMARY KEY);");
    const database = await openDatabase({ kind: "postgres", url: named("_own"), exclusive: true });
    // This table belongs to another program, which is no owner.
    await database.pool.query("CREATE TABLE public.migrations (id int)");
    const owners = ["party_one", "party_two"];
    const ends = await Promise.allSettled(owners.map((schema) => migrate(database, schema, folder)));
    const refused = ends.find((end) => end.status === "rejected");
    const [first, second] = ends[0]?.status === "fulfilled" ? owners : owners.toReversed();
    expect(refused?.reason).toMatchObject({ code: "config/foreign-database", hint: expect.stringContaining("DATABASE_URL") });
    expect(refused?.reason.message).toContain(`belongs to ${first}, not to ${second}`);
    const schemas = await database.pool.query("SELECT nspname FROM pg_namespace WHERE nspname = ANY($1)", [owners]);
    expect(schemas.rows).toEqual([{ nspname: first }]);
    expect(await migrate(database, first as string, folder)).toEqual({ applied: [], ahead: [] });
    await database.close();
    rmSync(folder, { recursive: true });
  });
});

describe("the embedded database on a folder", () => {
  it("keeps its rows over a restart, refuses a second holder, and fails a nested query instead of waiting for ever", async () => {
    const dir = mkdtempSync(join(tmpdir(), "covault-data-"));
    const first = await openDatabase({ kind: "pglite", dir });
    await expect(openDatabase({ kind: "pglite", dir })).rejects.toMatchObject({ code: "database/in-use" });
    await first.pool.query("CREATE TABLE kept (id int)");
    const client = await first.pool.connect();
    first.pool.options.connectionTimeoutMillis = 50;
    await expect(first.pool.query("SELECT 1")).rejects.toMatchObject({
      code: "database/unavailable",
      message: expect.stringContaining("timeout"),
    });
    client.release();
    await first.close();
    const second = await openDatabase({ kind: "pglite", dir });
    expect((await second.pool.query("SELECT * FROM kept")).rows).toEqual([]);
    await second.close();
    rmSync(dir, { recursive: true });
  });
});

it("a connection that breaks while somebody holds it is told, and ends nothing", async () => {
  const told: unknown[] = [];
  const database = await openDatabase({ kind: "pglite" }, (error) => told.push(error));
  const client = await database.pool.connect();
  const broken = new Error("Connection terminated unexpectedly");
  client.emit("error", broken);
  expect(told).toEqual([broken]);
  client.release();
  await database.close();
});

describe("the lock of a data folder", () => {
  it("names DATA_DIR when that is a file, or lies below one", async () => {
    const dir = mkdtempSync(join(tmpdir(), "covault-lock-"));
    writeFileSync(join(dir, "file"), "");
    for (const below of ["file", "file/data"])
      await expect(lockDataFolder(join(dir, below))).rejects.toMatchObject({
        code: "config/bad-value",
        message: expect.stringMatching(/^DATA_DIR: .*file.* is no folder/),
      });
    rmSync(dir, { recursive: true });
  });

  it("is free again after its holder died without a word", async () => {
    const dir = mkdtempSync(join(tmpdir(), "covault-lock-"));
    // A dead process leaves the socket's file behind. The test moves the file away before an
    // orderly close to get the same.
    const path = join(dir, "covault.lock");
    const { renameSync } = await import("node:fs");
    const dead = createServer();
    await new Promise<void>((resolve) => dead.listen(`${path}.dying`, resolve));
    renameSync(`${path}.dying`, path);
    await new Promise((resolve) => dead.close(resolve));
    expect(existsSync(path)).toBe(true);
    const release = await lockDataFolder(dir);
    await expect(lockDataFolder(dir)).rejects.toMatchObject({ code: "database/in-use" });
    await release();
    await (await lockDataFolder(dir))();
    rmSync(dir, { recursive: true });
  });
});

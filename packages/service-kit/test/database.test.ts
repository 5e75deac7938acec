import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { lockDataFolder } from "../src/data-lock.ts";
import { openDatabase } from "../src/database.ts";
import { databaseContract } from "./database-contract.ts";
import { withServer } from "./real-servers.ts";

databaseContract("embedded", () => openDatabase({ kind: "pglite" }));

await withServer("PostgreSQL", (url) => {
  const name = `covault_test_${process.pid}_${Date.now()}`;
  const admin = async (sql: string) => {
    const client = new pg.Client(url);
    await client.connect();
    await client.query(sql);
    await client.end();
  };
  afterAll(() => admin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
  databaseContract("PostgreSQL", async () => {
    await admin(`CREATE DATABASE ${name}`);
    const own = new URL(url);
    own.pathname = `/${name}`;
    return openDatabase({ kind: "postgres", url: own.href });
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
    await expect(first.pool.query("SELECT 1")).rejects.toThrow("timeout");
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
  it("is free again after its holder died without a word", async () => {
    const dir = mkdtempSync(join(tmpdir(), "covault-lock-"));
    // A dead process leaves the socket's file: made here by moving the file away before an orderly close.
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

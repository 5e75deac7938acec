// What keeps a write from hiding: the harness itself, against a real PostgreSQL. It patches the
// driver of its process, which is this file's own.
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { withServer } from "../../packages/service-kit/test/real-servers.ts";

const folder = mkdtempSync(join(tmpdir(), "covault-statements-"));
const passed = join(folder, "passed");
const schema = `covault_statements_${randomBytes(4).toString("hex")}`;
type InStep = <T>(port: string, point: string, run: () => T) => T;

await withServer("PostgreSQL", (url) => {
  describe("while points are recorded", () => statements(url));
});

function statements(url: string): void {
  let inStep: InStep;
  let client: pg.Client;
  const insert = (value: number) => client.query("INSERT INTO kept VALUES ($1)", [value]);
  const noted = (): string[] =>
    readFileSync(passed, "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => line.split("\t")[1] ?? "");
  const kept = async (): Promise<number[]> => (await client.query("SELECT value FROM kept ORDER BY value")).rows.map(({ value }) => value);

  beforeAll(async () => {
    process.env.CRASH_DIR = folder;
    // @ts-expect-error JavaScript, as the processes of the cluster load it
    ({ inStep } = await import("./statements.js"));
    client = new pg.Client({ connectionString: url });
    await client.connect();
    // No temporary table: a transaction that may only read may write to those.
    await client.query(`CREATE SCHEMA ${schema}`);
    await client.query(`SET search_path TO ${schema}`);
    await client.query("CREATE TABLE kept (value integer)");
    writeFileSync(passed, "");
  });
  beforeEach(async () => {
    await inStep("store", "empty", () => client.query("DELETE FROM kept"));
    writeFileSync(passed, "");
  });
  afterAll(async () => {
    rmSync(passed);
    await client.query(`DROP SCHEMA ${schema} CASCADE`);
    await client.end();
    rmSync(folder, { recursive: true });
  });

  it("lets a step of a store write, and says nothing of it", async () => {
    await inStep("store", "one", () => insert(1));
    expect([await kept(), noted()]).toEqual([[1], []]);
  });

  it("lets PostgreSQL refuse a write outside of a step, whatever its text looks like, and names it", async () => {
    await expect(insert(1)).rejects.toMatchObject({ code: "25006" });
    const hidden = "WITH written AS (INSERT INTO kept VALUES (2) RETURNING value) SELECT value FROM written";
    await expect(client.query(hidden)).rejects.toMatchObject({ code: "25006" });
    await expect(inStep("broker", "publish", () => insert(3))).rejects.toMatchObject({ code: "25006" });
    expect(await kept()).toEqual([]);
    expect(noted()).toEqual([`outside of a step: INSERT INTO kept VALUES ($1)`, `outside of a step: ${hidden}`, noted()[0]]);
  });

  it("refuses a write that a step left behind, after its end", async () => {
    let late: Promise<unknown> | undefined;
    await inStep("store", "one", async () => {
      late = new Promise((resolve) => setTimeout(resolve, 20)).then(() => insert(1));
      late.catch(() => {});
    });
    await expect(late).rejects.toMatchObject({ code: "25006" });
  });

  it("also for a caller with a callback, as the pool is one", async () => {
    const error = await new Promise((resolve) => client.query("INSERT INTO kept VALUES (1)", [], (failure) => resolve(failure)));
    expect(error).toMatchObject({ code: "25006" });
    const rows = await new Promise((resolve) => client.query("SELECT 7 AS seven", [], (_failure, result) => resolve(result.rows)));
    expect(rows).toEqual([{ seven: 7 }]);
  });

  it("names a step with two transactions that write, since nobody would die between them", async () => {
    await inStep("store", "store.twice", async () => {
      await insert(1);
      await insert(2);
    });
    expect([await kept(), noted()]).toEqual([[1, 2], ["2 transactions in one step: store.twice"]]);
  });

  it("takes one transaction with many writes, and one write among reads, for one", async () => {
    await inStep("store", "store.transaction", async () => {
      await client.query("begin");
      await insert(1);
      await insert(2);
      await client.query("commit");
    });
    await inStep("due", "due.claim", async () => {
      await kept();
      await insert(3);
      await kept();
    });
    expect([await kept(), noted()]).toEqual([[1, 2, 3], []]);
  });

  it("leaves a failed statement without effect, and its error as it is", async () => {
    await expect(inStep("store", "one", () => client.query("INSERT INTO kept VALUES ('x')"))).rejects.toMatchObject({ code: "22P02" });
    await inStep("store", "two", () => insert(1));
    expect([await kept(), noted()]).toEqual([[1], []]);
  });
}

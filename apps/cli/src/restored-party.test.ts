// covault party restored on the data folder of a system that is stopped, as `covault start` leaves it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatabase } from "../../../packages/service-kit/src/index.ts";
import { layDatabase } from "../../../packages/service-kit/test/embedded.ts";
import { openSqlStore } from "../../../services/server-party/src/index.ts";
import { run } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "covault-restored-party-"));
async function standing() {
  const database = await openDatabase({ kind: "pglite", dir: folder });
  const { store } = await openSqlStore(database, "server-party-1");
  const found = await store.standing();
  await database.close();
  return found;
}
beforeAll(async () => {
  await layDatabase(folder);
  await standing();
});
afterAll(() => rmSync(folder, { recursive: true }));

async function covault(args: string[], env: Record<string, string> = {}) {
  const [out, err]: [string[], string[]] = [[], []];
  const terminal = {
    out: (text: string) => void out.push(text),
    err: (text: string) => void err.push(text),
    env: { DATA_DIR: folder, ...env },
  };
  const code = await run(["party", "restored", ...args], terminal);
  return { code, out: out.join(""), err: err.join("") };
}

describe("covault party restored", () => {
  it("marks the party's store, and leaves its counter to be compared with the record outside", async () => {
    const before = await standing();
    const { code, out, err } = await covault(["server-party-1", "--yes"]);
    expect([code, err, out]).toEqual([0, "", expect.stringContaining("server-party-1 is marked as restored")]);
    expect(await standing()).toEqual({ ...before, marks: before.marks + 1 });
    expect(JSON.parse((await covault(["server-party-1", "--yes", "--json"])).out)).toEqual({
      party_id: "server-party-1",
      marked: true,
      keys: 0,
    });
  });

  it("changes nothing without --yes", async () => {
    const before = await standing();
    expect(await covault(["server-party-1"])).toMatchObject({ code: 2, err: expect.stringContaining("--yes") });
    expect(await standing()).toEqual(before);
  });

  it.each([
    ["a party that the database does not have", ["server-party-9", "--yes"], {}, "no store of server-party-9"],
    ["no database", ["server-party-1", "--yes"], { DATA_DIR: join(folder, "nowhere") }, "DATABASE_URL"],
  ])("refuses %s, and makes no store for it", async (_, args, env, told) => {
    expect(await covault(args, env)).toMatchObject({ code: 2, err: expect.stringContaining(told) });
  });
});

// The commands covault party restored, reseal and pairs, and covault pair clear, on the data folder
// of a system that is stopped, as `covault start` leaves it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Vault } from "../../../packages/party/src/index.ts";
import { openDatabase, unhurried } from "../../../packages/service-kit/src/sql/index.ts";
import { layDatabase } from "../../../packages/service-kit/test/embedded.ts";
import { withServer } from "../../../packages/service-kit/test/real-servers.ts";
import { openSqlStore } from "../../../services/server-party/src/index.ts";
import { checkMasterKeys } from "../../../services/server-party/src/master-key.ts";
import { burnedKeyId, withBurnedPairs } from "../../../services/server-party/test/burned-pairs.ts";
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

const covault = (args: string[], env: Record<string, string> = {}) => party("restored", args, env);
const party = (command: "restored" | "reseal" | "pairs", args: string[], env?: Record<string, string>) =>
  operator(["party", command, ...args], env);
async function operator(args: string[], env: Record<string, string> = {}) {
  const [out, err]: [string[], string[]] = [[], []];
  const terminal = {
    out: (text: string) => void out.push(text),
    err: (text: string) => void err.push(text),
    env: { DATA_DIR: folder, ...env },
  };
  const code = await run(args, terminal);
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

describe("covault party reseal", () => {
  const [current, former] = ["11", "22"].map((byte) => byte.repeat(32)) as [string, string];
  const keys = { CRYPTO_MASTER_KEY: current, CRYPTO_MASTER_KEY_FORMER: former };

  it("refuses a store that no party has started on, and one that was made with other keys", async () => {
    expect(await party("reseal", ["server-party-1"], keys)).toMatchObject({ code: 2, err: expect.stringContaining("party/foreign-store") });
    await noted("33".repeat(32));
    const { code, err } = await party("reseal", ["server-party-1"], keys);
    expect([code, err]).toEqual([2, expect.stringContaining("party/wrong-master-key")]);
    for (const secret of [current, former]) expect(err).not.toContain(secret);
  });

  it("says that nothing is sealed under a former key any more", async () => {
    await noted(former);
    const { code, out, err } = await party("reseal", ["server-party-1"], keys);
    expect([code, err, out]).toEqual([0, "", expect.stringContaining("take it out of CRYPTO_MASTER_KEY_FORMER")]);
    expect(JSON.parse((await party("reseal", ["server-party-1", "--json"], keys)).out)).toEqual({
      party_id: "server-party-1",
      total: 0,
      done: 0,
    });
  });

  /** Makes the store one that was used with this key alone. */
  async function noted(master: string): Promise<void> {
    const database = await openDatabase({ kind: "pglite", dir: folder });
    const { tables } = await openSqlStore(database, "server-party-1");
    await tables.deleteFrom("master_keys").execute();
    const bytes = Buffer.from(master, "hex");
    await checkMasterKeys(tables, "server-party-1", [bytes], await Vault.open("server-party-1", [bytes]), false);
    await database.close();
  }
});

describe("covault party pairs and covault pair clear", () => {
  const partyId = "server-party-1";
  const keyId = burnedKeyId;
  const pairs = async (...args: string[]) => JSON.parse((await party("pairs", [partyId, ...args, "--json"])).out).pairs;
  const clear = (...args: string[]) => operator(["pair", "clear", partyId, ...args]);

  beforeAll(async () => {
    const database = await openDatabase({ kind: "pglite", dir: folder });
    const { store } = await openSqlStore(database, partyId);
    await withBurnedPairs(store);
    await database.close();
  });

  it("show how each pair stands, and clear the one that a failed check has burned", async () => {
    const [two, three, four] = [
      { partner: "server-party-2", state: "burned", burned_by: "mpc/ot-check-failed" },
      { partner: "server-party-3", state: "burned", burned_by: "party/strikes" },
      { partner: "server-party-4", state: "lost", burned_by: null },
    ].map((pair) => ({ key_id: keyId, generation: 0, strikes: 0, cleared: false, ...pair }));
    expect(await pairs()).toEqual([two, three, four]);
    expect(await pairs(keyId)).toEqual([two, three, four]);
    expect(await pairs("ff".repeat(32))).toEqual([]);
    expect((await party("pairs", [partyId])).out).toMatch(/server-party-2 +0 +burned +0 +mpc\/ot-check-failed +no/);

    const refused = async (...args: string[]) => expect(await clear(...args)).toMatchObject({ code: 2 });
    expect((await clear(keyId, "server-party-3")).err).toContain("party/not-burned");
    expect((await clear(keyId, "server-party-4")).err).toContain("is lost, and no failed check has burned it");
    expect((await clear(keyId, "server-party-1")).err).toContain("party/unknown-share");
    expect((await clear("ff".repeat(32), "server-party-2")).err).toContain("party/unknown-share");
    await refused("1234", "server-party-2");
    await refused(keyId);
    expect(await pairs()).toEqual([two, three, four]);

    for (let twice = 0; twice < 2; twice++) {
      const { code, out, err } = await clear(keyId, "server-party-2");
      expect([code, err, out]).toEqual([0, "", expect.stringContaining("has cleared its pair with server-party-2")]);
    }
    expect(await pairs()).toEqual([{ ...two, cleared: true }, three, four]);
    expect(JSON.parse((await clear(`0x${keyId}`, "server-party-2", "--json")).out)).toEqual({
      ...{ party_id: partyId, key_id: keyId, partner: "server-party-2", generation: 0 },
      ...{ burned_by: "mpc/ot-check-failed", cleared: true },
    });
  });

  it("refuse a party that the database does not have", async () => {
    for (const args of [
      ["party", "pairs", "server-party-9"],
      ["pair", "clear", "server-party-9", keyId, "server-party-2"],
    ])
      expect(await operator(args)).toMatchObject({ code: 2, err: expect.stringContaining("no store of server-party-9") });
  });
});

await withServer("PostgreSQL", (server) => {
  describe("covault party restored, on PostgreSQL", () => {
    const partyId = "server-party-1";
    const name = `covault_restored_party_${process.pid}_${Date.now()}`;
    const url = Object.assign(new URL(server), { pathname: `/${name}` }).href;
    const [current, former, foreign] = ["11", "22", "33"].map((byte) => byte.repeat(32)) as [string, string, string];
    const bytes = (hex: string): Uint8Array => Buffer.from(hex, "hex");
    const mark = (env: Record<string, string>) => covault([partyId, "--yes"], { DATABASE_URL: url, ...env });

    async function onStore<T>(act: (opened: Awaited<ReturnType<typeof openSqlStore>>) => Promise<T>): Promise<T> {
      const database = await openDatabase({ kind: "postgres", url, poolMax: 1 });
      try {
        return await act(await openSqlStore(database, partyId));
      } finally {
        await database.close();
      }
    }
    const marks = () => onStore(async ({ store }) => (await store.standing()).marks);
    const admin = async (statement: string): Promise<void> => {
      const database = await openDatabase({ kind: "postgres", url: server, poolMax: 1, times: unhurried });
      await database.pool.query(statement).finally(() => database.close());
    };
    beforeAll(() => admin(`CREATE DATABASE ${name}`));
    afterAll(() => admin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));

    it("marks the store that was made with this party's master key, and no other: a wrong DATABASE_URL costs nobody anything", async () => {
      await onStore(async () => {});
      const onNew = await mark({ CRYPTO_MASTER_KEY: current });
      expect(onNew).toMatchObject({ code: 2, err: expect.stringContaining("party/foreign-store") });
      const formerVault = await Vault.open(partyId, [bytes(former)]);
      await onStore(({ tables }) => checkMasterKeys(tables, partyId, [bytes(former)], formerVault, false));
      const refused = await mark({ CRYPTO_MASTER_KEY: foreign });
      expect(refused).toMatchObject({ code: 2, err: expect.stringContaining("party/wrong-master-key") });
      const unknown = await mark({});
      expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining("CRYPTO_MASTER_KEY") });
      for (const { err } of [refused, unknown]) expect(err).not.toContain(foreign);
      expect(await marks()).toBe(0);
      const { code, err } = await mark({ CRYPTO_MASTER_KEY: current, CRYPTO_MASTER_KEY_FORMER: former });
      expect([code, err, await marks()]).toEqual([0, "", 1]);
    });
  });
});

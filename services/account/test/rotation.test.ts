// These tests change the keys of the account service one replica at a time, under traffic. No
// request fails on the way, at either replica.
import { CovaultError } from "@covault/errors";
import { makeLogger } from "@covault/service-kit/run";
import type { Database } from "@covault/service-kit/sql";
import { LiveRoster } from "@covault/trust";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { embeddedDatabase } from "../../../packages/service-kit/test/embedded.ts";
import { type AccountService, type AccountServiceOptions, startAccount } from "../src/index.ts";
import { accountStore } from "../src/store/account-store.ts";
import type { AccountTables } from "../src/store/tables.ts";
import { coordinatorKey, type FakeCoordinator, fakeCoordinator } from "./fake-coordinator.ts";
import { apiKey, auditSeed, digest } from "./system.ts";
import { identity, initiator, type RosterKey, root, rosterOf } from "./trust.ts";

const key = (byte: number) => new Uint8Array(32).fill(byte);
const [oldRow, newRow] = [key(0x11), key(0x22)];
const [former, coming] = [initiator, identity("account, later")];

interface Keys {
  readonly rowKeys?: AccountServiceOptions["rowKeys"];
  readonly seed?: Uint8Array;
  readonly keysAlso?: readonly Uint8Array[];
  readonly roster?: readonly RosterKey[];
  /** The serial of the roster. Default 1. */
  readonly serial?: bigint;
}

let coordinator: FakeCoordinator;
beforeAll(async () => {
  coordinator = await fakeCoordinator();
});
afterAll(() => coordinator.stop());

function start(database: Database, { rowKeys = { current: oldRow }, seed = former.seed, keysAlso = [], ...keys }: Keys) {
  const timing = { pauseMs: 10, reconcileEveryMs: 3_600_000 };
  const config = { port: 0, apiKey, coordinatorUrl: coordinator.url, coordinatorApiKey: coordinatorKey, drainMs: 5_000, timing };
  const signed = rosterOf({ serial: keys.serial ?? 1n, initiatorKeys: keys.roster ?? [] });
  return startAccount({
    config,
    database,
    roster: new LiveRoster(signed, root.publicKey),
    initiator: { id: "account", seed, keysAlso },
    rowKeys,
    auditKeys: { seed: auditSeed },
    logger: makeLogger({ name: "test", level: "silent" }),
  });
}

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the tests look into it
  readonly body: any;
}

async function call({ url }: AccountService, method: string, path: string, body?: object): Promise<Answer> {
  const headers = { "x-api-key": apiKey, ...(body && { "content-type": "application/json" }) };
  const response = await fetch(`${url}/api/v1/accounts${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  return { status: response.status, body: await response.json() };
}

/** Gives two replicas on one database, with what was asked of them meanwhile. */
async function replicas(first: Keys) {
  const database = await embeddedDatabase();
  const running: AccountService[] = [await start(database, first), await start(database, first)];
  const accounts: string[] = [];
  /** The account that is read and signed for, and never changed. */
  let untouched: string | undefined;
  const failed: string[] = [];
  async function ask(at: AccountService, method: string, path: string, body?: object): Promise<Answer> {
    const answer = await call(at, method, path, body);
    if (answer.status >= 400) failed.push(`${method} ${path}: ${answer.body.code}`);
    return answer;
  }
  /**
   * Makes an account at each replica, and then reads, changes and signs with every account at each.
   */
  async function use(): Promise<void> {
    for (const at of running) accounts.push((await ask(at, "POST", "", { user_id: "alice" })).body.id);
    untouched ??= accounts[0];
    for (const at of running) {
      for (const id of accounts) {
        await ask(at, "GET", `/${id}`);
        const parties = ["server-party-1", "server-party-2"];
        if (id !== untouched) await ask(at, "PUT", `/${id}/signing-configuration`, { parties });
        await ask(at, "POST", `/${id}/sign`, { digest });
      }
      expect((await ask(at, "GET", "")).body).toMatchObject({ altered: [], accounts: accounts.map((id) => ({ id })) });
    }
  }
  return {
    database,
    accounts,
    failed,
    use,
    running,
    /** Ends one replica and starts it with other keys, while the other one is asked. */
    async restart(at: 0 | 1, keys: Keys): Promise<void> {
      const other = running[1 - at] as AccountService;
      let over = false;
      const asked = (async () => {
        while (!over) {
          await ask(other, "GET", "");
          for (const id of [...accounts]) await ask(other, "POST", `/${id}/sign`, { digest });
        }
      })();
      await running[at]?.stop();
      running[at] = await start(database, keys);
      over = true;
      await asked;
    },
    async end(): Promise<void> {
      for (const one of running) await one.stop();
      await database.close();
    },
  };
}

const refusal = (starting: Promise<unknown>): Promise<unknown> =>
  starting.catch((error: unknown) => error instanceof CovaultError && error.code);

describe("ROW_KEY", () => {
  it("is changed one replica after another: nothing fails, and a row is under the new key once it has changed", async () => {
    const system = await replicas({});
    await system.use();
    const before = { rowKeys: { current: oldRow, also: [newRow] } };
    const after = { rowKeys: { current: newRow, also: [oldRow] } };
    for (const [at, keys] of [
      [0, before],
      [1, before],
      [0, after],
      [1, after],
    ] as const) {
      await system.restart(at, keys);
      await system.use();
    }
    expect(system.failed).toEqual([]);

    const db = system.database.schema<AccountTables>("account");
    const under = (current: Uint8Array, id = "") =>
      refusal(
        accountStore(db, { current, also: [] }, () => [])
          .accounts.find("default", id)
          .then((row) => row?.account_id === id),
      );
    const [untouched, changed] = system.accounts;
    expect([await under(newRow, changed), await under(oldRow, changed)]).toEqual([true, "account/altered-row"]);
    expect([await under(newRow, untouched), await under(oldRow, untouched)]).toEqual(["account/altered-row", true]);
    await system.end();
  }, 120_000);

  it("that is not one of the database's is refused at the start, and so is one without those that were current before", async () => {
    const system = await replicas({ rowKeys: { current: oldRow } });
    await system.restart(0, { rowKeys: { current: newRow, also: [oldRow] } });
    for (const rowKeys of [{ current: key(0x33) }, { current: newRow }, { current: oldRow }])
      expect(await refusal(start(system.database, { rowKeys }))).toBe("account/wrong-row-key");
    await system.end();
  });
});

describe("INITIATOR_KEY", () => {
  const both = [{ key: former.publicKey }, { key: coming.publicKey }];

  it("is changed one replica after another, the roster too: nothing fails, and what the former key signed still opens", async () => {
    const system = await replicas({});
    await system.use();
    // The second replica still has the old roster, and is told of the key to come.
    await system.restart(1, { keysAlso: [coming.publicKey] });
    await system.use();
    await system.restart(0, { roster: both, serial: 2n, seed: coming.seed });
    await system.use();
    await system.restart(1, { roster: both, serial: 2n, seed: coming.seed });
    await system.use();
    const retired = [{ key: former.publicKey, retiredAtMs: BigInt(Date.now()) }, { key: coming.publicKey }];
    await system.restart(0, { roster: retired, serial: 3n, seed: coming.seed });
    await system.restart(1, { roster: [{ key: coming.publicKey }], serial: 4n, seed: coming.seed, keysAlso: [former.publicKey] });
    await system.use();
    expect(system.failed).toEqual([]);

    // The roster has lost the former key, and no replica remembers it. What it founded is then
    // nobody's.
    await system.restart(0, { roster: [{ key: coming.publicKey }], serial: 4n, seed: coming.seed });
    const [first = ""] = system.accounts;
    expect((await call(system.running[0] as AccountService, "GET", `/${first}`)).body.code).toBe("account/altered-row");
    await system.end();
  }, 120_000);

  it.each([
    ["that the roster has revoked", { roster: [{ key: former.publicKey, revoked: true }] }],
    ["that the roster has retired", { roster: [{ key: former.publicKey, retiredAtMs: 1n }] }],
    ["that the roster does not have", { roster: [{ key: coming.publicKey }] }],
    ["with another beside it that is no public key", { keysAlso: [new Uint8Array(32).fill(0xff)] }],
  ])("%s is refused at the start", async (_what, keys) => {
    const database = await embeddedDatabase();
    expect(await refusal(start(database, keys))).toBe("account/bad-initiator-key");
    await database.close();
  });
});

// A party whose database commits and whose answer gets lost on the way. At the two transactions of
// the OT-extension check no honest pair gets a strike. At those of the rounds of a key generation
// the attempt goes on.

import { setTimeout as pause } from "node:timers/promises";
import type { Store, StoredShare } from "@covault/party";
import { type Database, openDatabase } from "@covault/service-kit/sql";
import { CrashPoint, toyKeygen, World } from "@covault/testkit";
import { type TcpProxy, tcpProxy } from "@covault/testkit/network";
import { afterEach, describe, expect, it } from "vitest";
import { digest, type Key, makeKey } from "../../../packages/party/test/fixture.ts";
import { withServer } from "../../../packages/service-kit/test/real-servers.ts";
import { openSqlStore, schemaOf } from "../src/store/sql-store.ts";

/**
 * The times are short, so that a silence is found out soon. The server lets go of a transaction
 * whose client is gone.
 */
const times = { statementMs: 200, lockMs: 200, idleInTransactionMs: 200, silentMs: 800, restedMs: 1_000, checkMs: 200 };
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/**
 * While `count` gives more than 0, a transaction that touches `table` is committed, and `lost` is
 * called before the answer of the database.
 */
function losingCommits(database: Database, table: string, count: () => number, lost: () => void): void {
  const connect = database.pool.connect.bind(database.pool) as (callback?: unknown) => Promise<{ query: (...args: unknown[]) => unknown }>;
  const seen = new WeakSet<object>();
  database.pool.connect = (async (callback?: unknown) => {
    // These are single statements. Transactions await their connection.
    if (callback !== undefined) return connect(callback);
    const client = await connect();
    if (seen.has(client)) return client;
    seen.add(client);
    const query = client.query.bind(client);
    let touched = false;
    client.query = (...args: unknown[]) => {
      const [first] = args as [string | { text: string }];
      const text = typeof first === "string" ? first : first.text;
      if (text === "begin") touched = false;
      if (text.includes(`"${table}"`)) touched = true;
      if (text === "commit" && touched && count() > 0) lost();
      return query(...args);
    };
    return client;
  }) as typeof database.pool.connect;
}

/** Puts the share of a key into a store, with its pairs, as another store has them. */
async function haveShare(store: Store, from: Store, { keyId, epoch }: Key): Promise<void> {
  const { status: _, ...share } = (await from.committedShare(keyId)) as StoredShare;
  const { sessionId, intentId } = share;
  const session = { rid: digest(1), sessionId, intentId, context: digest(2), state: digest(3), outbox: [], expiresAtMs: 99_000 };
  const fence = (await store.openSession(session, { name: "instance/gone", fence: 1 })) as number;
  const pairs = (await from.pairs(keyId, epoch)).map(({ partner, pairId, state = digest(4) }) => ({ partner, pairId, state }));
  await store.stageShare(share, pairs, { rid: digest(1), fence });
  await store.commitShare(share, await from.certificates(keyId));
}

await withServer("PostgreSQL", (url) => {
  const ways: readonly [string, (proxy: TcpProxy) => Promise<void>][] = [
    ["is never given", async (proxy) => proxy.silence("down")],
    [
      "is cut off",
      async (proxy) => {
        proxy.silence("down");
        await pause(50);
        proxy.cut();
      },
    ],
  ];
  describe.each(ways)("the answer to a COMMIT of a key generation %s", (_, lose) => {
    it.each([
      ["the first round", "outbox", 0],
      ["the second round", "outbox", 1],
      ["the share", "shares", 0],
    ] as const)("of %s: the key is made in the same attempt", async (_what, table, skip) => {
      const world = await World.create({ seed: `lost-rounds-${table}-${skip}`, protocolsOf: () => [toyKeygen] });
      const proxy = await tcpProxy(url);
      const database = await openDatabase({ kind: "postgres", url: proxy.through(url), times });
      const partyId = `rounds${process.pid}${Date.now().toString(36)}`;
      const direct = await openDatabase({ kind: "postgres", url, poolMax: 1 });
      ends.push(
        () => direct.close(),
        async () => void (await direct.pool.query(`DROP SCHEMA "${schemaOf(partyId)}" CASCADE`)),
        () => proxy.close(),
        () => database.close(),
      );
      const { store } = await openSqlStore(database, partyId);
      await world.boot(1, new CrashPoint(0, "before"), { store });
      let [before, left] = [skip as number, 1];
      losingCommits(
        database,
        table,
        () => (before > 0 ? before-- * 0 : left),
        () => {
          left -= 1;
          void lose(proxy);
        },
      );
      const session = world.coordinator.open(world.keygenIntent(2), [1, 2, 3]);
      await world.hub.deliverUntil(() => session.certificate !== undefined || session.aborts.length > 0);
      await world.hub.settle();
      expect([left, session.aborts, session.certificate?.acks.length]).toEqual([0, [], 3]);
      const said = world.actor(1).events.map(({ kind }) => kind);
      expect([said.includes("resumed"), said.filter((kind) => kind === "staged").length]).toEqual([false, 1]);
    });
  });

  describe.each(ways)("the answer to a COMMIT of a check %s", (_, lose) => {
    it.each([
      { what: "of the beginning, once", skip: 0, count: 1 },
      { what: "of the beginning, twice", skip: 0, count: 2 },
      { what: "of the end, once", skip: 1, count: 1 },
      { what: "of the end, three times", skip: 1, count: 3 },
      { what: "of the beginning and of all after it, five times", skip: 0, count: 5 },
    ])("$what: no strike, and the pair signs", async ({ skip, count }) => {
      const world = await World.create({ seed: `lost-commits-${skip}-${count}`, indices: [1, 2] });
      const key: Key = await makeKey(world, 2);
      const proxy = await tcpProxy(url);
      const database = await openDatabase({ kind: "postgres", url: proxy.through(url), times });
      const partyId = `commits${process.pid}${Date.now().toString(36)}`;
      const { store: sql } = await openSqlStore(database, partyId);
      const direct = await openDatabase({ kind: "postgres", url, poolMax: 1 });
      ends.push(
        () => direct.close(),
        async () => void (await direct.pool.query(`DROP SCHEMA "${schemaOf(partyId)}" CASCADE`)),
        () => proxy.close(),
        () => database.close(),
      );
      const memory = world.actor(1).store;
      await haveShare(sql, memory, key);
      const { takeLease, dropLease, leases, beginCheck, endCheck, burn } = sql;
      const checks = { takeLease, dropLease, leases, beginCheck, endCheck, burn };
      const store = new Proxy(memory, {
        get: (target, property) => {
          const method: unknown = Reflect.get(property in checks ? checks : target, property);
          return typeof method === "function" ? method.bind(target) : method;
        },
      });
      await world.boot(1, new CrashPoint(0, "before"), { store });
      let [before, left] = [skip, count];
      const losses: Promise<void>[] = [];
      losingCommits(
        database,
        "checks",
        () => (before > 0 ? before-- * 0 : left),
        () => {
          left -= 1;
          losses.push(lose(proxy));
        },
      );
      const sign = async (byte: number) => {
        const session = world.coordinator.open(world.signIntent(key, digest(byte)), [1, 2]);
        let lookedAtMs = performance.now();
        await world.hub.deliverUntil(() => {
          // The database answers in real time, so the clock of the world follows it.
          const nowMs = performance.now();
          world.clock.advance(nowMs - lookedAtMs);
          lookedAtMs = nowMs;
          return session.signatures.length === 2 || session.aborts.length > 0;
        });
        await world.hub.settle();
        return session.signatures.length;
      };
      expect(await sign(1)).toBe(skip === 0 && count > 1 ? 0 : 2);
      // The note is gone, and every answer that was to get lost did.
      await expect
        .poll(
          async () => {
            await world.pass(1_000, 1_000);
            const { rows } = await direct.pool.query(`SELECT count(*)::int AS open FROM "${schemaOf(partyId)}".checks`);
            return [rows[0].open, left];
          },
          { timeout: 10_000, interval: 100 },
        )
        .toEqual([0, 0]);
      // A start does not try again by itself, so the test waits here until the database answers.
      await Promise.all(losses);
      await expect.poll(() => database.pool.query("SELECT 1").then(() => "answers", String), { timeout: 10_000 }).toBe("answers");
      await world.boot(1, new CrashPoint(0, "before"), { store });
      expect((await sql.pairs(key.keyId, key.epoch)).map(({ strikes, burn }) => [strikes, burn])).toEqual([[0, undefined]]);
      expect(await sign(2)).toBe(2);
    });
  });
});

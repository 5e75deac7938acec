// The contract of network-contract.ts on the real servers, and what the times of production add up
// to.
import { randomUUID } from "node:crypto";
import { tcpProxy } from "@covault/testkit/network";
import { describe, expect, it, vi } from "vitest";
import { rabbitmqBroker } from "../src/messages/broker/rabbitmq/broker.ts";
import { rabbitmqTimes } from "../src/messages/broker/rabbitmq/options.ts";
import { redisPresence } from "../src/messages/presence/redis.ts";
import { redisTimes } from "../src/messages/redis.ts";
import { databaseTimes } from "../src/sql/connections.ts";
import { openDatabase } from "../src/sql/database.ts";
import { networkContract } from "./network-contract.ts";
import { withServer } from "./real-servers.ts";

const entry = { partyId: "p", instanceId: "i", routerId: "r", streamId: "s", connectedAtMs: 0, sessions: 0 };

await withServer("PostgreSQL", (given) => {
  const url = new URL(given);
  url.pathname = "/postgres";
  const times = { connectMs: 300, statementMs: 250, lockMs: 200, idleInTransactionMs: 300, silentMs: 400, restedMs: 0, checkMs: 100 };
  networkContract({
    name: "PostgreSQL",
    url: url.href,
    codes: ["database/unavailable"],
    endsMs: 900,
    healsMs: 1_500,
    async open(through) {
      const database = await openDatabase({ kind: "postgres", url: through, times });
      return { ask: () => database.pool.query("SELECT 1"), ping: () => database.ping(), close: () => database.close() };
    },
  });

  describe("PostgreSQL", () => {
    const open = async (through: string, more: Partial<typeof times> = {}) =>
      openDatabase({ kind: "postgres", url: through, times: { ...times, ...more } });

    it("a transaction whose connection dies is over at once, for kysely as well, and the next one uses another connection", async () => {
      const proxy = await tcpProxy(url.href);
      const database = await open(proxy.through(url.href), { restedMs: 60_000 });
      const db = database.schema("public");
      const beganAt = performance.now();
      const cut = db.transaction().execute(async (transaction) => {
        proxy.silence();
        await transaction.selectNoFrom((is) => is.val(1).as("one")).execute();
      });
      await expect(cut).rejects.toMatchObject({ code: "database/unavailable", kind: "io", retryAfterMs: expect.any(Number) });
      expect(performance.now() - beganAt).toBeLessThan(times.silentMs * 2 + 1_500);
      await db.selectNoFrom((is) => is.val(1).as("one")).execute();
      await database.close();
      await proxy.close();
    });

    it("when one connection is found dead, the others of that time are not used any more", async () => {
      const proxy = await tcpProxy(url.href);
      const database = await open(proxy.through(url.href), { restedMs: 60_000 });
      await Promise.all(Array.from({ length: 6 }, () => database.pool.query("SELECT pg_sleep(0.05)")));
      proxy.silence();
      await expect(database.pool.query("SELECT 1")).rejects.toMatchObject({ code: "database/unavailable" });
      expect((await database.pool.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
      await database.close();
      await proxy.close();
    });

    it("a client that died inside a transaction keeps its locks for no longer than its time", async () => {
      const proxy = await tcpProxy(url.href);
      const [dying, living] = [
        await open(proxy.through(url.href)),
        await open(url.href, { lockMs: 2_000, statementMs: 2_500, silentMs: 3_000 }),
      ];
      const lock = "SELECT pg_advisory_xact_lock(hashtext($1))";
      const name = randomUUID();
      const client = await dying.pool.connect();
      await client.query("BEGIN");
      await client.query(lock, [name]);
      proxy.silence();
      await living.pool.query(lock, [name]);
      client.release(true);
      await Promise.all([dying.close(), living.close(), proxy.close()]);
    });

    it("a statement, or a wait for a lock, that takes too long is ended by the server: ask again", async () => {
      const database = await open(url.href);
      await expect(database.pool.query("SELECT pg_sleep(5)")).rejects.toMatchObject({ code: "database/unavailable" });
      const name = randomUUID();
      const client = await database.pool.connect();
      await client.query("SELECT pg_advisory_lock(hashtext($1))", [name]);
      await expect(database.pool.query("SELECT pg_advisory_lock(hashtext($1))", [name])).rejects.toMatchObject({
        code: "database/unavailable",
        message: expect.stringContaining("55P03"),
      });
      client.release(true);
      await database.close();
    });

    it("a fault of a statement is no absence of the database", async () => {
      const database = await open(url.href);
      await expect(database.pool.query("SELECT no_such_column")).rejects.toMatchObject({ code: "42703" });
      await database.close();
    });
  });
});

await withServer("Redis", (url) => {
  const times = { connectMs: 200, silentMs: 200, commandMs: 500 };
  networkContract({
    name: "Redis",
    url,
    codes: ["http/unavailable"],
    endsMs: 500,
    healsMs: 1_500,
    async open(through) {
      const presence = await redisPresence({ url: through, keyPrefix: `test-${randomUUID().slice(0, 8)}:`, times });
      return { ask: () => presence.put(entry, 60_000), ping: () => presence.ping(), close: () => presence.close() };
    },
  });

  it("commands do not wait in the client while Redis is away", async () => {
    const proxy = await tcpProxy(url);
    const presence = await redisPresence({ url: proxy.through(url), keyPrefix: `test-${randomUUID().slice(0, 8)}:`, times });
    await proxy.refuse();
    proxy.cut();
    await vi.waitFor(() => expect(proxy.held).toBe(0));
    const ends = await Promise.allSettled(Array.from({ length: 200 }, () => presence.put(entry, 1_000)));
    expect(ends.every((end) => end.status === "rejected")).toBe(true);
    await proxy.accept();
    await vi.waitFor(() => presence.ping(), { timeout: 5_000, interval: 20 });
    expect(await presence.list()).toEqual([]);
    await presence.close();
    await proxy.close();
  });
});

await withServer("RabbitMQ", (url) => {
  const times = { connectMs: 400, askEveryMs: 50, silentMs: 300, publishMs: 500, heartbeatS: 1 };
  const prefix = () => `test-${randomUUID().slice(0, 8)}`;
  networkContract({
    name: "RabbitMQ",
    url,
    codes: ["broker/unavailable"],
    endsMs: 600,
    healsMs: 3_000,
    async open(through) {
      const broker = await rabbitmqBroker({ url: through, prefix: prefix(), queueIdleMs: 60_000, times });
      return {
        ask: () => broker.publish("q", new Uint8Array(10), { durable: true }),
        ping: () => broker.ping(),
        close: () => broker.close(),
      };
    },
  });

  it("consumers whose connection died get every message over a new one, whatever was under way", async () => {
    const proxy = await tcpProxy(url);
    const name = prefix();
    const consumer = await rabbitmqBroker({ url: proxy.through(url), prefix: name, queueIdleMs: 60_000, times });
    const publisher = await rabbitmqBroker({ url, prefix: name, queueIdleMs: 60_000, times });
    const seen = new Set<string>();
    await consumer.consume("q", ({ messageId }) => void seen.add(messageId));
    const ids = Array.from({ length: 30 }, (_, n) => `m${n}`);
    for (const [n, messageId] of ids.entries()) {
      if (n === 10) proxy.silence();
      if (n === 20) proxy.silence("down");
      await publisher.publish("q", new Uint8Array(100), { messageId, durable: true });
    }
    // The messages that the dead consumer held come when the server, too, takes it for dead.
    await vi.waitFor(() => expect([...seen].sort()).toEqual([...ids].sort()), { timeout: 20_000, interval: 20 });
    await Promise.all([consumer.close(), publisher.close(), proxy.close()]);
  });

  it("a handler that is still at work when its connection dies keeps no other message back, and sees its own again", async () => {
    const proxy = await tcpProxy(url);
    const name = prefix();
    const consumer = await rabbitmqBroker({ url: proxy.through(url), prefix: name, queueIdleMs: 60_000, times });
    const publisher = await rabbitmqBroker({ url, prefix: name, queueIdleMs: 60_000, times });
    const seen: string[] = [];
    await consumer.consume("q", async ({ messageId, redelivered }) => {
      seen.push(`${messageId}${redelivered ? " again" : ""}`);
      if (messageId === "long" && !redelivered) await new Promise(() => {});
    });
    await publisher.publish("q", new Uint8Array(100), { messageId: "long", durable: true });
    await vi.waitFor(() => expect(seen).toEqual(["long"]));
    proxy.silence();
    await publisher.publish("q", new Uint8Array(100), { messageId: "next", durable: true });
    await vi.waitFor(() => expect(seen.map((one) => one.replace("next again", "next")).sort()).toEqual(["long", "long again", "next"]), {
      timeout: 10_000,
      interval: 20,
    });
    await Promise.all([consumer.close(), publisher.close(), proxy.close()]);
  }, 20_000);

  it("with the times of production: what the server still gave to a dead connection is handed out over the new one within 7 s", async () => {
    const proxy = await tcpProxy(url);
    const name = prefix();
    const consumer = await rabbitmqBroker({ url: proxy.through(url), prefix: name, queueIdleMs: 60_000 });
    const publisher = await rabbitmqBroker({ url, prefix: name, queueIdleMs: 60_000 });
    const seen: string[] = [];
    await consumer.consume("q", ({ messageId }) => void seen.push(messageId));
    proxy.silence();
    const ids = ["durable", "not durable"];
    for (const messageId of ids) await publisher.publish("q", new Uint8Array(100), { messageId, durable: messageId === "durable" });
    await vi.waitFor(() => expect(seen.sort()).toEqual(ids), { timeout: 7_000 + 1_500, interval: 20 });
    await Promise.all([consumer.close(), publisher.close(), proxy.close()]);
  }, 20_000);

  it("a stop does not wait for a server that says nothing", async () => {
    const proxy = await tcpProxy(url);
    const broker = await rabbitmqBroker({ url: proxy.through(url), prefix: prefix(), queueIdleMs: 60_000, times });
    await broker.consume("q", () => {});
    proxy.freeze();
    const beganAt = performance.now();
    await broker.close();
    expect(performance.now() - beganAt).toBeLessThan(times.connectMs + 1_500);
    await proxy.close();
  });
});

describe("the times of production", () => {
  /** A silence may be noticed an eighth later than its time. */
  const noticed = (ms: number) => ms * 1.125;

  it("PostgreSQL: a request ends within 10 s, and the server always speaks before its silence counts", () => {
    const { connectMs, statementMs, lockMs, idleInTransactionMs, silentMs, checkMs } = databaseTimes;
    expect(Math.max(noticed(silentMs), noticed(checkMs) + connectMs)).toBeLessThan(7_000);
    expect([lockMs < statementMs, statementMs < silentMs]).toEqual([true, true]);
    expect(idleInTransactionMs + noticed(silentMs)).toBeLessThan(30_000);
  });

  it("RabbitMQ: a dead connection is noticed within 5 s, a message is taken or refused within 10 s, and what a dead consumer held comes back within 7 s", () => {
    const { connectMs, askEveryMs, silentMs, publishMs, heartbeatS } = rabbitmqTimes;
    expect(askEveryMs + noticed(silentMs)).toBeLessThan(5_000);
    expect(noticed(publishMs)).toBeLessThan(10_000);
    expect(askEveryMs + noticed(silentMs) + 2_000 + connectMs).toBeLessThan(30_000);
    // RabbitMQ looks once in each heartbeat. It ends a connection at the second look without news.
    expect(heartbeatS * 1_000 * 3).toBeLessThan(7_000);
    // A live connection carries an answer more often than that.
    expect(askEveryMs).toBeLessThan(heartbeatS * 1_000);
  });

  it("Redis: a command ends within 10 s, and most are answered over a new connection before that", () => {
    const { connectMs, silentMs, commandMs } = redisTimes;
    expect(commandMs).toBeLessThan(5_000);
    expect(silentMs).toBeLessThan(commandMs);
    expect(silentMs + connectMs + 1_000).toBeLessThan(30_000);
  });
});

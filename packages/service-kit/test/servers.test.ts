// The contract tests on the real servers, and tests in which a network loses the connection.
import { randomUUID } from "node:crypto";
import { tcpProxy } from "@covault/testkit/network";
import { Connection } from "rabbitmq-client";
import { describe, expect, it, vi } from "vitest";
import { rabbitmqBroker } from "../src/messages/broker/rabbitmq/broker.ts";
import { deadLetterQueue } from "../src/messages/broker/rabbitmq/topology.ts";
import { redisPresence } from "../src/messages/presence/redis.ts";
import { redisRateLimit } from "../src/messages/rate-limit/redis.ts";
import { brokerContract } from "./broker-contract.ts";
import { presenceContract } from "./presence-contract.ts";
import { rateLimitContract } from "./rate-limit-contract.ts";
import { withServer } from "./real-servers.ts";

/** A server's own clock moves only by itself. */
const pass = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms));
const prefix = () => `test-${randomUUID().slice(0, 8)}`;

await withServer("RabbitMQ", (url) => {
  brokerContract("RabbitMQ", async (bounds) => ({
    broker: await rabbitmqBroker({ url, prefix: prefix(), queueIdleMs: 60_000, ...bounds }),
    advance: pass,
  }));

  describe("RabbitMQ", () => {
    it("goes on after a lost connection: every durable message arrives, publishing waits, consumers come back", async () => {
      const way = await tcpProxy(url);
      const broker = await rabbitmqBroker({ url: way.through(url), prefix: prefix(), queueIdleMs: 60_000 });
      const seen = new Set<string>();
      await broker.consume("q", ({ messageId }) => void seen.add(messageId));
      const send = async (messageId: string): Promise<void> => {
        // The caller is told of a cut between a message and its confirmation, and sends it again.
        await vi.waitFor(() => broker.publish("q", new Uint8Array(100), { messageId, durable: true }), { timeout: 20_000, interval: 20 });
      };
      const ids = Array.from({ length: 60 }, (_, n) => `m${n}`);
      for (const [n, id] of ids.entries()) {
        if (n === 20 || n === 40) way.cut();
        await send(id);
      }
      await vi.waitFor(() => expect([...seen].sort()).toEqual([...ids].sort()), { timeout: 20_000, interval: 10 });
      await broker.close();
      await way.close();
    });

    it("keeps a message that was handed out in vain among the dead letters, with its queue", async () => {
      const name = prefix();
      const broker = await rabbitmqBroker({ url, prefix: name, queueIdleMs: 60_000 });
      await broker.consume("q", () => {
        throw new Error("cannot");
      });
      await broker.publish("q", new Uint8Array([1, 2, 3]), { durable: true, messageId: "poison" });
      const reader = new Connection(url);
      const dead = deadLetterQueue(name);
      const letter = await vi.waitFor(
        async () => {
          const found = await reader.basicGet({ queue: dead, noAck: true });
          expect(found).toBeDefined();
          return found;
        },
        { timeout: 10_000, interval: 20 },
      );
      expect([letter?.messageId, letter?.headers?.queue, [...((letter?.body ?? []) as Buffer)]]).toEqual(["poison", "q", [1, 2, 3]]);
      await reader.queueDelete(dead);
      await reader.close();
      await broker.close();
    });

    it("says so when the server does not answer, and does not show the password", async () => {
      const way = await tcpProxy(url);
      await way.close();
      const failing = rabbitmqBroker({ url: way.through(url).replace("guest:guest", "guest:hunter2"), prefix: prefix(), connectMs: 200 });
      await expect(failing).rejects.toMatchObject({ code: "broker/unavailable", message: expect.not.stringContaining("hunter2") });
      await expect(failing).rejects.toThrow(
        `RabbitMQ at ${new URL(way.through(url)).host} (RABBITMQ_URL) does not answer: connect ECONNREFUSED`,
      );
    });

    it("reaches a server by its IPv6 address", async () => {
      const way = await tcpProxy(url, { host: "::1" });
      const broker = await rabbitmqBroker({ url: way.through(url), prefix: prefix(), connectMs: 3_000 });
      await broker.ping();
      await broker.close();
      await way.close();
    });

    it("says so when the server refuses the password", async () => {
      const wrong = new URL(url);
      wrong.password = "hunter2";
      const failing = rabbitmqBroker({ url: wrong.href, prefix: prefix(), connectMs: 3_000 });
      await expect(failing).rejects.toThrow(/\(RABBITMQ_URL\) does not answer: ACCESS_REFUSED/);
      await expect(failing).rejects.toMatchObject({ message: expect.not.stringContaining("hunter2") });
    });

    it("carries a signing round between two processes' connections in a few milliseconds", async () => {
      const name = prefix();
      const [here, there] = [
        await rabbitmqBroker({ url, prefix: name, queueIdleMs: 60_000 }),
        await rabbitmqBroker({ url, prefix: name, queueIdleMs: 60_000 }),
      ];
      const body = new Uint8Array(51_200).fill(7);
      const arrivals: (() => void)[] = [];
      await there.consume("q", (message) => {
        expect(message.body.length).toBe(body.length);
        arrivals.shift()?.();
      });
      const times: number[] = [];
      for (let n = 0; n < 60; n++) {
        const startedAt = performance.now();
        const arrived = new Promise<void>((resolve) => arrivals.push(resolve));
        await here.publish("q", body);
        await arrived;
        times.push(performance.now() - startedAt);
      }
      const sorted = times.sort((a, b) => a - b);
      console.log(`RabbitMQ, 50 KiB transient: median ${sorted[30]?.toFixed(2)} ms, worst ${sorted.at(-1)?.toFixed(2)} ms`);
      // Nagle's algorithm with delayed acknowledgements would make each take 40 ms and more. A busy
      // machine spoils some.
      expect(sorted[6]).toBeLessThan(30);
      await here.close();
      await there.close();
    });
  });
});

await withServer("Redis", (url) => {
  presenceContract("Redis", async () => ({ presence: await redisPresence({ url, keyPrefix: `${prefix()}:` }), advance: pass }));
  rateLimitContract("Redis", (nowMs) => redisRateLimit({ url, keyPrefix: `${prefix()}:`, nowMs }));

  describe("Redis", () => {
    it("says so when the server does not answer, and does not show the password", async () => {
      const way = await tcpProxy(url);
      await way.close();
      const failing = redisPresence({ url: way.through(url).replace("redis://", "redis://:hunter2@") });
      await expect(failing).rejects.toMatchObject({ code: "http/unavailable", message: expect.not.stringContaining("hunter2") });
      await expect(failing).rejects.toThrow(`Redis at ${new URL(way.through(url)).host} (REDIS_URL) does not answer: connect ECONNREFUSED`);
    });

    it("says so when the server refuses the password", async () => {
      const failing = redisPresence({ url: url.replace("redis://", "redis://nobody:hunter2@") });
      await expect(failing).rejects.toThrow(/\(REDIS_URL\) does not answer: WRONGPASS/);
      await expect(failing).rejects.toMatchObject({ message: expect.not.stringContaining("hunter2") });
    });

    it("says so when the server has no database of that number, and does not take another", async () => {
      const other = new URL(url);
      other.pathname = "/4444";
      await expect(redisPresence({ url: other.href })).rejects.toThrow(/\(REDIS_URL\) does not answer: ERR DB index is out of range/);
    });

    it("answers again after a lost connection", async () => {
      const way = await tcpProxy(url);
      const presence = await redisPresence({ url: way.through(url), keyPrefix: `${prefix()}:` });
      way.cut();
      await vi.waitFor(() => presence.ping(), { timeout: 5_000, interval: 10 });
      await presence.close();
      await way.close();
    });

    it("holds nothing against anybody that was counted before the server's clock was set back", async () => {
      let now = 1_700_000_000_000;
      const rate = await redisRateLimit({ url, keyPrefix: `${prefix()}:`, nowMs: () => now });
      const rule = { limit: 1, windowMs: 60_000 };
      await rate.take("k", rule);
      now -= 3_600_000;
      expect(await rate.take("k", rule)).toMatchObject({ allowed: true });
      expect(await rate.take("k", rule)).toMatchObject({ allowed: false, retryAfterMs: 60_000 });
      await rate.close();
    });

    it("counts by the server's clock when none is given", async () => {
      const rate = await redisRateLimit({ url, keyPrefix: `${prefix()}:` });
      const rule = { limit: 1, windowMs: 60_000 };
      expect((await rate.take("k", rule)).allowed).toBe(true);
      const refused = await rate.take("k", rule);
      expect(refused.allowed).toBe(false);
      expect(refused.retryAfterMs).toBeGreaterThan(50_000);
      await rate.close();
    });
  });
});

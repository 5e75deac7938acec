import { describe, expect, it } from "vitest";
import { inProcessBroker } from "../src/messages/broker/in-process/broker.ts";
import { memoryPresence } from "../src/messages/presence/memory.ts";
import { fallbackRateLimit } from "../src/messages/rate-limit/fallback.ts";
import { memoryRateLimit } from "../src/messages/rate-limit/memory.ts";
import { brokerContract } from "./broker-contract.ts";
import { presenceContract } from "./presence-contract.ts";
import { rateLimitContract } from "./rate-limit-contract.ts";

brokerContract("in process", async (bounds) => {
  let now = 0;
  return {
    broker: inProcessBroker({ ...bounds, monotonicMs: () => now }),
    advance: async (ms) => {
      now += ms;
    },
  };
});

presenceContract("in process", async () => {
  let now = 0;
  return {
    presence: memoryPresence({ monotonicMs: () => now }),
    advance: async (ms) => {
      now += ms;
    },
  };
});

rateLimitContract("in process", async (monotonicMs) => memoryRateLimit({ monotonicMs }));
rateLimitContract("of a replica whose shared one is away", async (monotonicMs) => {
  const away = { take: () => Promise.reject(new Error("away")), close: async () => {} };
  return fallbackRateLimit(away, memoryRateLimit({ monotonicMs }), () => {}, monotonicMs);
});

describe("the broker in the process", () => {
  it("bounds a queue by bytes and all queues by their sum, and says what it dropped", async () => {
    let now = 0;
    const dropped: string[] = [];
    const broker = inProcessBroker({
      queueBytesMax: 10,
      bytesMax: 15,
      monotonicMs: () => now,
      onDrop: (queue, reason) => dropped.push(`${queue} ${reason}`),
    });
    await broker.publish("one", new Uint8Array(10), { ttlMs: 100 });
    await expect(broker.publish("one", new Uint8Array(1))).rejects.toMatchObject({ code: "broker/queue-full" });
    await expect(broker.publish("two", new Uint8Array(6))).rejects.toMatchObject({ code: "broker/queue-full" });
    now = 200;
    await broker.consume("one", () => {});
    await new Promise((resolve) => setImmediate(resolve));
    await broker.publish("two", new Uint8Array(6));
    expect(dropped).toEqual(["one expired"]);
    await broker.close();
  });

  it("keeps its own copy of a body", async () => {
    const broker = inProcessBroker();
    const body = new Uint8Array([1]);
    await broker.publish("q", body);
    body[0] = 2;
    const seen = await new Promise<Uint8Array>((resolve) => void broker.consume("q", (message) => resolve(message.body)));
    expect([...seen]).toEqual([1]);
    await broker.close();
  });
});

describe("the rate limit in the process", () => {
  it("bounds the keys it remembers", async () => {
    const rate = memoryRateLimit({ keysMax: 2, monotonicMs: () => 0 });
    const rule = { limit: 1, windowMs: 1_000 };
    for (const key of ["a", "b", "c"]) await rate.take(key, rule);
    expect((await rate.take("c", rule)).allowed).toBe(false);
    expect((await rate.take("a", rule)).allowed).toBe(true);
  });
});

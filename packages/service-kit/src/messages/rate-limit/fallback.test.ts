import { expect, it } from "vitest";
import { fallbackRateLimit } from "./fallback.ts";
import { memoryRateLimit } from "./memory.ts";
import type { RateLimit } from "./port.ts";

it("counts by itself while the shared store is away, says so once, and goes back to it", async () => {
  let now = 0;
  let away = false;
  let asked = 0;
  const told: unknown[] = [];
  const shared: RateLimit = {
    async take() {
      asked++;
      if (away) throw new Error("away");
      return { allowed: true, remaining: 100, retryAfterMs: 0, giveBack: async () => {} };
    },
    close: async () => {},
  };
  const rate = fallbackRateLimit(
    shared,
    memoryRateLimit({ monotonicMs: () => now }),
    (error) => told.push(error),
    () => now,
  );
  const rule = { limit: 2, windowMs: 60_000 };
  expect((await rate.take("a", rule)).remaining).toBe(100);
  away = true;
  const answers = [await rate.take("a", rule), await rate.take("a", rule), await rate.take("a", rule)];
  expect(answers.map((answer) => answer.allowed)).toEqual([true, true, false]);
  expect([asked, told.length]).toEqual([2, 1]);
  away = false;
  now += 5_000;
  expect((await rate.take("a", rule)).remaining).toBe(100);
});

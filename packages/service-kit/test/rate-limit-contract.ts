// What every RateLimit must do. One suite, run on each adapter.
import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { RateLimit } from "../src/rate-limit/port.ts";

/** `nowMs` is the clock that the adapter must use. */
export function rateLimitContract(name: string, make: (nowMs: () => number) => Promise<RateLimit>): void {
  describe(`rate limit: ${name}`, () => {
    const rule = { limit: 3, windowMs: 1_000 };

    it("[RL1] allows as many as the limit within any window, and says when the next one fits", async () => {
      let now = 1_700_000_000_000;
      const rate = await make(() => now);
      const key = randomUUID();
      const answers = [];
      for (const step of [0, 100, 100, 100]) {
        now += step;
        answers.push(await rate.take(key, rule));
      }
      expect(answers.map((answer) => [answer.allowed, answer.remaining])).toEqual([
        [true, 2],
        [true, 1],
        [true, 0],
        [false, 0],
      ]);
      expect(answers[3]?.retryAfterMs).toBe(700);
      now += 700;
      expect(await rate.take(key, rule)).toEqual({ allowed: true, remaining: 0, retryAfterMs: 0 });
      expect((await rate.take(key, rule)).allowed).toBe(false);
      await rate.close();
    });

    it("[RL2] does not count what it refused, and keeps keys apart", async () => {
      let now = 1_700_000_000_000;
      const rate = await make(() => now);
      const [one, other] = [randomUUID(), randomUUID()];
      for (let n = 0; n < 10; n++) await rate.take(one, rule);
      expect((await rate.take(other, rule)).remaining).toBe(2);
      now += 1_000;
      expect(await rate.take(one, rule)).toMatchObject({ allowed: true, remaining: 2 });
      await rate.close();
    });

    it("[RL4] counts nothing when it only looks", async () => {
      const rate = await make(() => 1_700_000_000_000);
      const key = randomUUID();
      for (let n = 0; n < 5; n++) expect(await rate.take(key, { ...rule, look: true })).toMatchObject({ allowed: true, remaining: 3 });
      for (let n = 0; n < 3; n++) await rate.take(key, rule);
      expect(await rate.take(key, { ...rule, look: true })).toEqual({ allowed: false, remaining: 0, retryAfterMs: 1_000 });
      await rate.close();
    });

    it("[RL3] counts callers at the same time without letting one too many through", async () => {
      const rate = await make(() => 1_700_000_000_000);
      const key = randomUUID();
      const answers = await Promise.all(Array.from({ length: 20 }, () => rate.take(key, rule)));
      expect(answers.filter((answer) => answer.allowed)).toHaveLength(3);
      await rate.close();
    });
  });
}

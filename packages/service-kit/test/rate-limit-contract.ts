// What every RateLimit must do. This suite runs on each adapter.
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { apiKeyGuard, type RequestGuard } from "../src/http/api-key-guard.ts";
import { limitedGuard } from "../src/http/limited-guard.ts";
import type { RateLimit } from "../src/messages/rate-limit/port.ts";

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
      expect(await rate.take(key, rule)).toMatchObject({ allowed: true, remaining: 0, retryAfterMs: 0 });
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

    it("[RL4] gives back what it counted, once, and nothing of another", async () => {
      let now = 1_700_000_000_000;
      const rate = await make(() => now);
      const key = randomUUID();
      const first = await rate.take(key, rule);
      for (let n = 0; n < 2; n++) await rate.take(key, rule);
      const refused = await rate.take(key, rule);
      await refused.giveBack();
      expect((await rate.take(key, rule)).allowed).toBe(false);
      await first.giveBack();
      await first.giveBack();
      expect(await rate.take(key, rule)).toMatchObject({ allowed: true, remaining: 0 });
      expect((await rate.take(key, rule)).allowed).toBe(false);
      now += 1_000;
      await first.giveBack();
      expect(await rate.take(key, rule)).toMatchObject({ allowed: true, remaining: 2 });
      await rate.close();
    });

    it("[RL3] counts callers at the same time without letting one too many through", async () => {
      const rate = await make(() => 1_700_000_000_000);
      const key = randomUUID();
      const answers = await Promise.all(Array.from({ length: 20 }, () => rate.take(key, rule)));
      expect(answers.filter((answer) => answer.allowed)).toHaveLength(3);
      await rate.close();
    });

    it("[RL5] a burst of wrong keys over several replicas is not answered beyond the limit, and one of right keys is", async () => {
      const rate = await make(() => 1_700_000_000_000);
      const replicas = [1, 2, 3].map(() => replicaOf(rate));
      const burst = (address: string, keys: readonly string[]) =>
        Promise.all(keys.map((key, at) => outcome(replicas[at % replicas.length] as RequestGuard, address, key)));
      const wrong = Array.from({ length: 300 }, (_, at) => `wrong-key-${at}`);
      // The right key comes last. A caller with 300 guesses would find it.
      const answers = await burst("203.0.113.7", [...wrong, apiKey]);
      expect(countOf(answers)).toEqual({ "http/unauthorized": 20, "http/too-many-requests": 281 });
      expect(countOf(await burst("203.0.113.8", Array<string>(300).fill(apiKey)))).toEqual({ "let through": 300 });
      await rate.close();
    });
  });
}

const apiKey = "right-key-0123456789";

/**
 * A guard that looks its key up elsewhere. It knows the right one at once and a wrong one a turn
 * later, as a guard does that asks a database about unknown keys alone.
 */
function replicaOf(rate: RateLimit): RequestGuard {
  const configured = apiKeyGuard({ keys: { configured: apiKey } });
  const guard: RequestGuard = async (request) => {
    try {
      return await configured(request);
    } catch (error) {
      await new Promise((turn) => setImmediate(turn));
      throw error;
    }
  };
  return limitedGuard({ guard, rate, service: "burst" });
}

async function outcome(guard: RequestGuard, remoteAddress: string, key: string): Promise<string> {
  try {
    await guard({ socket: { remoteAddress }, headers: { "x-api-key": key } } as unknown as IncomingMessage);
    return "let through";
  } catch (error) {
    return (error as { code: string }).code;
  }
}

function countOf(answers: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const answer of answers) counts[answer] = (counts[answer] ?? 0) + 1;
  return counts;
}

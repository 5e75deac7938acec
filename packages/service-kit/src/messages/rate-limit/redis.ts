// The sliding window between processes, in Redis: a sorted set of times for each key, counted and
// taken in one script. Times in the future are forgotten. They mean that the server's clock was set
// back, and would count until the clock is there again.
import { randomUUID } from "node:crypto";
import { connectRedis, type RedisOptions } from "../redis.ts";
import type { RateLimit } from "./port.ts";

/**
 * ARGV has the limit, the window in ms, a fresh member, and the time in ms or "" for the server's.
 * The answer has whether it is allowed, the count, the oldest time, and the time now.
 */
const take = `
local now = tonumber(ARGV[4])
if not now then local t = redis.call('TIME'); now = t[1] * 1000 + math.floor(t[2] / 1000) end
local window = tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '(' .. string.format('%.0f', now), '+inf')
local count = redis.call('ZCARD', KEYS[1])
local allowed = 0
if count < tonumber(ARGV[1]) then allowed = 1 end
if allowed == 1 then
  redis.call('ZADD', KEYS[1], now, ARGV[3])
  redis.call('PEXPIRE', KEYS[1], window)
  count = count + 1
end
local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2] or now
return { allowed, count, string.format('%.0f', oldest), string.format('%.0f', now) }`;

/**
 * `nowMs` is for tests. Default: the server's clock. Throws http/unavailable when the server is
 * away.
 */
export async function redisRateLimit(options: RedisOptions & { readonly nowMs?: () => number }): Promise<RateLimit> {
  const redis = await connectRedis(options);
  return {
    async take(key, { limit, windowMs }) {
      const at = options.nowMs === undefined ? "" : String(options.nowMs());
      const member = randomUUID();
      const answer = await redis.run((line) => line.eval(take, 1, `rate:${key}`, limit, windowMs, member, at));
      const [allowed, count, oldest, now] = answer as [number, number, string, string];
      return {
        allowed: allowed === 1,
        remaining: Math.max(0, limit - count),
        retryAfterMs: allowed === 1 ? 0 : Math.max(1, Number(oldest) + windowMs - Number(now)),
        async giveBack() {
          if (allowed === 1) await redis.run((line) => line.zrem(`rate:${key}`, member));
        },
      };
    },
    async close() {
      redis.close();
    },
  };
}

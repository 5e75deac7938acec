// Presence between processes: Redis. A hash per party holds its instances, each with its end by the server's clock; a sorted set
// holds the parties. Entries past their end are removed by whoever reads.
import { connectRedis, type RedisOptions } from "../redis.ts";
import type { Presence, PresenceEntry } from "./port.ts";

/** The server's time in milliseconds, so that replicas' clocks do not matter. */
const now = "local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000)";

const put = `${now}
local untilMs = now + ARGV[3]
redis.call('HSET', KEYS[1], ARGV[2], string.format('%.0f', untilMs) .. ' ' .. ARGV[4])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
redis.call('ZADD', KEYS[2], 'GT', untilMs, ARGV[1])
return 1`;

const remove = `
local held = redis.call('HGET', KEYS[1], ARGV[1])
if held and (ARGV[2] == '' or cjson.decode(string.sub(held, string.find(held, ' ') + 1)).streamId == ARGV[2]) then
  redis.call('HDEL', KEYS[1], ARGV[1])
end
return 1`;

const alive = `${now}
local found = {}
local held = redis.call('HGETALL', KEYS[1])
for i = 1, #held, 2 do
  local at = string.find(held[i + 1], ' ')
  if tonumber(string.sub(held[i + 1], 1, at - 1)) > now then found[#found + 1] = string.sub(held[i + 1], at + 1)
  else redis.call('HDEL', KEYS[1], held[i]) end
end
return found`;

const parties = `${now}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
return redis.call('ZRANGE', KEYS[1], 0, -1)`;

export async function redisPresence(options: RedisOptions): Promise<Presence> {
  const redis = await connectRedis(options);
  const index = "presence:parties";
  const keyOf = (partyId: string) => `presence:party:${partyId}`;
  const find = async (partyId: string): Promise<PresenceEntry[]> => {
    const found = (await redis.run((line) => line.eval(alive, 1, keyOf(partyId)))) as string[];
    return found.map((json) => JSON.parse(json) as PresenceEntry);
  };
  return {
    async put(entry, ttlMs) {
      const { partyId, instanceId } = entry;
      await redis.run((line) => line.eval(put, 2, keyOf(partyId), index, partyId, instanceId, ttlMs, JSON.stringify(entry)));
    },
    async remove(partyId, instanceId, streamId = "") {
      await redis.run((line) => line.eval(remove, 1, keyOf(partyId), instanceId, streamId));
    },
    find,
    async list() {
      const names = (await redis.run((line) => line.eval(parties, 1, index))) as string[];
      return (await Promise.all(names.map(find))).flat();
    },
    async ping() {
      await redis.run((line) => line.ping());
    },
    async close() {
      redis.close();
    },
  };
}

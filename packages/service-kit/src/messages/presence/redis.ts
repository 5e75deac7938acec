// Presence between processes, in Redis. A hash of each party holds its instances, each with its
// time by the server's clock, and a sorted set holds the parties. Readers remove the entries past
// their end.
import { connectRedis, type RedisOptions } from "../redis.ts";
import type { Presence, PresenceEntry } from "./port.ts";

/** The server's time in milliseconds, so that the clocks of replicas do not matter. */
const now = "local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000)";

/**
 * Reads an entry as it is held: the time at which it was put, its life, and its JSON. An entry that
 * was put after now counts as gone, because the server's clock was set back.
 */
const read = `
local function read(held)
  local at, ttl, json = string.match(held, '^(%d+) (%d+) (.*)$')
  if tonumber(at) <= now and now < tonumber(at) + tonumber(ttl) then return json end
end`;

const put = `${now}${read}
local held = redis.call('HGET', KEYS[1], ARGV[2])
local json = held and read(held)
if ARGV[5] == '' and json and cjson.decode(json).streamId ~= cjson.decode(ARGV[4]).streamId then return 0 end
local untilMs = now + ARGV[3]
redis.call('HSET', KEYS[1], ARGV[2], string.format('%.0f %.0f ', now, ARGV[3]) .. ARGV[4])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
redis.call('ZADD', KEYS[2], 'GT', untilMs, ARGV[1])
return 1`;

const remove = `
local held = redis.call('HGET', KEYS[1], ARGV[1])
if held and (ARGV[2] == '' or cjson.decode(string.match(held, '^%d+ %d+ (.*)$')).streamId == ARGV[2]) then
  redis.call('HDEL', KEYS[1], ARGV[1])
end
return 1`;

const alive = `${now}${read}
local found = {}
local held = redis.call('HGETALL', KEYS[1])
for i = 1, #held, 2 do
  local json = read(held[i + 1])
  if json then found[#found + 1] = json
  else redis.call('HDEL', KEYS[1], held[i]) end
end
return found`;

const parties = `${now}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
return redis.call('ZRANGE', KEYS[1], 0, -1)`;

/** Throws http/unavailable when the server does not answer. */
export async function redisPresence(options: RedisOptions): Promise<Presence> {
  const redis = await connectRedis(options);
  const index = "presence:parties";
  const keyOf = (partyId: string) => `presence:party:${partyId}`;
  const find = async (partyId: string): Promise<PresenceEntry[]> => {
    const found = (await redis.run((line) => line.eval(alive, 1, keyOf(partyId)))) as string[];
    return found.map((json) => JSON.parse(json) as PresenceEntry);
  };
  return {
    async put(entry, ttlMs, { takeOver = false } = {}) {
      const { partyId, instanceId } = entry;
      const options = [Math.ceil(ttlMs), JSON.stringify(entry), takeOver ? "take over" : ""];
      return (await redis.run((line) => line.eval(put, 2, keyOf(partyId), index, partyId, instanceId, ...options))) === 1;
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

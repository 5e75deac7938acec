// Revocations between processes, in Redis: a key for each id, which goes by itself.
import { connectRedis, type RedisOptions } from "../redis.ts";
import type { Revocation } from "./port.ts";

export async function redisRevocation(options: RedisOptions): Promise<Revocation> {
  const redis = await connectRedis(options);
  const keyOf = (id: string): string => `revoked:${id}`;
  return {
    async revoke(id, ttlMs) {
      if (ttlMs > 0) await redis.run((line) => line.set(keyOf(id), "1", "PX", Math.ceil(ttlMs)));
    },
    isRevoked: async (ids) => ids.length > 0 && (await redis.run((line) => line.exists(ids.map(keyOf)))) > 0,
    async close() {
      redis.close();
    },
  };
}

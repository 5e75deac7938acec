// One Redis connection for presence, rate limits and revocation: fails fast when the server is away, so that callers can answer.
import { Redis } from "ioredis";
import { serverAway } from "./away.ts";

export interface RedisOptions {
  /** redis:// or rediss://, with password. */
  readonly url: string;
  /** Before every key. Default "covault:". */
  readonly keyPrefix?: string;
  /** A connection was lost: for the log. */
  readonly onError?: (error: unknown) => void;
}

/** Throws http/unavailable when the server does not answer. */
export async function connectRedis(options: RedisOptions): Promise<Redis> {
  const redis = new Redis(options.url, {
    keyPrefix: options.keyPrefix ?? "covault:",
    lazyConnect: true,
    connectTimeout: 5_000,
    commandTimeout: 5_000,
    maxRetriesPerRequest: 3,
    retryStrategy: (times) => Math.min(times * 100, 2_000),
  });
  redis.on("error", options.onError ?? (() => {}));
  // What connect() rejects with says only that the connection is closed.
  let reason: unknown;
  const note = (error: unknown) => {
    reason = error;
  };
  redis.on("error", note);
  try {
    await redis.connect();
    // A number that the server does not have is passed over by the connection, which then stays in database 0.
    await redis.select(redis.options.db ?? 0);
    redis.off("error", note);
    return redis;
  } catch (cause) {
    redis.disconnect();
    throw serverAway("http/unavailable", "Redis", "REDIS_URL", options.url, reason ?? cause);
  }
}

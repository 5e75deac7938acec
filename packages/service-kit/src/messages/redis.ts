// One Redis connection for presence, rate limits and revocation: fails fast when the server is away, so that callers can answer, and is made anew when
// the server owes an answer and says nothing.
import { CovaultError } from "@covault/errors";
import { Redis } from "ioredis";
import { serverAway } from "../run/away.ts";
import { within } from "../run/silence.ts";

export interface RedisTimes {
  /** A connection must stand in this time. */
  readonly connectMs: number;
  /** A connection that owes an answer and says nothing for this time is dead, and made anew. */
  readonly silentMs: number;
  /** A command fails after this time. It is longer than `silentMs`, so that most commands are answered over the new connection. */
  readonly commandMs: number;
}

export const redisTimes: RedisTimes = { connectMs: 3_000, silentMs: 2_000, commandMs: 4_000 };

export interface RedisOptions {
  /** redis:// or rediss://, with password. */
  readonly url: string;
  /** Before every key. Default "covault:". */
  readonly keyPrefix?: string;
  /** A connection was lost: for the log. */
  readonly onError?: (error: unknown) => void;
  readonly times?: Partial<RedisTimes>;
}

/** Runs a command, or several, on the connection. Throws http/unavailable when that does not stand or does not answer in time. */
export interface RedisLine {
  run<T>(command: (redis: Redis) => Promise<T>): Promise<T>;
  close(): void;
}

/** Throws http/unavailable when the server does not answer. */
export async function connectRedis(options: RedisOptions): Promise<RedisLine> {
  const times = { ...redisTimes, ...options.times };
  const redis = new Redis(options.url, {
    keyPrefix: options.keyPrefix ?? "covault:",
    lazyConnect: true,
    connectTimeout: times.connectMs,
    commandTimeout: times.commandMs,
    socketTimeout: times.silentMs,
    keepAlive: 10_000,
    // Nothing waits in the client: while the server is away, that would grow with every request.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    retryStrategy: (times) => Math.min(times * 100, 1_000),
  });
  // One for each request that waits for the connection.
  redis.setMaxListeners(0);
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
  } catch (cause) {
    redis.disconnect();
    throw serverAway("http/unavailable", "Redis", "REDIS_URL", options.url, reason ?? cause);
  }
  const away = (cause: unknown) => new CovaultError("http/unavailable", "Redis did not answer.", { retryAfterMs: 1_000, cause });
  return {
    async run(command) {
      const deadline = performance.now() + times.commandMs;
      try {
        if (redis.status !== "ready") await becomesReady(redis, times.commandMs / 2);
        return await within(Math.max(1, deadline - performance.now()), command(redis), () => new Error("no answer in time"));
      } catch (cause) {
        throw away(cause);
      }
    },
    close: () => redis.disconnect(),
  };
}

/** A connection that has just broken is there again in a moment, mostly. */
async function becomesReady(redis: Redis, ms: number): Promise<void> {
  let ready = () => {};
  const standing = new Promise<void>((resolve) => {
    ready = resolve;
    redis.once("ready", ready);
  });
  try {
    await within(ms, standing, () => new Error("not connected"));
  } finally {
    redis.off("ready", ready);
  }
}

// One Redis connection, for presence or rate limits. It fails fast when the server is
// away, so that callers can answer, and is made anew when the server owes an answer and says
// nothing.
import { CovaultError } from "@covault/errors";
import type { Redis } from "ioredis";
import { serverAway } from "../run/away.ts";
import { within } from "../run/silence.ts";

export interface RedisTimes {
  /** A connection must stand in this time. */
  readonly connectMs: number;
  /** A connection that owes an answer and says nothing for this time is dead, and is made anew. */
  readonly silentMs: number;
  /**
   * A command fails after this time. It is longer than `silentMs`, so that most commands are
   * answered over the new connection.
   */
  readonly commandMs: number;
}

export const redisTimes: RedisTimes = { connectMs: 3_000, silentMs: 2_000, commandMs: 4_000 };

export interface RedisOptions {
  /** A redis:// or rediss:// URL with the password. */
  readonly url: string;
  /** Stands before every key. Default "covault:". */
  readonly keyPrefix?: string;
  /** For the log: a connection was lost. */
  readonly onError?: (error: unknown) => void;
  readonly times?: Partial<RedisTimes>;
}

export interface RedisLine {
  /**
   * Runs a command, or several, on the connection. Throws http/unavailable when the connection does
   * not stand or does not answer in time.
   */
  run<T>(command: (redis: Redis) => Promise<T>): Promise<T>;
  close(): void;
}

/** Throws http/unavailable when the server does not answer. */
export async function connectRedis(options: RedisOptions): Promise<RedisLine> {
  const times = { ...redisTimes, ...options.times };
  // It is loaded here and not at the top, since a system in one process does without it.
  const { Redis } = await import("ioredis");
  const redis = new Redis(options.url, {
    keyPrefix: options.keyPrefix ?? "covault:",
    lazyConnect: true,
    connectTimeout: times.connectMs,
    commandTimeout: times.commandMs,
    socketTimeout: times.silentMs,
    keepAlive: 10_000,
    // Commands must not wait in the client. While the server is away, they would pile up there.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    retryStrategy: (times) => Math.min(times * 100, 1_000),
  });
  // Each request that waits for the connection has a listener.
  redis.setMaxListeners(0);
  redis.on("error", options.onError ?? (() => {}));
  // connect() rejects with an error that says only that the connection is closed.
  let reason: unknown;
  const note = (error: unknown) => {
    reason = error;
  };
  redis.on("error", note);
  try {
    await redis.connect();
    // The client passes over the number of a database that the server does not have, and stays in
    // 0.
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

/** A connection that has just broken mostly stands again in a moment. */
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

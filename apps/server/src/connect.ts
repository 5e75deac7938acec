// This file connects what a role in a process of its own stands on: PostgreSQL, RabbitMQ, Redis, a
// trace collector. Each adds itself to the shutdown.
import { join, resolve } from "node:path";
import { CovaultError } from "@covault/errors";
import { fallbackRateLimit, memoryRateLimit, rabbitmqBroker, redisPresence, redisRateLimit } from "@covault/service-kit/messages";
import {
  type Env,
  type Logger,
  type Metrics,
  makeLogger,
  makeMetrics,
  makeShutdown,
  type OnStep,
  openTracing,
  reasonOf,
  type Shutdown,
  serverAway,
  watched,
} from "@covault/service-kit/run";
import { type DatabaseConfig, openDatabase } from "@covault/service-kit/sql";
import { databaseConfig } from "./settings/read-settings.ts";
import type { RoleName, RoleSettings } from "./settings/role-settings.ts";
import { makeScreen } from "./terminal/index.ts";

export function basics(
  name: string,
  settings: { readonly LOG_LEVEL: RoleSettings<"router">["LOG_LEVEL"]; readonly DRAIN_MS: number },
  onStep?: OnStep,
) {
  const screen = makeScreen(process.stdout, process.env, name);
  const logger = makeLogger({ name, level: settings.LOG_LEVEL, destination: screen.log });
  // Through a pipe, the log says when the process stops, at the level that is set.
  const told = process.stdout.isTTY ? { onStopping: screen.stopping, onStopped: screen.stopped } : {};
  const shutdown = makeShutdown({ logger, graceMs: settings.DRAIN_MS + 10_000, ...told });
  return { logger, shutdown, metrics: makeMetrics(name, { process: true }), onStep };
}

export interface Stage {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly shutdown: Shutdown;
  readonly onStep?: OnStep | undefined;
}

export async function connectDatabase(
  role: RoleName,
  settings: RoleSettings<"account" | "coordinator" | "server-party">,
  { logger, shutdown, metrics }: Stage,
  folder: string = role,
) {
  const config = databaseConfig(settings, role, join(resolve(settings.DATA_DIR), folder));
  const database = await openDatabase(config, (error) => logger.error({ err: error }, "database connection lost"));
  shutdown.add("database", () => database.close());
  try {
    await database.ping();
  } catch (cause) {
    throw databaseAway(config, settings, cause);
  }
  metrics.gauge("database_connections", "Connections of the pool, by state.", ["state"], (gauge) => {
    gauge.set({ state: "open" }, database.pool.totalCount);
    gauge.set({ state: "idle" }, database.pool.idleCount);
    gauge.set({ state: "waited_for" }, database.pool.waitingCount);
  });
  return database;
}

/** Gives an error that names the setting that says where PostgreSQL is. */
export function databaseAway(
  config: DatabaseConfig,
  settings: { readonly DATABASE_URL?: string | undefined },
  cause: unknown,
): CovaultError {
  if (config.kind === "pglite")
    return new CovaultError("config/bad-value", `The embedded database does not answer: ${reasonOf(cause)}.`, { cause });
  const setting = settings.DATABASE_URL === undefined ? "POSTGRES_HOST" : "DATABASE_URL";
  return serverAway("config/bad-value", "PostgreSQL", setting, config.url, cause);
}

/** Connects to the database of GENERATION_DATABASE_URL. */
export async function connectGenerations(url: string, { logger, shutdown }: Stage) {
  const config = { kind: "postgres", url, poolMax: 2, exclusive: true } as const;
  const database = await openDatabase(config, (error) => logger.error({ err: error }, "connection to the database of generations lost"));
  shutdown.add("database of generations", () => database.close());
  return database;
}

export async function connectTracing(name: string, env: Env, { logger, shutdown }: Stage) {
  const tracing = await openTracing(name, env, (error) => logger.warn({ err: error }, "traces are not taken"));
  shutdown.add("tracing", tracing.close);
  return tracing;
}

export async function connectMessages(settings: RoleSettings<"coordinator" | "router">, { logger, shutdown, onStep }: Stage) {
  const broker = await rabbitmqBroker({
    url: settings.RABBITMQ_URL,
    prefix: settings.RABBITMQ_PREFIX,
    ...(settings.RABBITMQ_QUEUE_IDLE_MS === 0 ? {} : { queueIdleMs: settings.RABBITMQ_QUEUE_IDLE_MS }),
    onError: (error) => logger.warn({ err: error }, "broker"),
    onDrop: (queue, reason) => logger.warn({ queue, reason }, "message dropped"),
  });
  shutdown.add("broker", () => broker.close());
  const presence = await redisPresence(redisOf(settings.REDIS_URL, settings.REDIS_PREFIX, logger));
  shutdown.add("presence", () => presence.close());
  return { broker: watched("broker", broker, onStep), presence: watched("presence", presence, onStep) };
}

export async function connectRate(settings: RoleSettings<"account" | "coordinator">, { logger, shutdown, onStep }: Stage) {
  const callsPerMinute = settings.RATE_LIMIT_PER_MINUTE;
  if (settings.REDIS_URL === undefined) return { store: memoryRateLimit(), callsPerMinute };
  // No caller waits longer than this for a count that can be kept here as well.
  const times = { silentMs: 500, commandMs: 1_000 };
  const shared = await redisRateLimit({ ...redisOf(settings.REDIS_URL, settings.REDIS_PREFIX, logger), times });
  const store = fallbackRateLimit(shared, memoryRateLimit(), (error) => logger.warn({ err: error }, "rate limits are kept here for now"));
  shutdown.add("rate limits", () => store.close());
  return { store: watched("rate", store, onStep), callsPerMinute };
}

function redisOf(url: string, keyPrefix: string, logger: Logger) {
  return { url, keyPrefix, onError: (error: unknown) => logger.warn({ err: error }, "redis") };
}

// What every service stands on: configuration, logs, the HTTP edge, the database, and the ports between replicas.
export { type AddressList, addressList, clientAddress, networkOf } from "./addresses.ts";
export { type ApiKeyGuardOptions, apiKeyGuard, type Caller, equalSecrets, type RequestGuard } from "./auth.ts";
export { reasonOf, serverAway } from "./away.ts";
export { type InProcessBrokerOptions, inProcessBroker } from "./broker/in-process.ts";
export {
  attemptsMax,
  type Broker,
  type BrokerMessage,
  type ConsumeOptions,
  coordinatorQueue,
  type MessageHandler,
  type PublishOptions,
  partyQueue,
  type StopConsuming,
} from "./broker/port.ts";
export { deadLetterQueue, type RabbitmqBrokerOptions, rabbitmqBroker } from "./broker/rabbitmq.ts";
export { type Database, type DatabaseConfig, openDatabase } from "./database.ts";
export { unhurried } from "./database-connections.ts";
export { fileError } from "./file-error.ts";
export type { HealthCheck } from "./health.ts";
export { type Api, type App, buildServer, type HttpServer, type ServerOptions } from "./http.ts";
export type { ErrorBody } from "./http-errors.ts";
export { type LimitedGuardOptions, limitedGuard } from "./limited-guard.ts";
export { requireFree } from "./listen.ts";
export { type Logger, type LoggerOptions, makeLogger } from "./log.ts";
export { type Metrics, makeMetrics } from "./metrics.ts";
export type { MetricsAccess } from "./metrics-guard.ts";
export { type Migrated, migrate } from "./migrate.ts";
export { onAbort } from "./on-abort.ts";
export { memoryPresence } from "./presence/memory.ts";
export type { Presence, PresenceEntry } from "./presence/port.ts";
export { redisPresence } from "./presence/redis.ts";
export { fallbackRateLimit } from "./rate-limit/fallback.ts";
export { memoryRateLimit } from "./rate-limit/memory.ts";
export type { RateLimit, RateLimitAnswer, RateLimitRule } from "./rate-limit/port.ts";
export { redisRateLimit } from "./rate-limit/redis.ts";
export type { RedisOptions } from "./redis.ts";
export { bodyRefusals, guardedRefusals, refusal } from "./refusals.ts";
export { memoryRevocation } from "./revocation/memory.ts";
export type { Revocation } from "./revocation/port.ts";
export { redisRevocation } from "./revocation/redis.ts";
export { makeSeldom, type Seldom } from "./seldom.ts";
export {
  badConfig,
  type Checked,
  checkConfig,
  hexVariable,
  hostVariable,
  integerParameter,
  integerVariable,
  listVariable,
  portVariable,
  readConfig,
  urlVariable,
} from "./settings/config.ts";
export { type Env, environment, readEnvFile } from "./settings/env-file.ts";
export { hostExpected, hostInUrl, readHost } from "./settings/host.ts";
export { readText } from "./settings/text-file.ts";
export { type UrlForm, urlForms, wrongOfUrl } from "./settings/url.ts";
export { makeShutdown, type Shutdown } from "./shutdown.ts";
export { type SilenceWatch, watchSilence, within } from "./silence.ts";
export { noTracing, openTracing, type SessionSpan, type Tracing, traceOf } from "./tracing.ts";

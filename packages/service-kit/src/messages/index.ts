// What replicas tell each other, as three ports with their adapters: the broker's messages,
// presence and rate limits.
export { type InProcessBrokerOptions, inProcessBroker } from "./broker/in-process/broker.ts";
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
export { rabbitmqBroker } from "./broker/rabbitmq/broker.ts";
export type { RabbitmqBrokerOptions } from "./broker/rabbitmq/options.ts";
export { memoryPresence } from "./presence/memory.ts";
export type { Presence, PresenceEntry } from "./presence/port.ts";
export { redisPresence } from "./presence/redis.ts";
export { fallbackRateLimit } from "./rate-limit/fallback.ts";
export { memoryRateLimit } from "./rate-limit/memory.ts";
export type { RateLimit, RateLimitAnswer, RateLimitRule } from "./rate-limit/port.ts";
export { redisRateLimit } from "./rate-limit/redis.ts";
export type { RedisOptions } from "./redis.ts";

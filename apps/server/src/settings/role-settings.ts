// This file says what each role is configured by, under the names that operators know. It is one
// table for reading, for the YAML file and for the documentation's test.
import { hostVariable, integerVariable, urlForms, urlVariable } from "@covault/service-kit/run";
import { z } from "zod";
import {
  apiKeyVariable,
  blocksVariable,
  databaseHostVariable,
  databaseNameVariable,
  environmentVariable,
  hexListVariable,
  hexVariable,
  instanceVariable,
  logLevelVariable,
  namedUrlsVariable,
  partyIdVariable,
  portVariable,
  recipientsVariable,
  secretVariable,
  switchVariable,
  urlsVariable,
} from "./variables.ts";

const process = {
  ENVIRONMENT: environmentVariable(),
  LOG_LEVEL: logLevelVariable("info"),
  BIND_ADDRESS: hostVariable().default("127.0.0.1"),
  /** How long a stop waits for what is under way. */
  DRAIN_MS: integerVariable(0, 120_000, 5_000),
  /** The key that readers of /metrics send. */
  METRICS_API_KEY: apiKeyVariable().optional(),
  ALLOWED_IPS: blocksVariable(),
  TRUSTED_PROXIES: blocksVariable(),
};
/** The key that callers send. */
const guard = { MPC_API_KEY: apiKeyVariable() };
const trust = {
  ROSTER_FILE: z.string("expected the path of a signed roster (covault roster sign)"),
  ROOT_PUBLIC_KEY: hexVariable(32),
};
const database = {
  DATABASE_URL: urlVariable(urlForms.postgres).optional(),
  POSTGRES_HOST: databaseHostVariable().optional(),
  POSTGRES_PORT: portVariable(5432),
  POSTGRES_USER: z.string().default("postgres"),
  POSTGRES_PASSWORD: z.string().optional(),
  POSTGRES_DB: databaseNameVariable().optional(),
  DATABASE_POOL_MAX: integerVariable(2, 500, 10),
  /** The folder where the embedded PostgreSQL lives, when there is no other. */
  DATA_DIR: z.string().default("./data"),
};
const amqp = {
  RABBITMQ_URL: urlVariable(urlForms.rabbitmq),
  RABBITMQ_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,40}$/, "expected 1..40 letters, digits, - and _")
    .default("covault"),
  /** How long an unused queue stays. With 0 it stays as long as a message of it may wait. */
  RABBITMQ_QUEUE_IDLE_MS: integerVariable(0, 30 * 24 * 3_600_000, 0),
};
const redisUrl = urlVariable(urlForms.redis);
const redisPrefix = { REDIS_PREFIX: z.string().max(64, "expected at most 64 characters").default("covault:") };
/** The most devices that may be connected to one router. Anybody can be a device. */
export const devicesVariable = () => integerVariable(0, 10_000, 0);
/** How old the shares of a key may be, in days, before it is refreshed. 0 is for no schedule. */
export const refreshEveryDaysVariable = () => integerVariable(0, 3_650, 0);
/** Whether this account service asks for exports at all. */
export const allowExportVariable = () => switchVariable();
/** Whom a party exports keys to. It is the party's own setting, and nobody asks for another. */
export const exportVariables = () => ({ EXPORT_RECIPIENTS: recipientsVariable() });
/** Whether this account service asks for imports at all. */
export const allowImportVariable = () => switchVariable();
/** Whether a party deals imported keys. */
export const importVariables = () => ({ IMPORT_ALLOWED: switchVariable() });
/** Whom a party seals backups to. It is the party's own setting, and nobody asks for another. */
export const backupVariables = () => ({
  BACKUP_RECIPIENTS: recipientsVariable(),
  BACKUP_DIR: z.string().optional(),
  /** How old a backup may be, in days, before it is made anew. 0 is for no schedule. */
  BACKUP_EVERY_DAYS: integerVariable(0, 3_650, 0),
});
const rate = { RATE_LIMIT_PER_MINUTE: integerVariable(1, 10_000_000, 6_000) };

export const roleSchemas = {
  account: z.object({
    ...process,
    ...guard,
    ...trust,
    ...database,
    ...redisPrefix,
    ...rate,
    REDIS_URL: redisUrl.optional(),
    ACCOUNT_PORT: portVariable(4000),
    COORDINATOR_URLS: urlsVariable(urlForms.http),
    COORDINATOR_API_KEY: apiKeyVariable().optional(),
    REFRESH_EVERY_DAYS: refreshEveryDaysVariable(),
    ALLOW_EXPORT: allowExportVariable(),
    ALLOW_IMPORT: allowImportVariable(),
    INITIATOR_ID: z.string().default("account"),
    INITIATOR_KEY: hexVariable(32),
    /** Public keys. */
    INITIATOR_KEYS_ALSO: hexListVariable(),
    ROW_KEY: hexVariable(32),
    ROW_KEYS_ALSO: hexListVariable(),
    AUDIT_KEY: hexVariable(32),
    /** Public keys. */
    AUDIT_KEYS_ALSO: hexListVariable(),
  }),
  coordinator: z.object({
    ...process,
    ...guard,
    ...trust,
    ...database,
    ...amqp,
    ...redisPrefix,
    ...rate,
    REDIS_URL: redisUrl,
    COORDINATOR_PORT: portVariable(8081),
    JWT_SECRET_KEY: secretVariable(32),
  }),
  router: z.object({
    ...process,
    ...trust,
    ...amqp,
    ...redisPrefix,
    REDIS_URL: redisUrl,
    ROUTER_PORT: portVariable(8082),
    DEVICES_MAX: devicesVariable(),
  }),
  "server-party": z.object({
    ...process,
    ...trust,
    ...database,
    PARTY_ID: partyIdVariable(),
    PARTY_IDENTITY_KEY: hexVariable(32),
    PARTY_INSTANCE_ID: instanceVariable(),
    PARTY_WORKERS: integerVariable(0, 64, 0),
    PARTY_HEALTH_PORT: portVariable(8084),
    ROUTER_URLS: urlsVariable(urlForms.router),
    CRYPTO_MASTER_KEY: hexVariable(32),
    CRYPTO_MASTER_KEY_FORMER: hexListVariable(),
    ...exportVariables(),
    ...importVariables(),
    ...backupVariables(),
    GENERATION_FILE: z.string().optional(),
    GENERATION_DATABASE_URL: urlVariable(urlForms.postgres).optional(),
  }),
  "server-party-api": z.object({
    ...process,
    SERVER_PARTY_API_PORT: portVariable(8083),
    PARTY_HEALTH_URLS: namedUrlsVariable(),
  }),
} as const;

export type RoleName = keyof typeof roleSchemas;
export type RoleSettings<R extends RoleName> = z.output<(typeof roleSchemas)[R]>;
export const roleNames = Object.keys(roleSchemas) as readonly RoleName[];

/** Every setting of every role. A YAML file may name these. */
export const settingNames: ReadonlySet<string> = new Set(Object.values(roleSchemas).flatMap((schema) => Object.keys(schema.shape)));

/** The settings that have a working default on one machine, and none in production. */
export const productionNeeds: { readonly [R in RoleName]: readonly string[] } = {
  account: ["METRICS_API_KEY", "DATABASE_URL", "REDIS_URL"],
  coordinator: ["METRICS_API_KEY", "DATABASE_URL"],
  router: ["METRICS_API_KEY"],
  "server-party": ["METRICS_API_KEY", "DATABASE_URL"],
  "server-party-api": ["METRICS_API_KEY"],
};

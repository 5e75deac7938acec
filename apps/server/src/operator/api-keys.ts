// `covault api-key …`: the API keys in the account database, on PostgreSQL or in the data folder of a system that is stopped.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { type ApiKeys, openApiKeys } from "@covault/account";
import { CovaultError } from "@covault/errors";
import { type Env, readConfig, readText } from "@covault/service-kit/run";
import { openDatabase } from "@covault/service-kit/sql";
import { databaseAway } from "../connect.ts";
import { keyOf } from "../secrets.ts";
import { databaseConfig, withConfigFile } from "../settings/read-settings.ts";
import { roleSchemas } from "../settings/role-settings.ts";

export interface ApiKeySettings {
  readonly env: Env;
  /** YAML, as of `covault serve`. */
  readonly configFile?: string;
}

const schema = roleSchemas.account
  .pick({
    DATABASE_URL: true,
    DATABASE_POOL_MAX: true,
    POSTGRES_HOST: true,
    POSTGRES_PORT: true,
    POSTGRES_USER: true,
    POSTGRES_PASSWORD: true,
    POSTGRES_DB: true,
    DATA_DIR: true,
    ROW_KEY: true,
    ROW_KEYS_ALSO: true,
  })
  .partial({ ROW_KEY: true });

/** Opens the account database for `work`. Throws config/bad-value when a setting is wrong or there is no such database. */
export async function withApiKeys<T>({ env, configFile }: ApiKeySettings, work: (keys: ApiKeys) => Promise<T>): Promise<T> {
  const settings = readConfig(schema, withConfigFile(env, configFile));
  const dataDir = resolve(settings.DATA_DIR);
  // Of `covault start`, which has one database for all; else of `covault serve account`.
  const folder = existsSync(join(dataDir, "postgres")) ? dataDir : join(dataDir, "account");
  const config = databaseConfig(settings, "account", folder);
  if (config.kind === "pglite" && !existsSync(join(folder, "postgres")))
    throw new CovaultError("config/bad-value", `There is no account database: DATABASE_URL is not set, and ${dataDir} has none.`, {
      hint: "Set DATABASE_URL (or POSTGRES_HOST and its kin) as the account service has it, or DATA_DIR.",
    });
  const rowKeys = { current: settings.ROW_KEY ?? storedRowKey(dataDir), also: settings.ROW_KEYS_ALSO };
  const database = await openDatabase(config);
  try {
    await database.ping().catch((cause: unknown) => {
      throw databaseAway(config, settings, cause);
    });
    return await work(await openApiKeys(database, rowKeys));
  } finally {
    await database.close();
  }
}

/** The one that `covault start` made. */
function storedRowKey(dataDir: string): Uint8Array {
  const file = join(dataDir, "secrets", "row_key");
  if (!existsSync(file))
    throw new CovaultError("config/bad-value", `ROW_KEY is not set, and there is no ${file}.`, {
      hint: "Set ROW_KEY as the account service has it.",
    });
  return keyOf(readText(file).trim(), file);
}

// This file opens the account database for an operator's command, on PostgreSQL, or in the data
// folder of a system that is stopped.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { CovaultError } from "@covault/errors";
import { readText } from "@covault/service-kit/run";
import { type Database, openDatabase } from "@covault/service-kit/sql";
import { databaseAway } from "../connect.ts";
import { keyOf } from "../secrets.ts";
import { databaseConfig } from "../settings/read-settings.ts";
import type { RoleSettings, roleSchemas } from "../settings/role-settings.ts";
import { databasePlace } from "./database-place.ts";

/** The settings of the account service that say where its database is. */
export const accountDatabaseSettings = {
  ...databasePlace,
  ROW_KEY: true,
  ROW_KEYS_ALSO: true,
} as const satisfies Partial<Record<keyof (typeof roleSchemas.account)["shape"], true>>;

type Settings = Omit<Pick<RoleSettings<"account">, keyof typeof accountDatabaseSettings>, "ROW_KEY"> & {
  readonly ROW_KEY?: Uint8Array | undefined;
};
export interface AccountDatabase {
  readonly database: Database;
  readonly secretRowKeys: { readonly current: Uint8Array; readonly also: readonly Uint8Array[] };
}

/** Opens the database. Throws config/bad-value when there is no such database. */
export async function withAccountDatabase<T>(settings: Settings, work: (opened: AccountDatabase) => Promise<T>): Promise<T> {
  const dataDir = resolve(settings.DATA_DIR);
  // Of `covault start`, which has one database for all; else of `covault serve account`.
  const folder = existsSync(join(dataDir, "postgres")) ? dataDir : join(dataDir, "account");
  const config = databaseConfig(settings, "account", folder);
  if (config.kind === "pglite" && !existsSync(join(folder, "postgres")))
    throw new CovaultError("config/bad-value", `There is no account database: DATABASE_URL is not set, and ${dataDir} has none.`, {
      hint: "Set DATABASE_URL (or POSTGRES_HOST and its kin) as the account service has it, or DATA_DIR.",
    });
  const secretRowKeys = { current: settings.ROW_KEY ?? storedRowKey(dataDir), also: settings.ROW_KEYS_ALSO };
  const database = await openDatabase(config);
  try {
    await database.ping().catch((cause: unknown) => {
      throw databaseAway(config, settings, cause);
    });
    return await work({ database, secretRowKeys });
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

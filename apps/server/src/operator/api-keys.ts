// `covault api-key …` works on the API keys in the account database, on PostgreSQL or in the data
// folder of a system that is stopped.
import { type ApiKeys, openApiKeys } from "@covault/account";
import { type Env, readConfig } from "@covault/service-kit/run";
import { withConfigFile } from "../settings/read-settings.ts";
import { roleSchemas } from "../settings/role-settings.ts";
import { accountDatabaseSettings, withAccountDatabase } from "./account-database.ts";

export interface ApiKeySettings {
  readonly env: Env;
  /** The path of a YAML file, as `covault serve` takes it. */
  readonly configFile?: string;
}

const schema = roleSchemas.account.pick(accountDatabaseSettings).partial({ ROW_KEY: true });

/**
 * Opens the account database for `work`. Throws config/bad-value when a setting is wrong or there
 * is no such database.
 */
export async function withApiKeys<T>({ env, configFile }: ApiKeySettings, work: (keys: ApiKeys) => Promise<T>): Promise<T> {
  const settings = readConfig(schema, withConfigFile(env, configFile));
  return withAccountDatabase(settings, async ({ database, secretRowKeys }) => work(await openApiKeys(database, secretRowKeys)));
}

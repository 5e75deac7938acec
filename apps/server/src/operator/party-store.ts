// A party's store for an operator's command: on the party's database, or in the data folder of a
// system that is stopped.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { CovaultError } from "@covault/errors";
import { schemaOf } from "@covault/server-party";
import { type Env, readConfig } from "@covault/service-kit/run";
import { type Database, openDatabase } from "@covault/service-kit/sql";
import { openSecrets } from "../secrets.ts";
import { databaseConfig, withConfigFile } from "../settings/read-settings.ts";
import { roleSchemas } from "../settings/role-settings.ts";
import { databasePlace } from "./database-place.ts";

export interface PartyPlace {
  readonly env: Env;
  readonly partyId: string;
  /** The path of a YAML file, as `covault serve` takes it. */
  readonly configFile?: string;
}

const places = roleSchemas["server-party"].pick(databasePlace);
const keys = roleSchemas["server-party"].pick({ CRYPTO_MASTER_KEY: true, CRYPTO_MASTER_KEY_FORMER: true });

export interface OpenedPlace {
  /** The caller closes it. */
  readonly database: Database;
  /**
   * Gives the party's master keys, 32 bytes each, the current one first. Throws config/bad-value.
   */
  readonly masters: () => readonly Uint8Array[];
}

/**
 * Opens the database that the settings lead to. Throws config/bad-value when a setting is wrong or
 * the database has no store of the party.
 */
export async function openPartyPlace({ env, partyId, configFile }: PartyPlace): Promise<OpenedPlace> {
  const given = withConfigFile(env, configFile);
  const settings = readConfig(places, given);
  const dataDir = resolve(settings.DATA_DIR);
  // `covault start` has one database for all. `covault serve server-party` has one of its own.
  const folder = existsSync(join(dataDir, "postgres")) ? dataDir : join(dataDir, partyId);
  const config = databaseConfig(settings, "server-party", folder);
  const nowhere = (place: string): CovaultError =>
    new CovaultError("config/bad-value", `There is no store of ${partyId} in ${place}.`, {
      hint: "Set DATABASE_URL (or POSTGRES_HOST and its kin) as the party has it, or DATA_DIR.",
    });
  if (config.kind === "pglite" && !existsSync(join(folder, "postgres"))) throw nowhere(dataDir);
  const database = await openDatabase(config);
  try {
    const name = schemaOf(partyId);
    const known = await database.pool.query("SELECT 1 FROM pg_namespace WHERE nspname = $1", [name]);
    if (known.rows.length === 0) throw nowhere(config.kind === "pglite" ? dataDir : "the database of DATABASE_URL");
  } catch (error) {
    await database.close();
    throw error;
  }
  return {
    database,
    masters() {
      const own = openSecrets(dataDir);
      // The folder of `covault start` has the key that was made there.
      const isOwn = config.kind === "pglite" && folder === dataDir && own.missing("crypto_master_key") === undefined;
      if (isOwn && given.CRYPTO_MASTER_KEY === undefined) return [own.key("crypto_master_key")];
      const { CRYPTO_MASTER_KEY: current, CRYPTO_MASTER_KEY_FORMER: former } = readConfig(keys, given);
      return [current, ...former];
    },
  };
}

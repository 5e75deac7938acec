// With `covault party restored`, an operator says that a party's store came from a backup, where
// the party itself could not notice. It works on the party's database, or in the data folder of a
// system that is stopped.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { CovaultError } from "@covault/errors";
import { checkOwner, openSqlStore, schemaOf } from "@covault/server-party";
import { type Env, readConfig } from "@covault/service-kit/run";
import { openDatabase } from "@covault/service-kit/sql";
import { skewMs } from "@covault/trust";
import { databaseConfig, withConfigFile } from "../settings/read-settings.ts";
import { roleSchemas } from "../settings/role-settings.ts";
import { databasePlace } from "./database-place.ts";

export interface RestoredParty {
  readonly env: Env;
  readonly partyId: string;
  /** The path of a YAML file, as `covault serve` takes it. */
  readonly configFile?: string;
}

const places = roleSchemas["server-party"].pick(databasePlace);
const keys = roleSchemas["server-party"].pick({ CRYPTO_MASTER_KEY: true, CRYPTO_MASTER_KEY_FORMER: true });

/**
 * Gives the number of keys whose pairs are gone. Throws config/bad-value when a setting is wrong or
 * the database has no such party, and party/wrong-master-key when that party's store is not the one
 * of these settings.
 */
export async function markRestored({ env, partyId, configFile }: RestoredParty): Promise<{ readonly keys: number }> {
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
    // A URL that leads to another installation's party of the same name would cost that party its
    // pairs. A folder cannot lead elsewhere.
    if (config.kind === "postgres") {
      const { CRYPTO_MASTER_KEY: current, CRYPTO_MASTER_KEY_FORMER: former } = readConfig(keys, given);
      await checkOwner(database, partyId, [current, ...former]);
    }
    const { store, tables } = await openSqlStore(database, partyId);
    const shares = await tables.selectFrom("shares").select("key_id").distinct().where("status", "<>", "superseded").execute();
    for (;;) {
      const { generation: seen } = await store.standing();
      // The counter stays as it is. The party sees for itself whether the record outside agrees
      // with it.
      if (await store.markRestored({ seen, generation: seen, refuseUpToMs: Date.now() + skewMs })) return { keys: shares.length };
    }
  } finally {
    await database.close();
  }
}

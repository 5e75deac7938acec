// `covault party accounts` shows what a roster without a party means for the accounts that the
// party holds. It reads them from the account database.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { create } from "@bufbuild/protobuf";
import { type AlteredAccount, type HeldAccount, partyAccounts } from "@covault/account";
import { identityKeyFromSeed } from "@covault/channel";
import { CovaultError } from "@covault/errors";
import { type Env, readConfig } from "@covault/service-kit/run";
import { type Roster, RosterSchema } from "@covault/wire";
import { openSecrets } from "../secrets.ts";
import { readRoster, withConfigFile } from "../settings/read-settings.ts";
import { roleSchemas } from "../settings/role-settings.ts";
import { accountDatabaseSettings, withAccountDatabase } from "./account-database.ts";

export interface PartyAccountsSettings {
  readonly env: Env;
  readonly partyId: string;
  /** Shows what would be if the roster did not have the party. */
  readonly without: boolean;
  /** YAML, as of `covault serve`. */
  readonly configFile?: string;
}

export interface PartyAccounts {
  /** The serial of the roster that the accounts were read by. */
  readonly serial: string;
  readonly accounts: readonly (HeldAccount | AlteredAccount)[];
}

const schema = roleSchemas.account
  .pick({ ...accountDatabaseSettings, ROSTER_FILE: true, ROOT_PUBLIC_KEY: true, INITIATOR_ID: true, INITIATOR_KEYS_ALSO: true })
  .partial({ ROW_KEY: true, ROSTER_FILE: true, ROOT_PUBLIC_KEY: true });

/**
 * Gives the accounts of the party. Throws config/bad-value when a setting is wrong or there is no
 * such database, and trust/bad-roster.
 */
export async function listPartyAccounts({ env, partyId, without, configFile }: PartyAccountsSettings): Promise<PartyAccounts> {
  const settings = readConfig(schema, withConfigFile(env, configFile));
  const roster = rosterOf(settings);
  const seen = without ? withoutParty(roster, partyId) : roster;
  const initiator = { id: settings.INITIATOR_ID, keysAlso: settings.INITIATOR_KEYS_ALSO };
  return withAccountDatabase(settings, async (opened) => {
    const accounts: (HeldAccount | AlteredAccount)[] = [];
    for await (const one of partyAccounts({ ...opened, roster: () => seen, initiator }, partyId)) accounts.push(one);
    return { serial: String(roster.serial), accounts };
  });
}

interface RosterSettings {
  readonly DATA_DIR: string;
  readonly DATABASE_URL?: string | undefined;
  readonly POSTGRES_HOST?: string | undefined;
  readonly ROSTER_FILE?: string | undefined;
  readonly ROOT_PUBLIC_KEY?: Uint8Array | undefined;
}

/**
 * Gives the roster of the settings, or else the one that `covault start` made. That one belongs to
 * the database in the same folder, and the rows of any other database would look altered by it.
 */
function rosterOf(settings: RosterSettings): Roster {
  const { DATA_DIR, ROSTER_FILE: file, ROOT_PUBLIC_KEY: rootKey } = settings;
  if (file !== undefined && rootKey !== undefined) return readRoster(file, rootKey).current();
  const dataDir = resolve(DATA_DIR);
  const own = join(dataDir, "roster");
  const isElsewhere = settings.DATABASE_URL !== undefined || settings.POSTGRES_HOST !== undefined;
  const isMade = existsSync(own) && existsSync(join(dataDir, "secrets", "root_key"));
  if (file !== undefined || rootKey !== undefined || isElsewhere || !isMade)
    throw new CovaultError(
      "config/bad-value",
      `ROSTER_FILE and ROOT_PUBLIC_KEY are not both set, and ${isElsewhere ? "the database is not that of covault start" : `${dataDir} has no roster of its own`}.`,
      {
        hint: "Set both as the account service has them.",
      },
    );
  return readRoster(own, identityKeyFromSeed(openSecrets(dataDir).key("root_key")).publicKey).current();
}

function withoutParty(roster: Roster, partyId: string): Roster {
  return create(RosterSchema, { ...roster, parties: roster.parties.filter((party) => party.partyId !== partyId) });
}

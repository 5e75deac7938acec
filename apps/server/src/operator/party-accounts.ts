// `covault party accounts` shows what a roster without a party means for the accounts that the
// party holds. It reads them from the account database.
import { create } from "@bufbuild/protobuf";
import { type AlteredAccount, type HeldAccount, partyAccounts } from "@covault/account";
import { type Env, readConfig } from "@covault/service-kit/run";
import { type Roster, RosterSchema } from "@covault/wire";
import { withConfigFile } from "../settings/read-settings.ts";
import { roleSchemas } from "../settings/role-settings.ts";
import { accountDatabaseSettings, withAccountDatabase } from "./account-database.ts";
import { rosterOf } from "./system-roster.ts";

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
  const roster = rosterOf(settings, "the account service").current();
  const seen = without ? withoutParty(roster, partyId) : roster;
  const initiator = { id: settings.INITIATOR_ID, keysAlso: settings.INITIATOR_KEYS_ALSO };
  return withAccountDatabase(settings, async (opened) => {
    const accounts: (HeldAccount | AlteredAccount)[] = [];
    for await (const one of partyAccounts({ ...opened, roster: () => seen, initiator }, partyId)) accounts.push(one);
    return { serial: String(roster.serial), accounts };
  });
}

function withoutParty(roster: Roster, partyId: string): Roster {
  return create(RosterSchema, { ...roster, parties: roster.parties.filter((party) => party.partyId !== partyId) });
}

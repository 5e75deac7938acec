// This file lists the accounts of a party for an operator, beside a running service. It works on
// the service's database with its ROW_KEY and its roster.
import { type Database, migrate } from "@covault/service-kit/sql";
import { keysOf } from "@covault/trust";
import type { Roster } from "@covault/wire";
import { type AlteredAccount, type HeldAccount, heldAccounts } from "./accounts/held-accounts.ts";
import { openedKeys } from "./keys/opened-keys.ts";
import { accountStore } from "./store/account-store.ts";
import { checkRowKeys } from "./store/row-keys.ts";
import type { RowKeys } from "./store/row-mac.ts";
import { type AccountTables, schemaName } from "./store/tables.ts";

export interface PartyAccountsOptions {
  readonly database: Database;
  /** The row keys of the service. */
  readonly secretRowKeys: RowKeys;
  /** Verified. */
  readonly roster: () => Roster;
  /** The id of the service's initiator, and further public keys of it, 32 bytes each. */
  readonly initiator: { readonly id: string; readonly keysAlso: readonly Uint8Array[] };
  readonly nowMs?: () => number;
}

/**
 * Gives the accounts, and changes nothing. Throws account/wrong-row-key when the database was
 * written with other keys.
 */
export async function* partyAccounts(options: PartyAccountsOptions, partyId: string): AsyncGenerator<HeldAccount | AlteredAccount> {
  const { database, secretRowKeys, roster, initiator, nowMs = Date.now } = options;
  await migrate(database, schemaName, new URL("../migrations/", import.meta.url));
  const db = database.schema<AccountTables>(schemaName);
  await checkRowKeys(db, secretRowKeys);
  const own = (id: string) => (id === initiator.id ? [...keysOf(roster())(id), ...initiator.keysAlso] : []);
  const context = { store: accountStore(db, secretRowKeys, own), openedKeys: openedKeys(own, roster), roster, nowMs };
  yield* heldAccounts(context, partyId);
}

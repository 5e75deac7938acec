// This file is the account service's store. It is the only place with SQL, and is bound once to a
// database and to the keys of its rows. Each part reads only what it believes: a row whose MAC or
// signature is wrong throws account/altered-row.
import type { InitiatorKeys } from "@covault/trust";
import { type AccountRows, accountRows } from "./accounts.ts";
import { type ApiKeyRows, apiKeyRows } from "./api-keys.ts";
import { type BackupRows, backupRows } from "./backups.ts";
import { type Claims, claims } from "./claims.ts";
import { type EventRows, eventRows } from "./events.ts";
import { type KeyRows, keyRows } from "./keys.ts";
import { type ReleaseRows, releaseRows } from "./releases.ts";
import { type RowKeys, rowMacs } from "./row-mac.ts";
import { type SessionRows, sessionRows } from "./sessions.ts";
import type { AccountDatabase } from "./tables.ts";

export interface AccountStore {
  readonly accounts: AccountRows;
  readonly keys: KeyRows;
  readonly sessions: SessionRows;
  readonly releases: ReleaseRows;
  readonly claims: Claims;
  readonly apiKeys: ApiKeyRows;
  readonly events: EventRows;
  readonly backups: BackupRows;
  /**
   * Does all of `work` or nothing of it. `work` uses the store that it is given, and awaits nothing
   * else.
   */
  readonly transaction: <T>(work: (store: AccountStore) => Promise<T>) => Promise<T>;
}

/**
 * Gives the store. `keysOf` names the keys that may have signed the sessions that are read back.
 * `secretRowKeys` must not leave the process.
 */
export function accountStore(db: AccountDatabase, secretRowKeys: RowKeys, keysOf: InitiatorKeys): AccountStore {
  const macs = rowMacs(secretRowKeys);
  const boundTo = (database: AccountDatabase): AccountStore => {
    const bound = { db: database, macs };
    return {
      accounts: accountRows(bound),
      keys: keyRows(bound),
      sessions: sessionRows(bound, keysOf),
      releases: releaseRows(bound),
      claims: claims(bound),
      apiKeys: apiKeyRows(bound),
      events: eventRows(bound),
      backups: backupRows(bound),
      transaction: (work) => database.transaction().execute((transaction) => work(boundTo(transaction))),
    };
  };
  return boundTo(db);
}

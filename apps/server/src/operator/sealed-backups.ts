// With `covault party backups`, an operator takes a party's sealed backups out of its database.
// With `covault party restore-share`, one of them gives a share back that the database has lost.
import { type ListedBackup, listBackups, type RestoredShare, restoreShare, type ToRestore } from "@covault/server-party";
import { makeLogger, readConfig } from "@covault/service-kit/run";
import { withConfigFile } from "../settings/read-settings.ts";
import { roleSchemas } from "../settings/role-settings.ts";
import { databasePlace } from "./database-place.ts";
import { openPartyPlace, type PartyPlace } from "./party-store.ts";
import { rosterOf } from "./system-roster.ts";

const trust = roleSchemas["server-party"]
  .pick({ ...databasePlace, ROSTER_FILE: true, ROOT_PUBLIC_KEY: true })
  .partial({ ROSTER_FILE: true, ROOT_PUBLIC_KEY: true });

/**
 * Lists a party's sealed backups, and writes them into the folder `out` if one is given. Throws
 * config/bad-value when a setting is wrong or the database has no such party, and
 * party/backup-folder.
 */
export async function listPartyBackups(place: PartyPlace, out?: string): Promise<readonly ListedBackup[]> {
  const { database } = await openPartyPlace(place);
  try {
    return await listBackups(database, place.partyId, out);
  } finally {
    await database.close();
  }
}

/**
 * Puts a lost share back. `log` gets one line that says what was done, as JSON. Throws as
 * `restoreShare` of services/server-party does, config/bad-value when a setting is wrong or the
 * database has no such party, and trust/bad-roster.
 */
export async function restorePartyShare(place: PartyPlace, asked: ToRestore, log: (line: string) => void): Promise<RestoredShare> {
  const { partyId, env, configFile } = place;
  const roster = rosterOf(readConfig(trust, withConfigFile(env, configFile)), "the party");
  const { database, masters } = await openPartyPlace(place);
  try {
    const restored = await restoreShare(database, partyId, masters(), roster, asked);
    const { keyId, scheme, epochNumber, shareIndex, recipient, document } = restored;
    const logger = makeLogger({ name: partyId, destination: { write: log } });
    logger.warn(
      {
        ...{ party_id: partyId, account_id: asked.accountId, key_id: keyId, scheme },
        ...{ epoch: epochNumber, share_index: shareIndex, recipient, document },
      },
      "share restored from a sealed backup",
    );
    return restored;
  } finally {
    await database.close();
  }
}

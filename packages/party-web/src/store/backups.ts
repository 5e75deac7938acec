// Backup documents: shares that are sealed to recipients outside of the system. One row belongs to
// one key and recipient.
import { hex, same } from "@covault/crypto";
import type { StoredBackup, WantedBackup } from "@covault/party";
import { committedShare } from "./shares.ts";
import type { Tables } from "./tables.ts";

export async function keepBackup(tables: Tables, backup: StoredBackup): Promise<boolean> {
  const share = await tables.shares.get([backup.keyId, backup.epoch]);
  if (share?.status !== "committed") return false;
  await tables.backups.put(backup);
  return true;
}

export async function backups(tables: Tables, keyId: Uint8Array): Promise<readonly StoredBackup[]> {
  const ofKey = await tables.backups.having("keyId", keyId);
  return [...ofKey].sort((one, other) => (hex(one.recipient) < hex(other.recipient) ? -1 : 1));
}

export async function keysToBackUp(
  tables: Tables,
  { recipient, place, madeSinceMs }: WantedBackup,
  after: Uint8Array,
  max: number,
): Promise<readonly Uint8Array[]> {
  const lacking: Uint8Array[] = [];
  for (const { keyId, epoch, status } of await tables.shares.all()) {
    if (status !== "committed" || hex(keyId) <= hex(after)) continue;
    const kept = await tables.backups.get([keyId, recipient]);
    if (kept !== undefined && same(kept.epoch, epoch) && kept.place === place && kept.madeAtMs >= madeSinceMs) continue;
    lacking.push(keyId);
  }
  return lacking.sort((one, other) => (hex(one) < hex(other) ? -1 : 1)).slice(0, max);
}

export async function dropOldBackupsExcept(tables: Tables, recipients: readonly Uint8Array[]): Promise<void> {
  for (const { keyId, epoch, recipient } of await tables.backups.all()) {
    if (recipients.some((listed) => same(listed, recipient))) continue;
    const committed = await committedShare(tables, keyId);
    if (committed !== undefined && !same(committed.epoch, epoch)) await tables.backups.delete([keyId, recipient]);
  }
}

/** Deletes the backups of a key that the party has left. */
export async function dropBackups(tables: Tables, keyId: Uint8Array): Promise<void> {
  for (const { recipient } of await tables.backups.having("keyId", keyId)) await tables.backups.delete([keyId, recipient]);
}

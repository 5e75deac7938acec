// The sealed backups of a party, for its operator: what its store has of them, as documents, and
// how one of them gives a lost share back to the store.
import { platformClock, platformEntropy, type RestoredShare, restoreShare as restore, type ToRestore, Vault } from "@covault/party";
import { backupName, fingerprintOf } from "@covault/party/backup";
import { backupFolder } from "@covault/party-node";
import { type Database, rosterTable } from "@covault/service-kit/sql";
import type { LiveRoster } from "@covault/trust";
import { checkOwner } from "./master-key.ts";
import { openSqlStore, schemaOf } from "./store/sql-store.ts";
import { bytesOf } from "./store/tables.ts";

/** A sealed backup as the store of its party has it. */
export interface ListedBackup {
  /** Hex. */
  readonly keyId: string;
  readonly epochNumber: number;
  /** The fingerprint of the recipient, in hex. */
  readonly recipient: string;
  readonly madeAtMs: number;
  /** The name of its file, as BACKUP_DIR has it. */
  readonly name: string;
}

/**
 * Lists the sealed backups that a party's store has, ascending by key, and writes each of them into
 * the folder `out` if one is given, where files of other names stay. Throws party/backup-folder.
 */
export async function listBackups(database: Database, partyId: string, out?: string): Promise<readonly ListedBackup[]> {
  const { tables } = await openSqlStore(database, partyId);
  const files = out === undefined ? undefined : backupFolder(out);
  const rows = await tables
    .selectFrom("backups")
    .select(["key_id", "recipient", "epoch", "epoch_number", "made_at_ms"])
    .orderBy("key_id")
    .orderBy("recipient")
    .execute();
  const listed: ListedBackup[] = [];
  for (const row of rows) {
    const [keyId, recipient] = [bytesOf(row.key_id), fingerprintOf(bytesOf(row.recipient))];
    const name = backupName({ keyId, epochNumber: Number(row.epoch_number), epoch: bytesOf(row.epoch), partyId, recipient });
    // One document after the other, since there may be more of them than memory for all.
    const found = await tables
      .selectFrom("backups")
      .select("document")
      .where("key_id", "=", row.key_id)
      .where("recipient", "=", row.recipient)
      .where("epoch", "=", row.epoch)
      .executeTakeFirst();
    if (found === undefined) continue;
    await files?.write(name, bytesOf(found.document));
    const hex = { keyId: Buffer.from(keyId).toString("hex"), recipient: Buffer.from(recipient).toString("hex") };
    listed.push({ ...hex, epochNumber: Number(row.epoch_number), madeAtMs: Number(row.made_at_ms), name });
  }
  return listed;
}

/**
 * Puts a lost share of a party back into its store. `masters` are the party's, 32 bytes each, the
 * current one first. Throws as `restoreShare` of packages/party does, party/wrong-master-key and
 * party/foreign-store when the store is not the one of these keys, and trust/roster-not-newer when
 * the party has gone by a higher roster.
 */
export async function restoreShare(
  database: Database,
  partyId: string,
  masters: readonly Uint8Array[],
  roster: LiveRoster,
  asked: ToRestore,
): Promise<RestoredShare> {
  await checkOwner(database, partyId, masters);
  const { store } = await openSqlStore(database, partyId);
  // By a roster that is older than the store, a party that was removed would still be there.
  await roster.keepIn(rosterTable(database, schemaOf(partyId)));
  const vault = await Vault.open(partyId, masters);
  return restore({ partyId, store, vault, roster: roster.current(), nowMs: platformClock.nowMs(), entropy: platformEntropy }, asked);
}

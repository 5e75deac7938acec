// Backup documents: shares that are sealed to recipients outside of the system. One row belongs to
// one key and recipient.
import type { StoredBackup, WantedBackup } from "@covault/party";
import type { Transaction } from "kysely";
import { lock } from "./locks.ts";
import { bytesOf, type PartyDatabase, type PartyTables } from "./tables.ts";

export function keepBackup(database: PartyDatabase, schema: string, backup: StoredBackup): Promise<boolean> {
  const { keyId, epoch, epochNumber, recipient, document, place, madeAtMs } = backup;
  return database.transaction().execute(async (tx) => {
    // A commit of the key decides before it or after it.
    await lock(tx, schema, "key", keyId);
    const share = await tx
      .selectFrom("shares")
      .select("status")
      .where("key_id", "=", keyId)
      .where("epoch", "=", epoch)
      .where("status", "=", "committed")
      .executeTakeFirst();
    if (share === undefined) return false;
    const row = { epoch, epoch_number: epochNumber, document, place, made_at_ms: madeAtMs };
    await tx
      .insertInto("backups")
      .values({ key_id: keyId, recipient, ...row })
      .onConflict((conflict) => conflict.columns(["key_id", "recipient"]).doUpdateSet(row))
      .execute();
    return true;
  });
}

export async function backups(database: PartyDatabase, keyId: Uint8Array): Promise<readonly StoredBackup[]> {
  const rows = await database.selectFrom("backups").selectAll().where("key_id", "=", keyId).orderBy("recipient").execute();
  return rows.map((row) => ({
    keyId: bytesOf(row.key_id),
    epoch: bytesOf(row.epoch),
    epochNumber: Number(row.epoch_number),
    recipient: bytesOf(row.recipient),
    document: bytesOf(row.document),
    place: row.place,
    madeAtMs: Number(row.made_at_ms),
  }));
}

export async function keysToBackUp(
  database: PartyDatabase,
  { recipient, place, madeSinceMs }: WantedBackup,
  after: Uint8Array,
  max: number,
): Promise<readonly Uint8Array[]> {
  const rows = await database
    .selectFrom("shares")
    .select("key_id")
    .where("status", "=", "committed")
    .where("key_id", ">", after)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("backups")
            .select("backups.key_id")
            .whereRef("backups.key_id", "=", "shares.key_id")
            .whereRef("backups.epoch", "=", "shares.epoch")
            .where("backups.recipient", "=", recipient)
            .where("backups.place", "=", place)
            .where("backups.made_at_ms", ">=", String(madeSinceMs)),
        ),
      ),
    )
    .orderBy("key_id")
    .limit(max)
    .execute();
  return rows.map(({ key_id }) => bytesOf(key_id));
}

export async function dropOldBackupsExcept(database: PartyDatabase, recipients: readonly Uint8Array[]): Promise<void> {
  const old = database.deleteFrom("backups").where(({ exists, selectFrom }) => {
    const ofAnother = selectFrom("shares")
      .select("shares.key_id")
      .whereRef("shares.key_id", "=", "backups.key_id")
      .whereRef("shares.epoch", "!=", "backups.epoch");
    return exists(ofAnother.where("shares.status", "=", "committed"));
  });
  await (recipients.length === 0 ? old : old.where("recipient", "not in", recipients)).execute();
}

/** Deletes the backups of a key that the party has left. */
export async function dropBackups(tx: Transaction<PartyTables>, keyId: Uint8Array): Promise<void> {
  await tx.deleteFrom("backups").where("key_id", "=", keyId).execute();
}

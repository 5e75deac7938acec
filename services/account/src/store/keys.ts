// The binding of an account to its key. The certificate is the truth: the row's MAC names its hash, and every other column is compared
// with what the certificate says.
import { createHash } from "node:crypto";
import { alteredRow, checkRow, type Field, rowMac } from "../integrity/row-mac.ts";
import type { AccountDatabase, KeyRow } from "./tables.ts";

export interface StoredKey {
  readonly row: KeyRow;
  /** Encoded `Certificate` of the row's epoch. */
  readonly certificate: Uint8Array;
}

export type KeyValues = Omit<KeyRow, "mac">;

function fields(row: KeyValues, certificate: Uint8Array): Field[] {
  return [
    row.key_id,
    row.tenant_id,
    row.account_id,
    row.scheme,
    row.public_key,
    row.chain,
    row.epoch,
    row.epoch_number,
    row.created_at,
    createHash("sha256").update(certificate).digest(),
  ];
}

/** In the caller's transaction. */
export async function insertKey(
  db: AccountDatabase,
  secretRowKey: Uint8Array,
  key: KeyValues,
  sessionId: string,
  certificate: Uint8Array,
): Promise<void> {
  await db
    .insertInto("keys")
    .values({ ...key, mac: rowMac(secretRowKey, "keys", fields(key, certificate)) })
    .execute();
  await db
    .insertInto("epochs")
    .values({
      key_id: key.key_id,
      epoch: key.epoch,
      epoch_number: key.epoch_number,
      tenant_id: key.tenant_id,
      session_id: sessionId,
      certificate,
      created_at: key.created_at,
    })
    .execute();
}

/** The account's first key. Undefined when it has none. */
export async function findKey(db: AccountDatabase, secretRowKey: Uint8Array, accountId: string): Promise<StoredKey | undefined> {
  const row = await db
    .selectFrom("keys")
    .selectAll()
    .where("account_id", "=", accountId)
    .orderBy("created_at")
    .orderBy("key_id")
    .limit(1)
    .executeTakeFirst();
  if (!row) return undefined;
  const epoch = await db
    .selectFrom("epochs")
    .select("certificate")
    .where("key_id", "=", row.key_id)
    .where("epoch", "=", row.epoch)
    .executeTakeFirst();
  if (!epoch) throw alteredRow("keys", accountId);
  checkRow(secretRowKey, "keys", accountId, fields(row, epoch.certificate), row.mac);
  return { row, certificate: epoch.certificate };
}

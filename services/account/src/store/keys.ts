// The binding of an account to its key. The chain of certificates is the truth: the row's MAC names its hash, and every other column is compared
// with what the certificates say.
import { createHash } from "node:crypto";
import { checkRow, type Field, type RowKeys, rowMac } from "../integrity/row-mac.ts";
import type { AccountDatabase, KeyRow } from "./tables.ts";

export interface StoredKey {
  readonly row: KeyRow;
  /** Encoded `Certificate`s: the founding one and every later one, ascending by epoch number. */
  readonly chain: readonly Uint8Array[];
}

export type KeyValues = Omit<KeyRow, "mac">;

function fields(row: KeyValues, chain: readonly Uint8Array[]): Field[] {
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
    ...chain.map((certificate) => createHash("sha256").update(certificate).digest()),
  ];
}

export function sealKey(secretRowKeys: RowKeys, values: KeyValues, chain: readonly Uint8Array[]): KeyRow {
  return { ...values, mac: rowMac(secretRowKeys, "keys", fields(values, chain)) };
}

/** A key as its keygen founded it. In the caller's transaction. */
export async function insertKey(
  db: AccountDatabase,
  secretRowKeys: RowKeys,
  key: KeyValues,
  sessionId: string,
  certificate: Uint8Array,
): Promise<void> {
  await db
    .insertInto("keys")
    .values(sealKey(secretRowKeys, key, [certificate]))
    .execute();
  const { key_id, epoch, epoch_number, tenant_id, created_at } = key;
  await db
    .insertInto("epochs")
    .values({ key_id, epoch, epoch_number, tenant_id, session_id: sessionId, certificate, created_at })
    .execute();
}

/** The account's first key. Undefined when it has none. */
export async function findKey(db: AccountDatabase, secretRowKeys: RowKeys, accountId: string): Promise<StoredKey | undefined> {
  const row = await db
    .selectFrom("keys")
    .selectAll()
    .where("account_id", "=", accountId)
    .orderBy("created_at")
    .orderBy("key_id")
    .limit(1)
    .executeTakeFirst();
  if (!row) return undefined;
  const epochs = await db.selectFrom("epochs").select("certificate").where("key_id", "=", row.key_id).orderBy("epoch_number").execute();
  const chain = epochs.map(({ certificate }) => new Uint8Array(certificate));
  checkRow(secretRowKeys, "keys", accountId, fields(row, chain), row.mac);
  return { row, chain };
}

// API keys beyond the configured one: stored as a hash, bound to a tenant, with a MAC so that nobody can add one by writing a row.
import { createHash } from "node:crypto";
import { checkRow, type Field, isRowIntact, type RowKeys, rowMac } from "../integrity/row-mac.ts";
import type { AccountDatabase, ApiKeyRow } from "./tables.ts";

export const hashApiKey = (secret: string): Buffer => createHash("sha256").update(secret, "utf8").digest();

function fields(row: Omit<ApiKeyRow, "mac">): Field[] {
  return [row.api_key_id, row.tenant_id, row.secret_hash, row.label, row.expires_at, row.revoked_at, row.created_at];
}

export function sealApiKey(secretRowKeys: RowKeys, values: Omit<ApiKeyRow, "mac">): ApiKeyRow {
  return { ...values, mac: rowMac(secretRowKeys, "api_keys", fields(values)) };
}

export async function insertApiKey(db: AccountDatabase, secretRowKeys: RowKeys, values: Omit<ApiKeyRow, "mac">): Promise<ApiKeyRow> {
  const row = sealApiKey(secretRowKeys, values);
  await db.insertInto("api_keys").values(row).execute();
  return row;
}

/** Unchecked, oldest first. */
export async function listApiKeys(db: AccountDatabase): Promise<ApiKeyRow[]> {
  return db.selectFrom("api_keys").selectAll().orderBy("created_at").orderBy("api_key_id").execute();
}

export function isApiKeyIntact(secretRowKeys: RowKeys, row: ApiKeyRow): boolean {
  return isRowIntact(secretRowKeys, "api_keys", fields(row), row.mac);
}

/** The row as it is now; undefined when there is none. Throws when it was altered. */
export async function changeApiKey(
  db: AccountDatabase,
  secretRowKeys: RowKeys,
  id: string,
  change: (row: ApiKeyRow) => Pick<ApiKeyRow, "revoked_at">,
): Promise<ApiKeyRow | undefined> {
  return db.transaction().execute(async (transaction) => {
    const row = await transaction.selectFrom("api_keys").selectAll().where("api_key_id", "=", id).forUpdate().executeTakeFirst();
    if (!row) return undefined;
    checkRow(secretRowKeys, "api_keys", row.api_key_id, fields(row), row.mac);
    const { mac: _, ...values } = row;
    const changed = sealApiKey(secretRowKeys, { ...values, ...change(row) });
    await transaction.updateTable("api_keys").set(changed).where("api_key_id", "=", id).execute();
    return changed;
  });
}

/** The tenant that the key speaks for; undefined when it is unknown, expired or revoked. Throws when its row was altered. */
export async function tenantOfApiKey(db: AccountDatabase, secretRowKeys: RowKeys, secret: string, now: Date): Promise<string | undefined> {
  // Looked up by the hash of what was sent: a timing difference says nothing about the keys that exist.
  const row = await db.selectFrom("api_keys").selectAll().where("secret_hash", "=", hashApiKey(secret)).executeTakeFirst();
  if (!row) return undefined;
  checkRow(secretRowKeys, "api_keys", row.api_key_id, fields(row), row.mac);
  if (row.revoked_at !== null || (row.expires_at !== null && row.expires_at <= now)) return undefined;
  return row.tenant_id;
}

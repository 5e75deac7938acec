// API keys beyond the configured one, and their tenants: stored as a hash, bound to a tenant, with a MAC so that nobody can add one by
// writing a row.
import { createHash } from "node:crypto";
import type { Bound } from "./bound.ts";
import type { Field } from "./row-mac.ts";
import type { ApiKeyRow } from "./tables.ts";

export const hashApiKey = (secret: string): Buffer => createHash("sha256").update(secret, "utf8").digest();

export type ApiKeyValues = Omit<ApiKeyRow, "mac">;

export interface ApiKeyRows {
  readonly insert: (values: ApiKeyValues) => Promise<ApiKeyRow>;
  /** Unchecked, oldest first. */
  readonly list: () => Promise<ApiKeyRow[]>;
  readonly isIntact: (row: ApiKeyRow) => boolean;
  /** The row as it is now, in the caller's transaction; undefined when there is none. Throws when it was altered. */
  readonly revoke: (id: string, now: Date) => Promise<ApiKeyRow | undefined>;
  /** The row of a key that counts now; undefined when it is unknown, expired or revoked. Throws when it was altered. */
  readonly valid: (secret: string, now: Date) => Promise<ApiKeyRow | undefined>;
  readonly hasTenant: (tenantId: string) => Promise<boolean>;
  /** False when there is one already. */
  readonly addTenant: (tenantId: string) => Promise<boolean>;
}

function fields(row: ApiKeyValues): Field[] {
  return [row.api_key_id, row.tenant_id, row.secret_hash, row.label, row.expires_at, row.revoked_at, row.created_at];
}

export function apiKeyRows({ db, macs }: Bound): ApiKeyRows {
  const seal = (values: ApiKeyValues): ApiKeyRow => ({ ...values, mac: macs.seal("api_keys", fields(values)) });
  const check = (row: ApiKeyRow): void => macs.check("api_keys", row.api_key_id, fields(row), row.mac);
  return {
    async insert(values) {
      const row = seal(values);
      await db.insertInto("api_keys").values(row).execute();
      return row;
    },
    list: () => db.selectFrom("api_keys").selectAll().orderBy("created_at").orderBy("api_key_id").execute(),
    isIntact: (row) => macs.isIntact("api_keys", fields(row), row.mac),
    async revoke(id, now) {
      const row = await db.selectFrom("api_keys").selectAll().where("api_key_id", "=", id).forUpdate().executeTakeFirst();
      if (row === undefined) return undefined;
      check(row);
      if (row.revoked_at !== null) return row;
      const { mac: _, ...values } = row;
      const revoked = seal({ ...values, revoked_at: now });
      await db.updateTable("api_keys").set(revoked).where("api_key_id", "=", id).execute();
      return revoked;
    },
    async valid(secret, now) {
      // Looked up by the hash of what was sent: a timing difference says nothing about the keys that exist.
      const row = await db.selectFrom("api_keys").selectAll().where("secret_hash", "=", hashApiKey(secret)).executeTakeFirst();
      if (row === undefined) return undefined;
      check(row);
      return row.revoked_at !== null || (row.expires_at !== null && row.expires_at <= now) ? undefined : row;
    },
    async hasTenant(tenantId) {
      return (await db.selectFrom("tenants").select("tenant_id").where("tenant_id", "=", tenantId).executeTakeFirst()) !== undefined;
    },
    async addTenant(tenantId) {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto("tenants")
        .values({ tenant_id: tenantId, name: tenantId })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      return numInsertedOrUpdatedRows === 1n;
    },
  };
}

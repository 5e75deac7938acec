// This file holds the API keys beyond the configured one, and their tenants. A key is stored as a
// hash, bound to a tenant, with a MAC, so that nobody can add a key by writing a row.
import { createHash } from "node:crypto";
import type { Event } from "../events/event.ts";
import type { Bound } from "./bound.ts";
import { appended } from "./events.ts";
import type { Field } from "./row-mac.ts";
import type { ApiKeyRow } from "./tables.ts";

export const hashApiKey = (secret: string): Buffer => createHash("sha256").update(secret, "utf8").digest();

export type ApiKeyValues = Omit<ApiKeyRow, "mac">;

export interface ApiKeyRows {
  readonly insert: (values: ApiKeyValues, happened: Event) => Promise<ApiKeyRow>;
  /** Gives all rows unchecked, the oldest first. */
  readonly list: () => Promise<ApiKeyRow[]>;
  readonly isIntact: (row: ApiKeyRow) => boolean;
  /**
   * Revokes a key in the caller's transaction, and gives the row as it is now, or undefined when
   * there is none. Throws account/altered-row when it was altered. `happened` gives the event of
   * the row's tenant, which is written only the first time.
   */
  readonly revoke: (id: string, now: Date, happened: (row: ApiKeyRow) => Event) => Promise<ApiKeyRow | undefined>;
  /**
   * Gives the row of a secret, even when the key is expired or revoked. Throws account/altered-row
   * when it was altered.
   */
  readonly ofSecret: (secret: string) => Promise<ApiKeyRow | undefined>;
  readonly hasTenant: (tenantId: string) => Promise<boolean>;
  /** Adds a tenant in the caller's transaction. Gives false when there is one already. */
  readonly addTenant: (tenantId: string, happened: Event) => Promise<boolean>;
}

function fields(row: ApiKeyValues): Field[] {
  return [row.api_key_id, row.tenant_id, row.secret_hash, row.label, row.expires_at, row.revoked_at, row.created_at];
}

export function apiKeyRows({ db, macs }: Bound): ApiKeyRows {
  const seal = (values: ApiKeyValues): ApiKeyRow => ({ ...values, mac: macs.seal("api_keys", fields(values)) });
  const check = (row: ApiKeyRow): void => macs.check("api_keys", row.api_key_id, fields(row), row.mac);
  return {
    async insert(values, happened) {
      const row = seal(values);
      await db
        .with("inserted", (inner) => inner.insertInto("api_keys").values(row).returning("api_key_id"))
        .selectFrom("inserted")
        .select(appended(happened).as("seq"))
        .execute();
      return row;
    },
    list: () => db.selectFrom("api_keys").selectAll().orderBy("created_at").orderBy("api_key_id").execute(),
    isIntact: (row) => macs.isIntact("api_keys", fields(row), row.mac),
    async revoke(id, now, happened) {
      const row = await db.selectFrom("api_keys").selectAll().where("api_key_id", "=", id).forUpdate().executeTakeFirst();
      if (row === undefined) return undefined;
      check(row);
      if (row.revoked_at !== null) return row;
      const { mac: _, ...values } = row;
      const revoked = seal({ ...values, revoked_at: now });
      await db
        .with("revoked", (inner) => inner.updateTable("api_keys").set(revoked).where("api_key_id", "=", id).returning("api_key_id"))
        .selectFrom("revoked")
        .select(appended(happened(revoked)).as("seq"))
        .execute();
      return revoked;
    },
    async ofSecret(secret) {
      // The row is looked up by the hash of what was sent, so a timing difference says nothing
      // about the keys that exist.
      const row = await db.selectFrom("api_keys").selectAll().where("secret_hash", "=", hashApiKey(secret)).executeTakeFirst();
      if (row !== undefined) check(row);
      return row;
    },
    async hasTenant(tenantId) {
      return (await db.selectFrom("tenants").select("tenant_id").where("tenant_id", "=", tenantId).executeTakeFirst()) !== undefined;
    },
    async addTenant(tenantId, happened) {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto("tenants")
        .values({ tenant_id: tenantId, name: tenantId })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      if (numInsertedOrUpdatedRows !== 1n) return false;
      // The chain belongs to a tenant that is there before the statement, so the event needs a
      // statement of its own.
      await db.selectNoFrom(appended(happened).as("seq")).execute();
      return true;
    },
  };
}

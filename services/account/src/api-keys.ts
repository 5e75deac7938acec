// This file makes, lists and revokes API keys for an operator, beside a running service. It works
// on the service's database with its ROW_KEY, since every row carries a MAC under that. The secret
// is given once and stored nowhere. The service asks the table on every call, so a revoked key is
// refused from the next call on.
import { randomBytes } from "node:crypto";
import { CovaultError } from "@covault/errors";
import { type Database, migrate } from "@covault/service-kit/sql";
import { newId } from "@covault/wire";
import { type EventFrame, event } from "./events/event.ts";
import { accountStore } from "./store/account-store.ts";
import { hashApiKey } from "./store/api-keys.ts";
import { checkRowKeys } from "./store/row-keys.ts";
import type { RowKeys } from "./store/row-mac.ts";
import { type AccountTables, type ApiKeyRow, schemaName } from "./store/tables.ts";

export interface ApiKeyRequest {
  readonly tenantId: string;
  readonly label: string;
  readonly expiresAt: Date | null;
  /**
   * Makes the tenant, too, and refuses one that is there. Without it, an unknown tenant is refused.
   * So a slip neither makes a tenant nor opens one.
   */
  readonly newTenant: boolean;
}
export interface ApiKey {
  readonly id: string;
  readonly tenantId: string;
  readonly label: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  /**
   * The status. `altered` means that the row was written under none of the row keys, and nobody
   * believes it.
   */
  readonly status: "active" | "expired" | "revoked" | "altered";
}
export interface ApiKeys {
  /** Makes a key. Throws account/unknown-tenant and account/tenant-exists. */
  readonly create: (request: ApiKeyRequest) => Promise<{ readonly key: ApiKey; readonly secret: string }>;
  /** Gives the keys, the oldest first. */
  readonly list: () => Promise<readonly ApiKey[]>;
  /**
   * Revokes a key. A second call changes nothing. Throws account/unknown-api-key and
   * account/altered-row.
   */
  readonly revoke: (id: string) => Promise<ApiKey>;
}

/**
 * Opens the API keys. `secretRowKeys` are those of the service. Throws account/wrong-row-key when
 * the database was written with others.
 */
export async function openApiKeys(database: Database, secretRowKeys: RowKeys, nowMs: () => number = Date.now): Promise<ApiKeys> {
  await migrate(database, schemaName, new URL("../migrations/", import.meta.url));
  const db = database.schema<AccountTables>(schemaName);
  await checkRowKeys(db, secretRowKeys);
  // This store reads no session, so no signing key is believed.
  const store = accountStore(db, secretRowKeys, () => []);

  function viewOf(row: ApiKeyRow): ApiKey {
    const expired = row.expires_at !== null && row.expires_at.getTime() <= nowMs();
    const status = row.revoked_at !== null ? "revoked" : expired ? "expired" : "active";
    return {
      id: row.api_key_id,
      tenantId: row.tenant_id,
      label: row.label,
      createdAt: row.created_at,
      expiresAt: row.expires_at,
      revokedAt: row.revoked_at,
      status: store.apiKeys.isIntact(row) ? status : "altered",
    };
  }
  /**
   * The frame of an event. The operator that runs the command is known to the machine that it runs
   * on, and not to this database.
   */
  const frameOf = (tenant: string): EventFrame => ({ tenant, actor: { kind: "operator", id: "covault api-key" }, now: new Date(nowMs()) });
  return {
    async create({ tenantId, label, expiresAt, newTenant }) {
      const frame = frameOf(tenantId);
      const secret = `covault_${randomBytes(32).toString("hex")}`;
      const values = {
        api_key_id: newId("key", randomBytes(10), nowMs()),
        tenant_id: tenantId,
        secret_hash: hashApiKey(secret),
        label,
        expires_at: expiresAt,
        revoked_at: null,
        created_at: frame.now,
      };
      const ends = expiresAt === null ? {} : { expires_at: expiresAt.toISOString() };
      const row = await store.transaction(async ({ apiKeys }) => {
        if (newTenant) {
          if (!(await apiKeys.addTenant(tenantId, event(frame, "tenant.created", {}))))
            throw new CovaultError("account/tenant-exists", `There is a tenant ${tenantId} already: no key was made.`);
        } else if (!(await apiKeys.hasTenant(tenantId)))
          throw new CovaultError("account/unknown-tenant", `There is no tenant ${tenantId}.`);
        return apiKeys.insert(values, event(frame, "api_key.created", { api_key_id: values.api_key_id }, ends));
      });
      return { key: viewOf(row), secret };
    },
    list: async () => (await store.apiKeys.list()).map(viewOf),
    async revoke(id) {
      const row = await store.transaction((inside) =>
        inside.apiKeys.revoke(id, new Date(nowMs()), (revoked) => event(frameOf(revoked.tenant_id), "api_key.revoked", { api_key_id: id })),
      );
      if (!row) throw new CovaultError("account/unknown-api-key", `There is no API key ${id}.`);
      return viewOf(row);
    },
  };
}

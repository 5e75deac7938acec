// This file holds what parties have said of their sealed backups. The database is not believed: a
// statement is verified by its signature when it is read (backups/view.ts), and the rows only say
// where it is.
import type { Bound } from "./bound.ts";
import type { BackupRow } from "./tables.ts";

export type StoredStatement = Pick<BackupRow, "party_id" | "statement" | "said_at">;

export interface BackupRows {
  /** Stores what those parties said that answered, and that the key was asked for in this epoch. */
  readonly put: (keyId: Uint8Array, epoch: Uint8Array, statements: readonly StoredStatement[], now: Date) => Promise<void>;
  /** Gives what is stored of a key, by party. */
  readonly list: (keyId: Uint8Array) => Promise<readonly StoredStatement[]>;
  /**
   * Gives the ids of accounts with a key whose holders were not asked since its epoch began, up to
   * `limit`.
   */
  readonly unasked: (limit: number) => Promise<readonly { readonly tenantId: string; readonly accountId: string }[]>;
}

export function backupRows({ db }: Bound): BackupRows {
  return {
    async put(keyId, epoch, statements, now) {
      await db
        .insertInto("backup_asks")
        .values({ key_id: keyId, epoch, asked_at: now })
        .onConflict((conflict) => conflict.column("key_id").doUpdateSet({ epoch, asked_at: now }))
        .execute();
      for (const { party_id, statement, said_at } of statements)
        await db
          .insertInto("backups")
          .values({ key_id: keyId, party_id, statement, said_at })
          .onConflict((conflict) => conflict.columns(["key_id", "party_id"]).doUpdateSet({ statement, said_at }))
          .execute();
    },
    async list(keyId) {
      const rows = await db
        .selectFrom("backups")
        .select(["party_id", "statement", "said_at"])
        .where("key_id", "=", keyId)
        .orderBy("party_id")
        .execute();
      return rows.map((row) => ({ ...row, statement: new Uint8Array(row.statement) }));
    },
    async unasked(limit) {
      const rows = await db
        .selectFrom("keys")
        .innerJoin("accounts", "accounts.account_id", "keys.account_id")
        .leftJoin("backup_asks", (join) =>
          join.onRef("backup_asks.key_id", "=", "keys.key_id").onRef("backup_asks.epoch", "=", "keys.epoch"),
        )
        .select(["keys.tenant_id", "keys.account_id"])
        .distinct()
        .where("backup_asks.key_id", "is", null)
        .where("accounts.status", "=", "active")
        .orderBy("keys.account_id")
        .limit(limit)
        .execute();
      return rows.map(({ tenant_id, account_id }) => ({ tenantId: tenant_id, accountId: account_id }));
    },
  };
}

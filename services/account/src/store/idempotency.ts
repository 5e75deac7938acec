// One row per (tenant, route, key), written before the work. It stores no answer, only which account or session the key stands for:
// the answer is made from that, with all its checks, so an altered row redirects nothing.
import { sql } from "kysely";
import type { AccountDatabase, IdempotencyRow } from "./tables.ts";

export interface IdempotencyKey {
  readonly tenantId: string;
  readonly route: string;
  readonly key: string;
}

/** Writes the row if there is none. Answers with the row that stands, and whether it is ours. */
export async function claimKey(
  db: AccountDatabase,
  row: IdempotencyRow,
): Promise<{ readonly row: IdempotencyRow; readonly ours: boolean }> {
  for (;;) {
    const { numInsertedOrUpdatedRows } = await db
      .insertInto("idempotency")
      .values(row)
      .onConflict((conflict) => conflict.columns(["tenant_id", "route", "key"]).doNothing())
      .executeTakeFirst();
    if (numInsertedOrUpdatedRows === 1n) return { row, ours: true };
    const standing = await findKeyRow(db, { tenantId: row.tenant_id, route: row.route, key: row.key });
    // Released between the two statements: claim again.
    if (standing) return { row: standing, ours: false };
  }
}

export async function findKeyRow(db: AccountDatabase, { tenantId, route, key }: IdempotencyKey): Promise<IdempotencyRow | undefined> {
  return db
    .selectFrom("idempotency")
    .selectAll()
    .where("tenant_id", "=", tenantId)
    .where("route", "=", route)
    .where("key", "=", key)
    .executeTakeFirst();
}

/**
 * Points the key at another resource, if it still points at `from`: its work was lost, or made nothing and may be tried again. `renewals`: where the
 * claim stood still; one renewed since then, perhaps together with its resource, stays. To the same resource it is a renewal.
 */
export async function takeOverKey(
  db: AccountDatabase,
  { tenantId, route, key }: IdempotencyKey,
  from: string,
  to: string,
  renewals?: number,
): Promise<boolean> {
  const standing = db
    .updateTable("idempotency")
    .set({ resource_id: to, renewals: sql<number>`renewals + 1` })
    .where("tenant_id", "=", tenantId)
    .where("route", "=", route)
    .where("key", "=", key)
    .where("resource_id", "=", from);
  const { numUpdatedRows } = await (renewals === undefined ? standing : standing.where("renewals", "=", renewals)).executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Nothing came of it: the key may be used again. */
export async function releaseKey(db: AccountDatabase, { tenantId, route, key }: IdempotencyKey, resourceId: string): Promise<void> {
  await db
    .deleteFrom("idempotency")
    .where("tenant_id", "=", tenantId)
    .where("route", "=", route)
    .where("key", "=", key)
    .where("resource_id", "=", resourceId)
    .execute();
}

// This file holds the idempotency keys. There is one row per (tenant, route, key), which is written
// before the work and claims the key for one session. The row stores no answer. The answer is made
// from that session, with all its checks, so an altered row redirects nothing.
import { type QueryCreator, sql } from "kysely";
import type { Bound } from "./bound.ts";
import type { AccountTables, IdempotencyRow } from "./tables.ts";

/** The idempotency key of a claim, and the session that it is claimed for. */
export type Claim = Pick<IdempotencyRow, "tenant_id" | "route" | "key" | "session_id">;

export interface Claims {
  /** Writes the row if there is none. Gives the row that stands. */
  readonly take: (row: IdempotencyRow) => Promise<IdempotencyRow>;
  /**
   * Says that the request that made the claim is still at work. Gives false when the key stands for
   * another session by now.
   */
  readonly renew: (claim: Claim) => Promise<boolean>;
  /**
   * Points the key at another session, if it still points at that of `standing`, whose work was
   * lost or made nothing and may be tried again. With `unmoved` it does so only where the claim was
   * not renewed since it was read, since a renewal may have come with its session.
   */
  readonly takeOver: (standing: IdempotencyRow, sessionId: string, unmoved: boolean) => Promise<boolean>;
  /** Deletes the claim, because nothing came of the work. The key may then be used again. */
  readonly release: (claim: Claim) => Promise<void>;
}

/**
 * Gives the statement that points a claim at a session, which renews the claim. The statement
 * changes nothing when the key stands for another session than the claim's.
 */
export const renewed = (db: QueryCreator<AccountTables>, { tenant_id, route, key, session_id }: Claim, to: string) =>
  db
    .updateTable("idempotency")
    .set({ session_id: to, renewals: sql<number>`renewals + 1` })
    .where("tenant_id", "=", tenant_id)
    .where("route", "=", route)
    .where("key", "=", key)
    .where("session_id", "=", session_id);

export function claims({ db }: Bound): Claims {
  return {
    async take(row) {
      for (;;) {
        const { numInsertedOrUpdatedRows } = await db
          .insertInto("idempotency")
          .values(row)
          .onConflict((conflict) => conflict.columns(["tenant_id", "route", "key"]).doNothing())
          .executeTakeFirst();
        if (numInsertedOrUpdatedRows === 1n) return row;
        const standing = await db
          .selectFrom("idempotency")
          .selectAll()
          .where("tenant_id", "=", row.tenant_id)
          .where("route", "=", row.route)
          .where("key", "=", row.key)
          .executeTakeFirst();
        // The claim may have been released between the two statements. The loop then claims again.
        if (standing !== undefined) return standing;
      }
    },
    async renew(claim) {
      return (await renewed(db, claim, claim.session_id).executeTakeFirst()).numUpdatedRows === 1n;
    },
    async takeOver(standing, sessionId, unmoved) {
      const query = renewed(db, standing, sessionId);
      const { numUpdatedRows } = await (unmoved ? query.where("renewals", "=", standing.renewals) : query).executeTakeFirst();
      return numUpdatedRows === 1n;
    },
    async release({ tenant_id, route, key, session_id }) {
      await db
        .deleteFrom("idempotency")
        .where("tenant_id", "=", tenant_id)
        .where("route", "=", route)
        .where("key", "=", key)
        .where("session_id", "=", session_id)
        .execute();
    },
  };
}

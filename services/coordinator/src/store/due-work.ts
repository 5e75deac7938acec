// Who looks after which session: rows that are due are claimed under a lease, skipping what others hold (SKIP LOCKED). A replica that
// dies keeps its claims until the lease runs out, no longer.
import type { Database } from "@covault/service-kit";
import { sql } from "kysely";
import { schemaName, type Tables } from "./tables.ts";

export interface DueWork {
  /** Up to `limit` due sessions that nobody holds, the longest due first; now held by `owner` until `nowMs + leaseMs`. */
  claim(owner: string, nowMs: number, leaseMs: number, limit: number): Promise<readonly string[]>;
  /** Gives a claim back. `dueAtMs`: when next, if nothing was appended since `version`; then the append has said so. */
  settle(owner: string, sessionId: string, version: number, dueAtMs: number | undefined): Promise<void>;
}

export function dueWork(database: Database): DueWork {
  const db = database.schema<Tables>(schemaName);
  return {
    async claim(owner, nowMs, leaseMs, limit) {
      const due = db
        .selectFrom("sessions")
        .select("session_id")
        .where("due_at_ms", "<=", String(nowMs))
        .where("lease_until_ms", "<=", String(nowMs))
        .orderBy("due_at_ms")
        .limit(limit)
        .forUpdate()
        .skipLocked();
      const rows = await db
        .updateTable("sessions")
        .set({ lease_owner: owner, lease_until_ms: nowMs + leaseMs })
        .where("session_id", "in", due)
        .returning("session_id")
        .execute();
      return rows.map((row) => row.session_id);
    },
    async settle(owner, sessionId, version, dueAtMs) {
      const mine = db.updateTable("sessions").where("session_id", "=", sessionId).where("lease_owner", "=", owner);
      await mine
        .set({
          lease_until_ms: 0,
          due_at_ms: sql<number | null>`case when version = ${version} then ${dueAtMs ?? null}::bigint else due_at_ms end`,
        })
        .execute();
    },
  };
}

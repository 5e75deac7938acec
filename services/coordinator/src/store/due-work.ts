// Which coordinator looks after which session. Rows that are due are claimed under a lease, and
// rows that others hold are skipped (SKIP LOCKED). A replica that dies keeps its claims until the
// lease runs out, and no longer. All times are the database's. A time that lies farther ahead than
// any that is written now was written before the database's clock was set back, and counts as
// passed. A session that is ticked too often costs nothing, and one that is never ticked is lost.
import type { Database } from "@covault/service-kit/sql";
import { sql } from "kysely";
import { dueInMsMax } from "../session/due.ts";
import { afterMs, schemaName, type Tables } from "./tables.ts";

export interface DueWork {
  /**
   * Gives up to `limit` due sessions that nobody holds, the longest due first. `owner` holds them
   * for `leaseMs` from now.
   */
  claim(owner: string, leaseMs: number, limit: number): Promise<readonly string[]>;
  /**
   * Gives a claim back. `dueInMs` says when the session is due next, if nothing was appended since
   * `version`. Otherwise the append has said so.
   */
  settle(owner: string, sessionId: string, version: number, dueInMs: number | undefined): Promise<void>;
}

/** Says in SQL that a time has passed by the database's clock. */
const passed = (column: "due_at_ms" | "lease_until_ms", aheadMsMax: number) =>
  sql<boolean>`(${sql.ref(column)} <= ${afterMs(0)} or ${sql.ref(column)} > ${afterMs(aheadMsMax)})`;

export function dueWork(database: Database): DueWork {
  const db = database.schema<Tables>(schemaName);
  return {
    async claim(owner, leaseMs, limit) {
      const due = db
        .selectFrom("sessions")
        .select("session_id")
        .where(passed("due_at_ms", dueInMsMax))
        .where(passed("lease_until_ms", leaseMs))
        .orderBy("due_at_ms")
        .limit(limit)
        .forUpdate()
        .skipLocked();
      const rows = await db
        .updateTable("sessions")
        .set({ lease_owner: owner, lease_until_ms: afterMs(leaseMs) })
        .where("session_id", "in", due)
        .returning("session_id")
        .execute();
      return rows.map((row) => row.session_id);
    },
    async settle(owner, sessionId, version, dueInMs) {
      const mine = db.updateTable("sessions").where("session_id", "=", sessionId).where("lease_owner", "=", owner);
      await mine
        .set({
          lease_until_ms: 0,
          due_at_ms: sql<
            number | null
          >`case when version = ${version} then ${dueInMs === undefined ? null : afterMs(dueInMs)} else due_at_ms end`,
        })
        .execute();
    },
  };
}

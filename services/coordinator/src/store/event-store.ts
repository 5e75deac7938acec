// The event streams in SQL. An append is one transaction: the events, the session's row, what its burns and certificate tell.
// Two writers at once: the primary key (session_id, seq) lets one through, the other gets `false` and decides again.
import type { Database } from "@covault/service-kit";
import { fromBase64 } from "../session/bytes.ts";
import type { Pair, StoredEvent } from "../session/events.ts";
import type { SessionState } from "../session/state.ts";
import { type Db, schemaName, type Tables } from "./tables.ts";

export interface Append {
  readonly events: readonly StoredEvent[];
  /** The state after the events. */
  readonly state: SessionState;
  /** When the session next wants a look, milliseconds since 1970. */
  readonly dueAtMs: number | undefined;
}

export interface EventStore {
  /** The events of a session with a seq above `after`, ascending. */
  load(sessionId: string, after?: number): Promise<readonly StoredEvent[]>;
  /** False: somebody else appended first, and nothing was written. */
  append(append: Append): Promise<boolean>;
  /** Where a session stands, without its events. */
  standing(sessionId: string): Promise<{ readonly status: string; readonly version: number } | undefined>;
  /** Sessions that have not ended. */
  openSessions(): Promise<readonly string[]>;
  /** Burned pairs of a key's epoch (hex). */
  burnsOf(keyId: string, epoch: string): Promise<readonly Pair[]>;
  allBurns(): Promise<readonly BurnRow[]>;
  /** Encoded Certificate of a key's epoch (hex). */
  certificateOf(keyId: string, epoch: string): Promise<Uint8Array | undefined>;
}

export interface BurnRow {
  readonly key_id: string;
  readonly epoch: string;
  readonly low: number;
  readonly high: number;
  readonly session_id: string;
}

export function eventStore(database: Database): EventStore {
  const db = database.schema<Tables>(schemaName);
  return {
    async load(sessionId, after = 0) {
      const query = db.selectFrom("events").select(["seq", "type", "data", "at_ms"]).where("session_id", "=", sessionId);
      const rows = await query.where("seq", ">", after).orderBy("seq").execute();
      return rows.map(({ seq, type, data, at_ms }) => ({ seq, type, data, atMs: Number(at_ms) }) as unknown as StoredEvent);
    },
    async append(append) {
      try {
        await db.transaction().execute((transaction) => write(transaction, append));
        return true;
      } catch (error) {
        if (isTaken(error)) return false;
        throw error;
      }
    },
    async standing(sessionId) {
      return db.selectFrom("sessions").select(["status", "version"]).where("session_id", "=", sessionId).executeTakeFirst();
    },
    async openSessions() {
      const rows = await db.selectFrom("sessions").select("session_id").where("due_at_ms", "is not", null).orderBy("session_id").execute();
      return rows.map((row) => row.session_id);
    },
    async burnsOf(keyId, epoch) {
      const query = db.selectFrom("burns").select(["low", "high"]).where("key_id", "=", keyId).where("epoch", "=", epoch);
      return (await query.execute()).map(({ low, high }) => [low, high]);
    },
    async allBurns() {
      return db.selectFrom("burns").select(["key_id", "epoch", "low", "high", "session_id"]).orderBy("at_ms").execute();
    },
    async certificateOf(keyId, epoch) {
      const query = db.selectFrom("keys").select("certificate").where("key_id", "=", keyId).where("epoch", "=", epoch);
      const row = await query.executeTakeFirst();
      return row && new Uint8Array(row.certificate);
    },
  };
}

async function write(db: Db, { events, state, dueAtMs }: Append): Promise<void> {
  const plan = state.plan!;
  const { tenantId: tenant_id, sessionId: session_id } = plan;
  const rows = events.map(({ seq, type, data, atMs }) => ({ tenant_id, session_id, seq, type, data: JSON.stringify(data), at_ms: atMs }));
  await db.insertInto("events").values(rows).execute();
  const now = {
    status: state.status,
    version: state.version,
    attempt: state.attempt?.attempt ?? 0,
    updated_at_ms: state.updatedAtMs,
    due_at_ms: dueAtMs ?? null,
  };
  if (events[0]?.seq === 1) {
    const fixed = { session_id, tenant_id, account_id: plan.accountId, kind: plan.kind };
    const times = { created_at_ms: state.createdAtMs, expires_at_ms: plan.expiresAtMs };
    await db
      .insertInto("sessions")
      .values({ ...fixed, ...times, ...now })
      .execute();
  } else await db.updateTable("sessions").set(now).where("session_id", "=", session_id).execute();
  for (const event of events) {
    if ((event.type === "Aborted" || event.type === "Declined") && plan.key !== undefined && event.data.burned.length > 0) {
      const { keyId: key_id, epoch } = plan.key;
      const burns = event.data.burned.map(([low, high]) => ({ tenant_id, key_id, epoch, low, high, session_id, at_ms: event.atMs }));
      await db
        .insertInto("burns")
        .values(burns)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    } else if (event.type === "Committed") {
      const { keyId: key_id, epoch } = event.data;
      const certificate = fromBase64(event.data.certificate);
      await db
        .insertInto("keys")
        .values({ tenant_id, key_id, epoch, certificate, session_id, at_ms: event.atMs })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    }
  }
}

/** PostgreSQL's unique_violation. */
function isTaken(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "23505";
}

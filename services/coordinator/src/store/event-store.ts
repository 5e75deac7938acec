// The event streams in SQL. An append is one transaction: the events, the session's row, and what
// its burns and its certificate tell. When two replicas write at once, the session's version and
// the primary key (session_id, seq) let one through. The other gets `false` and decides again.
import { fromBase64 } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import type { Database } from "@covault/service-kit/sql";
import { kinds } from "@covault/trust";
import { sql } from "kysely";
import type { CommittedEpoch, Pair, StoredEvent } from "../session/events.ts";
import { foundedBefore, type StoredCertificate } from "../session/known-key.ts";
import type { SessionState } from "../session/state.ts";
import { afterMs, type Db, schemaName, type Tables } from "./tables.ts";

interface Append {
  readonly events: readonly StoredEvent[];
  /** The state after the events. */
  readonly state: SessionState;
  /** When the session next wants a look, from now on. */
  readonly dueInMs: number | undefined;
}

export interface EventStore {
  /** Gives the events of a session with a seq above `after`, ascending. */
  load(sessionId: string, after?: number): Promise<readonly StoredEvent[]>;
  /**
   * Gives false when another writer appended first. Then nothing was written. Throws
   * coordinator/lifecycle-running for a second session that makes a further epoch of one key.
   */
  append(append: Append): Promise<boolean>;
  /** Says where a session stands, without its events. */
  standing(sessionId: string): Promise<Standing | undefined>;
  standings(sessionIds: readonly string[]): Promise<ReadonlyMap<string, Standing>>;
  /** Gives the ids of sessions that have not ended. */
  openSessions(): Promise<readonly string[]>;
  /** Gives the burned pairs of a key's epoch (hex). */
  burnsOf(keyId: string, epoch: string): Promise<readonly Pair[]>;
  allBurns(): Promise<readonly BurnRow[]>;
  /** Gives the encoded Certificate of a key's epoch (hex). */
  certificateOf(keyId: string, epoch: string): Promise<Uint8Array | undefined>;
  /** Gives all certificates of a key, ascending by epoch. */
  certificatesOf(keyId: string): Promise<readonly StoredCertificate[]>;
  /** Gives the key's highest epoch (hex). */
  epochOf(keyId: string): Promise<string | undefined>;
  /** Keeps the certificate of a session that this coordinator does not have. */
  keep(tenantId: string, sessionId: string, certificate: CommittedEpoch, atMs: number): Promise<void>;
}

export interface Standing {
  readonly status: string;
  /** The seq of the last event. */
  readonly version: number;
}
interface BurnRow {
  readonly key_id: string;
  readonly epoch: string;
  readonly low: number;
  readonly high: number;
  readonly code: string;
  readonly reported_by: string;
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
        // One statement is a transaction in one round trip, and nearly every append needs no more.
        if (!append.events.some(hasConsequences)) return await write(db, append);
        return await db.transaction().execute((transaction) => writeAll(transaction, append));
      } catch (error) {
        if (isSecondOfKey(error)) throw runningAlready(append.state);
        if (isTaken(error)) return false;
        throw error;
      }
    },
    async standing(sessionId) {
      return db.selectFrom("sessions").select(["status", "version"]).where("session_id", "=", sessionId).executeTakeFirst();
    },
    async standings(sessionIds) {
      if (sessionIds.length === 0) return new Map();
      const query = db
        .selectFrom("sessions")
        .select(["session_id", "status", "version"])
        .where("session_id", "in", [...sessionIds]);
      return new Map((await query.execute()).map(({ session_id, status, version }) => [session_id, { status, version }]));
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
      return db
        .selectFrom("burns")
        .select(["key_id", "epoch", "low", "high", "code", "reported_by", "session_id"])
        .orderBy("at_ms")
        .execute();
    },
    async certificateOf(keyId, epoch) {
      const query = db.selectFrom("keys").select("certificate").where("key_id", "=", keyId).where("epoch", "=", epoch);
      const row = await query.executeTakeFirst();
      return row && new Uint8Array(row.certificate);
    },
    async certificatesOf(keyId) {
      const query = db.selectFrom("keys").select(["epoch", "old_epoch", "certificate"]).where("key_id", "=", keyId);
      const rows = await query.orderBy("epoch_number").orderBy(bytewise).execute();
      return rows.map(({ epoch, old_epoch, certificate }) => ({ epoch, oldEpoch: old_epoch, certificate: new Uint8Array(certificate) }));
    },
    async epochOf(keyId) {
      const query = db.selectFrom("keys").select("epoch").where("key_id", "=", keyId);
      return (await query.orderBy("epoch_number", "desc").orderBy(bytewise, "desc").limit(1).executeTakeFirst())?.epoch;
    },
    async keep(tenantId, sessionId, certificate, atMs) {
      await writeCertificate(db, { tenant_id: tenantId, session_id: sessionId, at_ms: atMs }, certificate);
    },
  };
}

/** Epochs are ordered by bytes, whatever the database's collation. */
const bytewise = sql<string>`epoch collate "C"`;

/**
 * Writes the session's row, if it stands where the events continue, and then the events. Gives
 * false when it stands elsewhere, and then nothing was written.
 */
async function write(db: Db, { events, state, dueInMs }: Append): Promise<boolean> {
  const plan = state.plan!;
  const { tenantId: tenant_id, sessionId: session_id } = plan;
  const first = events[0]!.seq;
  const rows = events.map(({ seq, type, data, atMs }) => ({ seq, type, data, at_ms: atMs }));
  const now = {
    status: state.status,
    version: state.version,
    attempt: state.attempt?.attempt ?? 0,
    updated_at_ms: state.updatedAtMs,
    due_at_ms: dueInMs === undefined ? null : afterMs(Math.round(dueInMs)),
  };
  const fixed = { session_id, tenant_id, account_id: plan.accountId, kind: plan.kind, key_id: plan.continues?.keyId ?? null };
  const times = { created_at_ms: state.createdAtMs, expires_at_ms: plan.expiresAtMs };
  const commit = kinds[plan.kind].rounds === "memory" && events.every(mayBeLost) ? "off" : "on";
  const written = await db
    .with("current", (query) =>
      first === 1
        ? query
            .insertInto("sessions")
            .values({ ...fixed, ...times, ...now })
            .returning(["tenant_id", "session_id"])
        : query
            .updateTable("sessions")
            .set(now)
            .where("session_id", "=", session_id)
            .where("version", "=", first - 1)
            .returning(["tenant_id", "session_id"]),
    )
    .with("appended", (query) =>
      query
        .insertInto("events")
        .columns(["tenant_id", "session_id", "seq", "type", "data", "at_ms"])
        .expression((eb) =>
          eb
            .selectFrom([
              "current",
              sql<Row>`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)`.as<"row">(
                sql`"row"(seq integer, type text, data jsonb, at_ms bigint)`,
              ),
            ])
            .select(["current.tenant_id", "current.session_id", "row.seq", "row.type", "row.data", "row.at_ms"]),
        )
        .returning("seq"),
    )
    .selectFrom("appended")
    .select(["seq", sql`set_config('synchronous_commit', ${commit}, true)`.as("commit")])
    .execute();
  return written.length === events.length;
}

interface Row {
  readonly seq: number;
  readonly type: string;
  readonly data: object;
  readonly at_ms: string;
}

/**
 * Writes also what the events tell beyond their session: burned pairs, and the certificate of an
 * epoch.
 */
async function writeAll(db: Db, append: Append): Promise<boolean> {
  if (!(await write(db, append))) return false;
  const plan = append.state.plan!;
  const { tenantId: tenant_id, sessionId: session_id } = plan;
  // A burn is about the epoch that the session had before it went on to a higher one.
  const former = append.events.find((event) => event.type === "KeyAdvanced")?.data.former;
  for (const { type, data, atMs: at_ms } of append.events)
    if ((type === "Aborted" || type === "Declined") && plan.key !== undefined && data.burned.length > 0) {
      const { keyId: key_id } = plan.key;
      const epoch = former ?? plan.key.epoch;
      const burns = data.burned.map(([low, high]) => ({
        tenant_id,
        key_id,
        epoch,
        low,
        high,
        code: data.code,
        reported_by: data.partyId,
        session_id,
        at_ms,
      }));
      await db
        .insertInto("burns")
        .values(burns)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    } else if (type === "Committed") await writeCertificate(db, { tenant_id, session_id, at_ms }, data);
  return true;
}

/**
 * Throws coordinator/key-founded when a session of another intent founded the key. Two coordinators
 * may append at the same time.
 */
async function writeCertificate(
  db: Db,
  row: { readonly tenant_id: string; readonly session_id: string; readonly at_ms: number },
  { keyId: key_id, epoch, epochNumber: epoch_number, oldEpoch: old_epoch, certificate }: CommittedEpoch,
): Promise<void> {
  const written = await db
    .insertInto("keys")
    .values({ ...row, key_id, epoch, epoch_number, old_epoch, certificate: fromBase64(certificate) })
    .onConflict((conflict) => conflict.doNothing())
    .returning("epoch")
    .executeTakeFirst();
  if (written !== undefined || old_epoch !== null) return;
  const founding = db.selectFrom("keys").select("session_id").where("key_id", "=", key_id).where("old_epoch", "is", null);
  if ((await founding.executeTakeFirst())?.session_id !== row.session_id) throw foundedBefore(key_id);
}

/**
 * Events of a signing attempt that need not survive a crash of the database. An attempt that lost
 * them dies by time, and another one follows. So these events wait for no disk. Everything else
 * does.
 */
function mayBeLost({ type }: StoredEvent): boolean {
  return type === "Joined" || type === "AttemptReady" || type === "Progressed";
}

function hasConsequences({ type }: StoredEvent): boolean {
  return type === "Aborted" || type === "Declined" || type === "Committed";
}

/** Says whether another session that makes a further epoch of the key is open or running. */
const isSecondOfKey = (error: unknown): boolean =>
  error instanceof Error && "constraint" in error && error.constraint === "sessions_one_lifecycle";

function runningAlready({ plan }: SessionState): CovaultError {
  const keyId = plan?.continues?.keyId ?? "";
  const message = `Another session that makes a further epoch of the key ${keyId} is open or running.`;
  return new CovaultError("coordinator/lifecycle-running", message, { facts: { key_id: keyId } });
}

/** Says whether the error is PostgreSQL's unique_violation. */
function isTaken(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "23505";
}

// The event streams in SQL. An append is one transaction: the events, the session's row, and what
// its burns and its certificate tell. When two replicas write at once, the session's version and
// the primary key (session_id, seq) let one through. The other gets `false` and decides again.
import { fromBase64 } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import type { Database } from "@covault/service-kit/sql";
import { kinds } from "@covault/trust";
import { sql } from "kysely";
import type { Burn, CommittedEpoch, CommittedPair, Pair, StoredEvent } from "../session/events.ts";
import { burnsOf as burnsIn } from "../session/evolve.ts";
import { foundedBefore, type StoredCertificate } from "../session/known-key.ts";
import { type Plan, subjectOf } from "../session/plan.ts";
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
   * coordinator/lifecycle-running for a second session that changes the same of one key.
   */
  append(append: Append): Promise<boolean>;
  /** Says where a session stands, without its events. */
  standing(sessionId: string): Promise<Standing | undefined>;
  standings(sessionIds: readonly string[]): Promise<ReadonlyMap<string, Standing>>;
  /** Gives the ids of sessions that have not ended. */
  openSessions(): Promise<readonly string[]>;
  /** Gives all that was said against pairs of a key's epoch (hex), of whichever generation. */
  burnsOf(keyId: string, epoch: string): Promise<readonly Burn[]>;
  /** Gives the newest certified pair of each two holders of a key's epoch (hex). */
  pairsOf(keyId: string, epoch: string): Promise<readonly CertifiedPair[]>;
  /** Gives the newest pair certificate of two holders, encoded, and the session that made it. */
  newestPair(
    keyId: string,
    epoch: string,
    pair: Pair,
  ): Promise<{ readonly sessionId: string; readonly certificate: Uint8Array } | undefined>;
  /** Keeps the pair certificate of a session that this coordinator does not have. */
  keepPair(tenantId: string, sessionId: string, pair: CommittedPair, atMs: number): Promise<void>;
  /** Gives the attempt of a repair by its routing id (hex). */
  repairAttempt(rid: string): Promise<{ readonly sessionId: string; readonly attempt: number } | undefined>;
  /** Gives what is said against pairs that no certificate has made anew, of every key. */
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

type CertifiedPair = Pick<CommittedPair, "pair" | "pairId" | "generation">;

export interface Standing {
  readonly status: string;
  /** Whether a signature waits for pairs that are made anew. */
  readonly wants_pairs: boolean;
  /** The seq of the last event. */
  readonly version: number;
}
interface BurnRow {
  readonly key_id: string;
  readonly epoch: string;
  readonly low: number;
  readonly high: number;
  readonly pair_id: string;
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
        const isRepair = append.state.plan?.receiver !== undefined;
        if (!append.events.some((event) => hasConsequences(event, isRepair))) return await write(db, append);
        return await db.transaction().execute((transaction) => writeAll(transaction, append));
      } catch (error) {
        if (isSecondOfKey(error)) throw runningAlready(append.state);
        if (isTaken(error)) return false;
        throw error;
      }
    },
    async standing(sessionId) {
      return db.selectFrom("sessions").select(["status", "version", "wants_pairs"]).where("session_id", "=", sessionId).executeTakeFirst();
    },
    async standings(sessionIds) {
      if (sessionIds.length === 0) return new Map();
      const query = db
        .selectFrom("sessions")
        .select(["session_id", "status", "version", "wants_pairs"])
        .where("session_id", "in", [...sessionIds]);
      return new Map((await query.execute()).map(({ session_id, ...standing }) => [session_id, standing]));
    },
    async openSessions() {
      const rows = await db.selectFrom("sessions").select("session_id").where("due_at_ms", "is not", null).orderBy("session_id").execute();
      return rows.map((row) => row.session_id);
    },
    async burnsOf(keyId, epoch) {
      const query = db
        .selectFrom("burns")
        .select(["low", "high", "pair_id", "code"])
        .where("key_id", "=", keyId)
        .where("epoch", "=", epoch);
      const rows = await query.orderBy("at_ms").execute();
      return rows.map(({ low, high, pair_id, code }) => ({ pair: [low, high], pairId: pair_id, code }));
    },
    async pairsOf(keyId, epoch) {
      const rows = await db
        .selectFrom("pairs")
        .select(["low", "high", "generation", "pair_id"])
        .distinctOn(["low", "high"])
        .where("key_id", "=", keyId)
        .where("epoch", "=", epoch)
        .orderBy("low")
        .orderBy("high")
        .orderBy("generation", "desc")
        .orderBy(sql`pair_id collate "C"`, "desc")
        .execute();
      return rows.map(({ low, high, generation, pair_id }) => ({ pair: [low, high], generation, pairId: pair_id }));
    },
    async newestPair(keyId, epoch, [low, high]) {
      const row = await db
        .selectFrom("pairs")
        .select(["session_id", "certificate"])
        .where("key_id", "=", keyId)
        .where("epoch", "=", epoch)
        .where("low", "=", low)
        .where("high", "=", high)
        .orderBy("generation", "desc")
        .orderBy(sql`pair_id collate "C"`, "desc")
        .limit(1)
        .executeTakeFirst();
      return row && { sessionId: row.session_id, certificate: new Uint8Array(row.certificate) };
    },
    async keepPair(tenantId, sessionId, pair, atMs) {
      await writePair(db, { tenant_id: tenantId, session_id: sessionId, at_ms: atMs }, pair);
    },
    async repairAttempt(rid) {
      const row = await db.selectFrom("repair_attempts").select(["session_id", "attempt"]).where("rid", "=", rid).executeTakeFirst();
      return row && { sessionId: row.session_id, attempt: row.attempt };
    },
    async allBurns() {
      return db
        .selectFrom("burns")
        .select(["key_id", "epoch", "low", "high", "pair_id", "code", "reported_by", "session_id"])
        .where((is) =>
          is(
            "pair_id",
            "=",
            is.fn.coalesce(
              is
                .selectFrom("pairs")
                .select("pairs.pair_id")
                .whereRef("pairs.key_id", "=", "burns.key_id")
                .whereRef("pairs.epoch", "=", "burns.epoch")
                .whereRef("pairs.low", "=", "burns.low")
                .whereRef("pairs.high", "=", "burns.high")
                .orderBy("pairs.generation", "desc")
                .orderBy(sql`pairs.pair_id collate "C"`, "desc")
                .limit(1),
              sql.lit(""),
            ),
          ),
        )
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
  const { plan } = state;
  if (plan === undefined) return writeAbort(db, events);
  const { tenantId: tenant_id, sessionId: session_id } = plan;
  const first = events[0]!.seq;
  const rows = events.map(({ seq, type, data, atMs }) => ({ seq, type, data, at_ms: atMs }));
  const now = {
    status: state.status,
    version: state.version,
    attempt: state.attempt?.attempt ?? 0,
    updated_at_ms: state.updatedAtMs,
    wants_pairs: state.status === "open" && state.wanted.length > 0,
    due_at_ms: dueInMs === undefined ? null : afterMs(Math.round(dueInMs)),
  };
  const fixed = { session_id, tenant_id, account_id: plan.accountId, kind: plan.kind, ...columnsOf(plan) };
  const times = { created_at_ms: state.createdAtMs, expires_at_ms: plan.expiresAtMs };
  const commit = kinds[plan.kind].rounds === "memory" && events.every(mayBeLost) ? "off" : "on";
  const written = await db
    .with("current", (query) =>
      events[0]?.type === "SessionOpened"
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

/** An abort that came first has no session yet, and so no row but its own. */
async function writeAbort(db: Db, events: readonly StoredEvent[]): Promise<boolean> {
  const rows = events.flatMap(({ seq, type, data, atMs }) =>
    type === "AbortAsked" ? [{ tenant_id: "", session_id: data.sessionId, seq, type, data: JSON.stringify(data), at_ms: atMs }] : [],
  );
  if (rows.length !== events.length) throw new TypeError("only an abort comes before its session");
  await db.insertInto("events").values(rows).execute();
  return true;
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
      const burns = burnsIn(data).map(({ pair: [low, high], pairId, code }) => ({
        tenant_id,
        key_id,
        epoch,
        low,
        high,
        pair_id: pairId,
        code,
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
    else if (type === "PairCommitted") await writePair(db, { tenant_id, session_id, at_ms }, data);
    else if (type === "AttemptStarted" && plan.receiver !== undefined)
      await db.insertInto("repair_attempts").values({ rid: data.rid, session_id, attempt: data.attempt }).execute();
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

async function writePair(
  db: Db,
  row: { readonly tenant_id: string; readonly session_id: string; readonly at_ms: number },
  { keyId: key_id, epoch, pair: [low, high], generation, pairId: pair_id, certificate }: CommittedPair,
): Promise<void> {
  await db
    .insertInto("pairs")
    .values({ ...row, key_id, epoch, low, high, generation, pair_id, certificate: fromBase64(certificate) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** The columns that keep two sessions apart that change the same of a key. */
function columnsOf(plan: Plan): { readonly key_id: string | null; readonly part: string } {
  const { keyId = null, part = "" } = subjectOf(plan) ?? {};
  return { key_id: keyId, part };
}

/**
 * Events of a signing attempt that need not survive a crash of the database. An attempt that lost
 * them dies by time, and another one follows. So these events wait for no disk. Everything else
 * does.
 */
function mayBeLost({ type }: StoredEvent): boolean {
  return type === "Joined" || type === "AttemptReady" || type === "Progressed";
}

function hasConsequences({ type }: StoredEvent, isRepair: boolean): boolean {
  return (
    type === "Aborted" || type === "Declined" || type === "Committed" || type === "PairCommitted" || (isRepair && type === "AttemptStarted")
  );
}

/** Says whether another session that changes the same of the key is open or running. */
const isSecondOfKey = (error: unknown): boolean =>
  error instanceof Error && "constraint" in error && error.constraint === "sessions_one_lifecycle";

function runningAlready({ plan }: SessionState): CovaultError {
  const { keyId = "", part = "" } = (plan && subjectOf(plan)) ?? {};
  const what = part === "" ? "makes a further epoch" : `changes the ${part}`;
  const message = `Another session that ${what} of the key ${keyId} is open or running.`;
  return new CovaultError("coordinator/lifecycle-running", message, { facts: { key_id: keyId } });
}

/** Says whether the error is PostgreSQL's unique_violation. */
function isTaken(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "23505";
}

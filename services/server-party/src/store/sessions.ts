// Stored protocols between their rounds: the instance that runs each of them, the fences, and the
// outbox, whose exact bytes are all that may ever leave.
import {
  type InputsAnswer,
  type LeaseMark,
  type NewSession,
  type OpenAnswer,
  type OutboxEntry,
  type RunningSession,
  renewalRunsMax,
  type StoredSession,
  type Tenure,
} from "@covault/party";
import { sql, type Transaction } from "kysely";
import { lock } from "./locks.ts";
import { countRenewal, renewalRuns } from "./renewal-runs.ts";
import { bytesOf, type PartyDatabase, type PartyTables } from "./tables.ts";

const nothing = new Uint8Array(0);

export function openSession(database: PartyDatabase, schema: string, session: NewSession, tenure: Tenure): Promise<OpenAnswer> {
  return database.transaction().execute(async (tx) => {
    await lock(tx, schema, "intent", session.intentId);
    if (await isAbandoned(tx, session.intentId)) return undefined;
    const intent = await tx
      .selectFrom("intents")
      .select("finished")
      .where("intent_id", "=", session.intentId)
      .forShare()
      .executeTakeFirst();
    if (intent?.finished === true) return undefined;
    const { rid, context, state, renews } = session;
    // The count is locked before the session is there, so that of two that are opened at once both
    // are counted.
    if (renews !== undefined) {
      await lock(tx, schema, "epoch", renews.epoch);
      // The session of a first call, whose answer was lost, was counted, and is no further one.
      if ((await tx.selectFrom("sessions").select("rid").where("rid", "=", rid).executeTakeFirst()) !== undefined) return undefined;
      if ((await renewalRuns(tx, renews)) >= renewalRunsMax) return "exhausted";
    }
    const inserted = await tx
      .insertInto("sessions")
      .values((query) => ({
        rid,
        session_id: session.sessionId,
        intent_id: session.intentId,
        era: query.selectFrom("party").select("era"),
        context,
        expires_at_ms: session.expiresAtMs,
        status: "running",
        round: 1,
        state,
        fence: 1,
        lease: tenure.name,
        lease_fence: tenure.fence,
      }))
      .onConflict((conflict) => conflict.doNothing())
      .returning("rid")
      .executeTakeFirst();
    if (inserted === undefined) return undefined;
    if (renews !== undefined) await countRenewal(tx, renews);
    await writeOutbox(tx, rid, 1, session.outbox);
    return 1;
  });
}

export async function claimSession(
  database: PartyDatabase,
  rid: Uint8Array,
  tenure: Tenure,
  seen?: LeaseMark,
): Promise<StoredSession | undefined> {
  const row = await database
    .updateTable("sessions")
    .set({ fence: sql<number>`fence + 1`, lease: tenure.name, lease_fence: tenure.fence })
    .where("rid", "=", rid)
    .where("status", "=", "running")
    .where("era", "=", (query) => query.selectFrom("party").select("era"))
    .where(({ or, and, not, exists, selectFrom }) => {
      const held = selectFrom("leases")
        .select("leases.name")
        .whereRef("leases.name", "=", "sessions.lease")
        .whereRef("leases.fence", "=", "sessions.lease_fence");
      const renewed =
        seen === undefined ? held : held.where(({ not, and }) => not(and({ fence: String(seen.fence), counter: String(seen.counter) })));
      return or([and({ lease: tenure.name, lease_fence: String(tenure.fence) }), not(exists(renewed))]);
    })
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    rid: bytesOf(row.rid),
    sessionId: row.session_id,
    intentId: bytesOf(row.intent_id),
    context: bytesOf(row.context),
    expiresAtMs: Number(row.expires_at_ms),
    round: row.round,
    state: bytesOf(row.state),
    fence: Number(row.fence),
  };
}

export function saveRound(
  database: PartyDatabase,
  rid: Uint8Array,
  fence: number,
  round: number,
  state: Uint8Array,
  outbox: readonly OutboxEntry[],
): Promise<boolean> {
  return database.transaction().execute(async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable("sessions")
      .set({ round, state, inputs: null })
      .where("rid", "=", rid)
      .where("fence", "=", String(fence))
      .where("status", "=", "running")
      .where("round", "=", round - 1)
      .executeTakeFirst();
    if (numUpdatedRows !== 1n) return false;
    await writeOutbox(tx, rid, round, outbox);
    return true;
  });
}

export async function fixInputs(
  database: PartyDatabase,
  rid: Uint8Array,
  fence: number,
  round: number,
  inputs: Uint8Array,
): Promise<InputsAnswer> {
  const row = await database
    .updateTable("sessions")
    .set({ inputs: sql<Uint8Array>`coalesce(inputs, ${inputs})` })
    .where("rid", "=", rid)
    .where("fence", "=", String(fence))
    .where("status", "=", "running")
    .where("round", "=", round)
    .returning("inputs")
    .executeTakeFirst();
  if (row === undefined) return "lost";
  return Buffer.compare(row.inputs as Uint8Array, inputs) === 0 ? "fixed" : "changed";
}

export function abortSession(database: PartyDatabase, rid: Uint8Array, fence: number): Promise<boolean> {
  return database.transaction().execute(async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable("sessions")
      .set({ status: "over", state: nothing })
      .where("rid", "=", rid)
      .where("fence", "=", String(fence))
      .where("status", "=", "running")
      .executeTakeFirst();
    if (numUpdatedRows !== 1n) return false;
    await tx.deleteFrom("outbox").where("rid", "=", rid).execute();
    return true;
  });
}

export async function outbox(database: PartyDatabase, rid: Uint8Array, round: number, to: number): Promise<Uint8Array | undefined> {
  const row = await database
    .selectFrom("outbox")
    .select("bytes")
    .where("rid", "=", rid)
    .where("round", "=", round)
    .where("receiver", "=", to)
    .executeTakeFirst();
  return row && bytesOf(row.bytes);
}

export async function runningSessions(database: PartyDatabase): Promise<readonly RunningSession[]> {
  const rows = await database
    .selectFrom("sessions")
    .select(["rid", "expires_at_ms", "lease", "lease_fence"])
    .where("status", "=", "running")
    .where("era", "=", (query) => query.selectFrom("party").select("era"))
    .execute();
  return rows.map((row) => ({
    rid: bytesOf(row.rid),
    expiresAtMs: Number(row.expires_at_ms),
    tenure: { name: row.lease, fence: Number(row.lease_fence) },
  }));
}

export async function isAbandoned(tx: Transaction<PartyTables>, intentId: Uint8Array): Promise<boolean> {
  return (await tx.selectFrom("abandoned").select("intent_id").where("intent_id", "=", intentId).executeTakeFirst()) !== undefined;
}

interface OfIntent {
  readonly intentId: Uint8Array;
}
interface OfRid {
  readonly rid: Uint8Array;
}

/** Ends attempts. Nothing of them is left but their rids. */
export async function closeSessions(tx: Transaction<PartyTables>, which: OfIntent | OfRid | "running"): Promise<void> {
  const rows = await tx
    .updateTable("sessions")
    .set({ status: "over", state: nothing })
    .where(({ eb }) => {
      if (which === "running") return eb("status", "=", "running");
      return "rid" in which ? eb("rid", "=", which.rid) : eb("intent_id", "=", which.intentId);
    })
    .returning("rid")
    .execute();
  if (rows.length === 0) return;
  await tx
    .deleteFrom("outbox")
    .where(
      "rid",
      "in",
      rows.map((row) => row.rid),
    )
    .execute();
}

async function writeOutbox(tx: Transaction<PartyTables>, rid: Uint8Array, round: number, entries: readonly OutboxEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await tx
    .insertInto("outbox")
    .values(entries.map(({ to, bytes }) => ({ rid, round, receiver: to, bytes })))
    .execute();
}

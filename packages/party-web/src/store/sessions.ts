// Running sessions of stored protocols. State and outbox are one write.
import { same } from "@covault/crypto";
import {
  type InputsAnswer,
  type LeaseMark,
  type NewSession,
  type OpenAnswer,
  type OutboxEntry,
  type RunningSession,
  type StoredSession,
  sameTenure,
  type Tenure,
} from "@covault/party";
import { holds, stands } from "./leases.ts";
import { countRenewal } from "./renewal-runs.ts";
import type { SessionRow, Tables } from "./tables.ts";

export async function openSession(tables: Tables, session: NewSession, tenure: Tenure): Promise<OpenAnswer> {
  const { rid, sessionId, intentId, context, state, outbox, expiresAtMs, renews } = session;
  if ((await tables.sessions.get(rid)) !== undefined || (await tables.abandoned.get(intentId)) !== undefined) return undefined;
  if ((await tables.intents.get(intentId))?.finished === true) return undefined;
  if (renews !== undefined && !(await countRenewal(tables, renews))) return "exhausted";
  const fence = 1;
  await tables.sessions.put({ rid, sessionId, intentId, context, expiresAtMs, status: "running", round: 1, state, fence, tenure });
  await putOutbox(tables, rid, 1, outbox);
  return fence;
}

export async function claimSession(tables: Tables, rid: Uint8Array, tenure: Tenure, seen?: LeaseMark): Promise<StoredSession | undefined> {
  const row = await tables.sessions.get(rid);
  if (row === undefined || row.status !== "running") return undefined;
  const { name, fence } = row.tenure;
  const isUnrenewed = seen !== undefined && fence === seen.fence && (await stands(tables, name, seen));
  if (!sameTenure(row.tenure, tenure) && !isUnrenewed && (await holds(tables, row.tenure))) return undefined;
  const claimed = { ...row, tenure, fence: row.fence + 1 };
  await tables.sessions.put(claimed);
  const { sessionId, intentId, context, expiresAtMs, round, state } = claimed;
  return { rid: claimed.rid, sessionId, intentId, context, expiresAtMs, round, state, fence: claimed.fence };
}

export async function saveRound(
  tables: Tables,
  rid: Uint8Array,
  fence: number,
  round: number,
  state: Uint8Array,
  outbox: readonly OutboxEntry[],
): Promise<boolean> {
  const row = await running(tables, rid, fence);
  if (row === undefined || row.round + 1 !== round) return false;
  await tables.sessions.put({ ...row, round, state, inputs: undefined });
  await putOutbox(tables, rid, round, outbox);
  return true;
}

export async function fixInputs(tables: Tables, rid: Uint8Array, fence: number, round: number, inputs: Uint8Array): Promise<InputsAnswer> {
  const row = await running(tables, rid, fence);
  if (row === undefined || row.round !== round) return "lost";
  if (row.inputs !== undefined) return same(row.inputs, inputs) ? "fixed" : "changed";
  await tables.sessions.put({ ...row, inputs });
  return "fixed";
}

export async function abortSession(tables: Tables, rid: Uint8Array, fence: number): Promise<boolean> {
  const row = await running(tables, rid, fence);
  if (row === undefined) return false;
  await closeSession(tables, row);
  return true;
}

export async function outbox(tables: Tables, rid: Uint8Array, round: number, to: number): Promise<Uint8Array | undefined> {
  return (await tables.outboxes.get([rid, round, to]))?.bytes;
}

export async function runningSessions(tables: Tables): Promise<readonly RunningSession[]> {
  const rows = (await tables.sessions.all()).filter(({ status }) => status === "running");
  return rows.map(({ rid, expiresAtMs, tenure }) => ({ rid, expiresAtMs, tenure }));
}

/** Gives the session, if it runs under this fence. */
export async function running(tables: Tables, rid: Uint8Array, fence: number): Promise<SessionRow | undefined> {
  const row = await tables.sessions.get(rid);
  return row?.status === "running" && row.fence === fence ? row : undefined;
}

/** Erases state and outboxes of a session. The rid stays known. */
export async function closeSession(tables: Tables, row: SessionRow): Promise<void> {
  await tables.sessions.put({ ...row, status: "over", state: new Uint8Array(0), inputs: undefined });
  for (const { rid, round, to } of await tables.outboxes.having("rid", row.rid)) await tables.outboxes.delete([rid, round, to]);
}
export async function closeSessions(tables: Tables, intentId: Uint8Array): Promise<void> {
  for (const row of await tables.sessions.having("intentId", intentId)) await closeSession(tables, row);
}

async function putOutbox(tables: Tables, rid: Uint8Array, round: number, entries: readonly OutboxEntry[]): Promise<void> {
  for (const { to, bytes } of entries) await tables.outboxes.put({ rid, round, to, bytes });
}

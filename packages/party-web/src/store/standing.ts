// Which store this is, how far its counter has come, and what a restored one refuses.
import { hex } from "@covault/crypto";
import { platformEntropy, type RestoreMark, type StoreStanding } from "@covault/party";
import { dropExpiredImportKeys } from "./import-keys.ts";
import { emptyForgotten } from "./releases.ts";
import { closeSession } from "./sessions.ts";
import type { StandingRow, Tables } from "./tables.ts";

/** Writes what a new database begins with. */
export async function beginStanding(tables: Tables): Promise<void> {
  const identity = { made: hex(platformEntropy.bytes(16)) };
  await tables.standing.put({ id: "standing", identity, generation: 0, marks: 0, refuseUpToMs: -1, fence: 0 });
}

export async function standingRow(tables: Tables): Promise<StandingRow> {
  return (await tables.standing.get("standing")) as StandingRow;
}

export async function standing(tables: Tables): Promise<StoreStanding> {
  const { generation, marks, identity } = await standingRow(tables);
  return { generation, marks, identity };
}

export async function moveGeneration(tables: Tables, from: number): Promise<boolean> {
  const row = await standingRow(tables);
  if (row.generation !== from) return false;
  await tables.standing.put({ ...row, generation: from + 1 });
  return true;
}

export async function markRestored(tables: Tables, { seen, generation, refuseUpToMs }: RestoreMark): Promise<boolean> {
  const row = await standingRow(tables);
  if (row.generation !== seen) return false;
  await tables.standing.put({ ...row, generation, marks: row.marks + 1, refuseUpToMs: Math.max(row.refuseUpToMs, refuseUpToMs) });
  for (const pair of await tables.pairs.all()) if (pair.state !== undefined) await tables.pairs.put({ ...pair, state: undefined });
  await tables.importKeys.clear();
  for (const session of await tables.sessions.all()) if (session.status === "running") await closeSession(tables, session);
  return true;
}

export async function prune(tables: Tables, nowMs: number): Promise<void> {
  for (const { intentId, forgetAfterMs } of await tables.intents.all()) if (forgetAfterMs < nowMs) await tables.intents.delete(intentId);
  await emptyForgotten(tables);
  await dropExpiredImportKeys(tables, nowMs);
  for (const { rid, status, expiresAtMs } of await tables.sessions.all())
    if (status === "over" && expiresAtMs < nowMs) await tables.sessions.delete(rid);
}

// Intents and their attempts. What was used is not used again.

import { same } from "@covault/crypto";
import type { IntentAnswer, IntentClaim, SignedBefore } from "@covault/party";
import { standingRow } from "./standing.ts";
import type { Tables } from "./tables.ts";

export async function claimIntent(tables: Tables, claim: IntentClaim): Promise<IntentAnswer> {
  const answer = await peekIntent(tables, claim);
  if (answer !== "new") return answer;
  const { intentId, sessionId, forgetAfterMs, attempt, rid } = claim;
  const row = (await tables.intents.get(intentId)) ?? { intentId, sessionId, forgetAfterMs, attempts: [], finished: false };
  await tables.intents.put({ ...row, attempts: [...row.attempts, { attempt, rid }] });
  return "new";
}

export async function peekIntent(tables: Tables, claim: IntentClaim): Promise<IntentAnswer> {
  const { generation, refuseUpToMs } = await standingRow(tables);
  if (claim.generation > generation) return "behind";
  if (claim.issuedAtMs <= refuseUpToMs) return "restored";
  const row = await tables.intents.get(claim.intentId);
  if (row === undefined) return (await tables.intents.having("sessionId", claim.sessionId)).length > 0 ? "replayed" : "new";
  if (row.signed !== undefined) return row.signed;
  const used = row.attempts.find(({ attempt }) => attempt === claim.attempt);
  if (used !== undefined) return same(used.rid, claim.rid) ? "known" : "replayed";
  return row.finished || row.attempts.length >= claim.attemptsMax ? "replayed" : "new";
}

export async function finishIntent(tables: Tables, intentId: Uint8Array, signed: SignedBefore): Promise<void> {
  const row = await tables.intents.get(intentId);
  if (row === undefined) return;
  const { attempt, signature } = signed;
  await tables.intents.put({ ...row, finished: true, signed: row.signed ?? { attempt, signature } });
}

// Intents and their attempts, which are the party's memory against replay.
import type { IntentAnswer, IntentClaim, SignedBefore } from "@covault/party";
import { type Kysely, sql, type Transaction } from "kysely";
import { partyTableFact, tableOid } from "./standing.ts";
import { bytesOf, type PartyDatabase, type PartyTables } from "./tables.ts";

/**
 * Claims an attempt of an intent. `partyTable` is the table of the party as it was when this
 * process opened the store. It serves the claims of a process that does not look for restores.
 */
export function claimIntent(database: PartyDatabase, partyTable: string, claim: IntentClaim): Promise<IntentAnswer> {
  return database.transaction().execute((tx) => claimWithin(tx, partyTable, claim));
}

/** Claims an attempt within a transaction that does more. */
export async function claimWithin(tx: Transaction<PartyTables>, partyTable: string, claim: IntentClaim): Promise<IntentAnswer> {
  const row = await tx.selectFrom("party").select(["generation", "refuse_up_to_ms", tableOid]).forShare().executeTakeFirstOrThrow();
  const refused = refusal(row, partyTable, claim);
  if (refused !== undefined) return refused;
  const { intentId, sessionId, attempt, rid } = claim;
  const inserted = await tx
    .insertInto("intents")
    .values({ intent_id: intentId, session_id: sessionId, forget_after_ms: claim.forgetAfterMs })
    .onConflict((conflict) => conflict.doNothing())
    .returning("intent_id")
    .executeTakeFirst();
  if (inserted === undefined) {
    await tx.selectFrom("intents").select("intent_id").where("intent_id", "=", intentId).forUpdate().execute();
    const known = await answerOf(tx, partyTable, claim);
    if (known !== "new") return known;
  }
  await tx.insertInto("attempts").values({ intent_id: intentId, attempt, rid }).execute();
  return "new";
}

export function peekIntent(database: PartyDatabase, partyTable: string, claim: IntentClaim): Promise<IntentAnswer> {
  return answerOf(database, partyTable, claim);
}

interface Standing {
  readonly generation: string | number;
  readonly refuse_up_to_ms: string | number;
  readonly oid: string;
}

function refusal(row: Standing, partyTable: string, claim: IntentClaim): "behind" | "restored" | undefined {
  // The table was dropped and made again by a restore under a running party, or the counter has
  // gone back.
  const seen = claim.identity === undefined ? partyTable : claim.identity[partyTableFact];
  if (row.oid !== seen || Number(row.generation) < claim.generation) return "behind";
  return claim.issuedAtMs <= Number(row.refuse_up_to_ms) ? "restored" : undefined;
}

async function answerOf(database: Kysely<PartyTables>, partyTable: string, claim: IntentClaim): Promise<IntentAnswer> {
  const { intentId, sessionId, attempt, rid, attemptsMax } = claim;
  // The rows are one for each attempt of the intent, or one for an intent without an attempt, or
  // that of another intent of the session. Without any of these it is one row of the party alone.
  const rows = await database
    .selectFrom("party")
    .leftJoin("intents", (join) =>
      join.on((is) => is.or([is("intents.intent_id", "=", intentId), is("intents.session_id", "=", sessionId)])),
    )
    .leftJoin("attempts", "attempts.intent_id", "intents.intent_id")
    .select(["generation", "refuse_up_to_ms", sql<string>`party.tableoid::text`.as("oid")])
    .select(["intents.intent_id", "finished", "signature", "signed_attempt", "attempt", "rid"])
    .execute();
  const [intent] = rows;
  if (intent === undefined) return "behind";
  const refused = refusal(intent, partyTable, claim);
  if (refused !== undefined) return refused;
  if (intent.intent_id === null) return "new";
  if (rows.some((row) => row.intent_id === null || !Buffer.from(intentId).equals(row.intent_id))) return "replayed";
  if (intent.signature !== null) return { attempt: intent.signed_attempt ?? 0, signature: bytesOf(intent.signature) };
  const attempts = rows.filter((row) => row.attempt !== null);
  const same = attempts.find((row) => row.attempt === attempt);
  if (same !== undefined) return same.rid !== null && Buffer.from(rid).equals(same.rid) ? "known" : "replayed";
  return intent.finished === true || attempts.length >= attemptsMax ? "replayed" : "new";
}

/** Notes the signature of an intent. The first signature stays. */
export async function finishIntent(database: PartyDatabase, intentId: Uint8Array, { attempt, signature }: SignedBefore): Promise<void> {
  await database
    .updateTable("intents")
    .set({ finished: true, signature, signed_attempt: attempt })
    .where("intent_id", "=", intentId)
    .where("signature", "is", null)
    .execute();
}

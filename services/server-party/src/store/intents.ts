// Intents and their attempts: the party's memory against replay.
import type { IntentAnswer, IntentClaim } from "@covault/party";
import type { Transaction } from "kysely";
import type { PartyDatabase, PartyTables } from "./tables.ts";

export function claimIntent(database: PartyDatabase, claim: IntentClaim): Promise<IntentAnswer> {
  return database.transaction().execute(async (tx) => {
    const { restored_at_ms } = await tx.selectFrom("party").select("restored_at_ms").forShare().executeTakeFirstOrThrow();
    if (claim.issuedAtMs <= Number(restored_at_ms)) return "restored";
    const { intentId, sessionId, attempt, rid } = claim;
    const inserted = await tx
      .insertInto("intents")
      .values({ intent_id: intentId, session_id: sessionId, forget_after_ms: claim.forgetAfterMs })
      .onConflict((conflict) => conflict.doNothing())
      .returning("intent_id")
      .executeTakeFirst();
    if (inserted === undefined) {
      const known = await furtherAttempt(tx, claim);
      if (known !== "new") return known;
    }
    await tx.insertInto("attempts").values({ intent_id: intentId, attempt, rid }).execute();
    return "new";
  });
}

async function furtherAttempt(tx: Transaction<PartyTables>, claim: IntentClaim): Promise<IntentAnswer> {
  const intent = await tx.selectFrom("intents").select("finished").where("intent_id", "=", claim.intentId).forUpdate().executeTakeFirst();
  // Its session id belongs to another intent.
  if (intent === undefined) return "replayed";
  const attempts = await tx.selectFrom("attempts").select(["attempt", "rid"]).where("intent_id", "=", claim.intentId).execute();
  const same = attempts.find((row) => row.attempt === claim.attempt);
  if (same !== undefined) return Buffer.from(claim.rid).equals(same.rid) ? "known" : "replayed";
  return intent.finished || attempts.length >= claim.attemptsMax ? "replayed" : "new";
}

export async function finishIntent(database: PartyDatabase, intentId: Uint8Array): Promise<void> {
  await database.updateTable("intents").set({ finished: true }).where("intent_id", "=", intentId).execute();
}

// Intents and their attempts: the party's memory against replay.
import type { IntentAnswer, IntentClaim } from "@covault/party";
import type { Transaction } from "kysely";
import { tableOid } from "./standing.ts";
import type { PartyDatabase, PartyTables } from "./tables.ts";

/** `partyTable`: as it was when this process opened the store. */
export function claimIntent(database: PartyDatabase, partyTable: string, claim: IntentClaim): Promise<IntentAnswer> {
  return database.transaction().execute(async (tx) => {
    const row = await tx.selectFrom("party").select(["generation", "refuse_up_to_ms", tableOid]).forShare().executeTakeFirstOrThrow();
    // A table that was dropped and made again, by a restore under a running party; or a counter that has gone back.
    if (row.oid !== partyTable || Number(row.generation) < claim.generation) return "behind";
    if (claim.issuedAtMs <= Number(row.refuse_up_to_ms)) return "restored";
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

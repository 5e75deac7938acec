// How many renewals of a pair were begun in its epoch (dkls23-spec 9, rule 4).
import type { PairName } from "@covault/party";
import { sql, type Transaction } from "kysely";
import type { PartyDatabase, PartyTables } from "./tables.ts";

export async function renewalRuns(reader: PartyDatabase | Transaction<PartyTables>, { keyId, epoch, partner }: PairName): Promise<number> {
  const ofPair = { key_id: keyId, epoch, partner };
  const row = await reader
    .selectFrom("renewal_runs")
    .select("runs")
    .where((eb) => eb.and(ofPair))
    .executeTakeFirst();
  return row?.runs ?? 0;
}

/** Counts one renewal more. */
export async function countRenewal(tx: Transaction<PartyTables>, { keyId, epoch, partner }: PairName): Promise<void> {
  await tx
    .insertInto("renewal_runs")
    .values({ key_id: keyId, epoch, partner, runs: 1 })
    .onConflict((conflict) => conflict.columns(["key_id", "epoch", "partner"]).doUpdateSet({ runs: sql<number>`renewal_runs.runs + 1` }))
    .execute();
}

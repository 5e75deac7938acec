// The exports that this party has consented to. A row is never deleted, since it marks its key as
// exported. What it would send again goes with its intent or its epoch.
import type { IntentClaim, NewRelease, ReleaseAnswer } from "@covault/party";
import type { Transaction } from "kysely";
import { claimWithin } from "./intents.ts";
import { lock } from "./locks.ts";
import { bytesOf, type PartyDatabase, type PartyTables } from "./tables.ts";

const none = new Uint8Array(0);

export function releaseShare(
  database: PartyDatabase,
  schema: string,
  partyTable: string,
  claim: IntentClaim,
  { keyId, epoch, intentId, release }: NewRelease,
): Promise<ReleaseAnswer> {
  return database.transaction().execute(async (tx) => {
    // A commit of the key decides before it or after it.
    await lock(tx, schema, "key", keyId);
    const known = await tx.selectFrom("releases").select("intent_id").where("intent_id", "=", intentId).executeTakeFirst();
    if (known !== undefined) return "known";
    const share = await tx.selectFrom("shares").select("status").where("key_id", "=", keyId).where("epoch", "=", epoch).executeTakeFirst();
    if (share?.status !== "committed") return "superseded";
    const answer = await claimWithin(tx, partyTable, claim);
    // An intent of a release is claimed by the release alone, so that it is not known without one.
    if (answer !== "new") return answer === "restored" || answer === "behind" ? answer : "replayed";
    await tx.updateTable("intents").set({ finished: true }).where("intent_id", "=", intentId).execute();
    await tx.insertInto("releases").values({ intent_id: intentId, key_id: keyId, epoch, release }).execute();
    return "released";
  });
}

export async function releaseOf(database: PartyDatabase, intentId: Uint8Array): Promise<Uint8Array | undefined> {
  const row = await database.selectFrom("releases").select("release").where("intent_id", "=", intentId).executeTakeFirst();
  return row === undefined || row.release.length === 0 ? undefined : bytesOf(row.release);
}

export async function isExported(database: PartyDatabase, keyId: Uint8Array): Promise<boolean> {
  const query = database.selectFrom("releases").select("intent_id").where("key_id", "=", keyId).limit(1);
  return (await query.executeTakeFirst()) !== undefined;
}

/** Empties the releases of an epoch that is superseded. */
export async function emptyReleasesOf(tx: Transaction<PartyTables>, keyId: Uint8Array, epoch: Uint8Array): Promise<void> {
  await tx.updateTable("releases").set({ release: none }).where("key_id", "=", keyId).where("epoch", "=", epoch).execute();
}

/** Empties the releases whose intents are forgotten. */
export async function emptyForgotten(tx: Transaction<PartyTables>): Promise<void> {
  await tx
    .updateTable("releases")
    .set({ release: none })
    .where("release", "<>", none)
    .where((is) =>
      is.not(is.exists(is.selectFrom("intents").select("intents.intent_id").whereRef("intents.intent_id", "=", "releases.intent_id"))),
    )
    .execute();
}

// Pairs, each by itself (dkls23-spec 7.1). What is public of them stands in `generations`, which a
// backup has. Their secrets stand in `pairs`, which no backup has, and count in their era alone.
import {
  type CommitPairAnswer,
  clearedBy,
  mayReplace,
  type NewPair,
  type NewRenewal,
  type PairName,
  type StoredPair,
  type StoredRenewal,
  standingPair,
} from "@covault/party";
import type { ExpressionBuilder, Selectable, Transaction } from "kysely";
import { lock } from "./locks.ts";
import { closeSessions } from "./sessions.ts";
import { bytesOf, type PartyDatabase, type PartyTables } from "./tables.ts";

type Reader = PartyDatabase | Transaction<PartyTables>;
type OfEpoch = Pick<PairName, "keyId" | "epoch">;

/** Inserts the pairs that were made with their epoch. */
export async function insertFirstPairs(tx: Transaction<PartyTables>, { keyId, epoch }: OfEpoch, pairs: readonly NewPair[]): Promise<void> {
  for (const { partner, pairId, state } of pairs) {
    await tx
      .insertInto("generations")
      .values({ key_id: keyId, epoch, partner, generation: 0, pair_id: pairId, status: "committed" })
      .execute();
    await insertState(tx, { keyId, epoch, partner }, 0, state);
  }
}

async function insertState(tx: Transaction<PartyTables>, name: PairName, generation: number, sealed: Uint8Array): Promise<void> {
  const { keyId, epoch, partner } = name;
  await tx
    .insertInto("pairs")
    .values((query) => ({ key_id: keyId, epoch, partner, generation, era: query.selectFrom("party").select("era"), sealed }))
    .execute();
}

/** Deletes the pairs of an epoch. What was burned of them stays burned. */
export async function dropPairs(tx: Transaction<PartyTables>, { keyId, epoch }: OfEpoch): Promise<void> {
  const dropped = await tx
    .deleteFrom("generations")
    .where("key_id", "=", keyId)
    .where("epoch", "=", epoch)
    .returning("intent_id")
    .execute();
  for (const { intent_id } of dropped) if (intent_id !== null) await closeSessions(tx, { intentId: intent_id });
  await tx.deleteFrom("pairs").where("key_id", "=", keyId).where("epoch", "=", epoch).execute();
  await tx.deleteFrom("renewal_runs").where("key_id", "=", keyId).where("epoch", "=", epoch).execute();
}

/** Leaves the highest generation of each pair. */
const isPresent = ({ not, exists, selectFrom }: ExpressionBuilder<PartyTables, "generations">) =>
  not(
    exists(
      selectFrom("generations as higher")
        .select("higher.pair_id")
        .whereRef("higher.key_id", "=", "generations.key_id")
        .whereRef("higher.epoch", "=", "generations.epoch")
        .whereRef("higher.partner", "=", "generations.partner")
        .whereRef("higher.generation", ">", "generations.generation"),
    ),
  );

export async function pairs(reader: Reader, keyId: Uint8Array, epoch: Uint8Array): Promise<readonly StoredPair[]> {
  const all = await generations(reader, { keyId, epoch });
  const partners = [...new Set(all.map(({ partner }) => partner))];
  return partners.flatMap((partner) => standingPair(all.filter((each) => each.partner === partner)) ?? []);
}

/** Gives the generations of all pairs of an epoch, ascending, each with what stands against it. */
async function generations(reader: Reader, { keyId, epoch }: OfEpoch): Promise<readonly StoredPair[]> {
  const rows = await reader
    .selectFrom("generations")
    .leftJoin("pairs", (join) =>
      join
        .onRef("pairs.key_id", "=", "generations.key_id")
        .onRef("pairs.epoch", "=", "generations.epoch")
        .onRef("pairs.partner", "=", "generations.partner")
        .onRef("pairs.generation", "=", "generations.generation")
        .on("pairs.era", "=", (query) => query.selectFrom("party").select("era")),
    )
    .leftJoin("burns", "burns.pair_id", "generations.pair_id")
    .leftJoin("clearances", "clearances.pair_id", "generations.pair_id")
    .select((query) => [
      ...(["generations.partner", "generations.generation", "generations.pair_id", "generations.status", "pairs.sealed"] as const),
      ...(["burns.reason", "burns.sid", "burns.digest", "clearances.pair_id as cleared"] as const),
      query
        .selectFrom("checks")
        .select(({ fn }) => fn.countAll<string>().as("count"))
        .whereRef("checks.pair_id", "=", "generations.pair_id")
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom("leases")
                .select("leases.name")
                .whereRef("leases.name", "=", "checks.lease")
                .whereRef("leases.fence", "=", "checks.lease_fence"),
            ),
          ),
        )
        .as("strikes"),
    ])
    .where("generations.key_id", "=", keyId)
    .where("generations.epoch", "=", epoch)
    .orderBy("generations.partner")
    .orderBy("generations.generation")
    .orderBy("burns.is_failed")
    .execute();
  const found = rows.map(({ partner, generation, pair_id, status, sealed, reason, sid, digest, cleared, strikes }) => {
    const pairId = bytesOf(pair_id);
    const burn =
      reason === null || sid === null || digest === null
        ? undefined
        : { partner, pairId, reason, sid: bytesOf(sid), digest: bytesOf(digest) };
    const state = sealed === null ? undefined : bytesOf(sealed);
    return { keyId, epoch, partner, generation, pairId, status, state, burn, cleared: cleared !== null, strikes: Number(strikes) };
  });
  // A pair id with two burns has two rows, of which the last one counts: that of the failed check.
  return found.filter((each, at) => {
    const next = found[at + 1];
    return next === undefined || next.partner !== each.partner || next.generation !== each.generation;
  });
}

export function stagePair(
  database: PartyDatabase,
  schema: string,
  renewal: NewRenewal,
  session: { readonly rid: Uint8Array; readonly fence: number },
): Promise<boolean> {
  return database.transaction().execute(async (tx) => {
    const { keyId, epoch, partner, generation, pairId, state, sessionId, intentId, intent, ack } = renewal;
    await lock(tx, schema, "intent", intentId);
    // A commit of the key and a check of the pair decide before it or after it.
    await lock(tx, schema, "key", keyId);
    await lock(tx, schema, "epoch", epoch);
    const running = await tx
      .selectFrom("sessions")
      .select("rid")
      .where("rid", "=", session.rid)
      .where("fence", "=", String(session.fence))
      .where("status", "=", "running")
      .where("intent_id", "=", intentId)
      .forUpdate()
      .executeTakeFirst();
    if (running === undefined || (await ofIntent(tx, intentId)) !== undefined) return false;
    const share = await tx.selectFrom("shares").select("status").where("key_id", "=", keyId).where("epoch", "=", epoch).executeTakeFirst();
    const ofPair = { key_id: keyId, epoch, partner };
    const present = (await pairs(tx, keyId, epoch)).find((pair) => pair.partner === partner);
    if (share?.status !== "committed" || !mayReplace(present, generation)) {
      await closeSessions(tx, { rid: session.rid });
      return false;
    }
    await tx
      .deleteFrom("pairs")
      .where((eb) => eb.and(ofPair))
      .execute();
    await tx
      .insertInto("generations")
      .values({ ...ofPair, generation, pair_id: pairId, status: "staged", session_id: sessionId, intent_id: intentId, intent, ack })
      .execute();
    await insertState(tx, renewal, generation, state);
    await tx
      .updateTable("sessions")
      .set({ status: "staged", state: new Uint8Array(0) })
      .where("rid", "=", session.rid)
      .execute();
    await tx.updateTable("intents").set({ finished: true }).where("intent_id", "=", intentId).execute();
    return true;
  });
}

export function commitPair(
  database: PartyDatabase,
  schema: string,
  intentId: Uint8Array,
  certificate: Uint8Array,
): Promise<CommitPairAnswer> {
  return database.transaction().execute(async (tx) => {
    const named = await ofIntent(tx, intentId);
    if (named === undefined) return "unknown";
    await lock(tx, schema, "key", named.key_id);
    await lock(tx, schema, "epoch", named.epoch);
    // It may be gone with its epoch, or passed by, since it was found.
    const pair = await ofIntent(tx, intentId);
    if (pair === undefined) return "unknown";
    if (pair.status === "committed") return "committed";
    const present = await tx
      .selectFrom("generations")
      .select("pair_id")
      .where("intent_id", "=", intentId)
      .where(isPresent)
      .executeTakeFirst();
    if (present !== undefined)
      await tx.updateTable("generations").set({ status: "committed", certificate }).where("intent_id", "=", intentId).execute();
    await closeSessions(tx, { intentId });
    return present === undefined ? "superseded" : "committed";
  });
}

type GenerationRow = Selectable<PartyTables["generations"]>;

const ofIntent = (reader: Reader, intentId: Uint8Array): Promise<GenerationRow | undefined> =>
  reader.selectFrom("generations").selectAll().where("intent_id", "=", intentId).executeTakeFirst();

export async function renewalOfIntent(database: PartyDatabase, intentId: Uint8Array): Promise<StoredRenewal | undefined> {
  const row = await ofIntent(database, intentId);
  return row && storedRenewal(row);
}

export async function stagedPairs(database: PartyDatabase): Promise<readonly StoredRenewal[]> {
  const rows = await database.selectFrom("generations").selectAll().where("status", "=", "staged").where(isPresent).execute();
  return rows.map(storedRenewal);
}

function storedRenewal(row: GenerationRow): StoredRenewal {
  // The table has all of these for every generation but the first.
  const bytes = (column: Uint8Array | null): Uint8Array => bytesOf(column ?? new Uint8Array(0));
  return {
    keyId: bytesOf(row.key_id),
    epoch: bytesOf(row.epoch),
    partner: row.partner,
    generation: row.generation,
    pairId: bytesOf(row.pair_id),
    sessionId: row.session_id ?? "",
    intentId: bytes(row.intent_id),
    intent: bytes(row.intent),
    ack: bytes(row.ack),
    status: row.status,
    certificate: row.certificate === null ? undefined : bytesOf(row.certificate),
  };
}

export function clearPair(database: PartyDatabase, schema: string, name: PairName, pairId: Uint8Array): Promise<boolean> {
  return database.transaction().execute(async (tx) => {
    await lock(tx, schema, "epoch", name.epoch);
    const ofPair = (await generations(tx, name)).filter(({ partner }) => partner === name.partner);
    const cleared = clearedBy(ofPair, pairId);
    if (cleared.length === 0) return false;
    await tx
      .insertInto("clearances")
      .values(cleared.map((each) => ({ pair_id: each })))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return true;
  });
}

// Burned pairs, and the write-ahead notes of OT-extension checks (dkls23-spec 9): all decisions about one epoch stand in a row.
import { type Burn, type CheckStart, checkMs, strikesMax } from "@covault/party";
import type { Transaction } from "kysely";
import { lock } from "./locks.ts";
import type { PartyDatabase, PartyTables } from "./tables.ts";

type Reader = PartyDatabase | Transaction<PartyTables>;

export function burn(database: PartyDatabase, schema: string, epoch: Uint8Array, burns: readonly Burn[]): Promise<void> {
  return database.transaction().execute(async (tx) => {
    await lock(tx, schema, "epoch", epoch);
    await insertBurns(tx, epoch, burns);
  });
}

export async function burned(reader: Reader, epoch: Uint8Array): Promise<readonly number[]> {
  const rows = await reader.selectFrom("burns").select("partner").where("epoch", "=", epoch).orderBy("partner").execute();
  return rows.map((row) => row.partner);
}

export function beginCheck(database: PartyDatabase, schema: string, check: CheckStart): Promise<readonly number[]> {
  const { epoch, sid, partners, nowMs } = check;
  return database.transaction().execute(async (tx) => {
    await lock(tx, schema, "epoch", epoch);
    const struck = await strikes(tx, epoch, nowMs);
    const spent = partners.filter((partner) => (struck.get(partner) ?? 0) >= strikesMax);
    const digest = new Uint8Array(32);
    await insertBurns(
      tx,
      epoch,
      spent.map((partner) => ({ partner, reason: "party/strikes", sid, digest })),
    );
    const known = await burned(tx, epoch);
    const refused = partners.filter((partner) => known.includes(partner));
    if (refused.length > 0 || partners.length === 0) return refused;
    await tx
      .insertInto("checks")
      .values(partners.map((partner) => ({ epoch, sid, partner, at_ms: nowMs })))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return [];
  });
}

export function endCheck(
  database: PartyDatabase,
  schema: string,
  epoch: Uint8Array,
  sid: Uint8Array,
  cleared: readonly number[],
  burns: readonly Burn[],
): Promise<void> {
  return database.transaction().execute(async (tx) => {
    await lock(tx, schema, "epoch", epoch);
    const settled = [...cleared, ...burns.map((entry) => entry.partner)];
    if (settled.length > 0)
      await tx.deleteFrom("checks").where("epoch", "=", epoch).where("sid", "=", sid).where("partner", "in", settled).execute();
    await insertBurns(tx, epoch, burns);
  });
}

export async function strikes(reader: Reader, epoch: Uint8Array, nowMs: number): Promise<ReadonlyMap<number, number>> {
  const rows = await reader
    .selectFrom("checks")
    .select((column) => ["partner", column.fn.countAll<string>().as("strikes")])
    .where("epoch", "=", epoch)
    .where("at_ms", "<", String(nowMs - checkMs))
    .groupBy("partner")
    .orderBy("partner")
    .execute();
  return new Map(rows.map((row) => [row.partner, Number(row.strikes)]));
}

async function insertBurns(tx: Transaction<PartyTables>, epoch: Uint8Array, burns: readonly Burn[]): Promise<void> {
  if (burns.length === 0) return;
  await tx
    .insertInto("burns")
    .values(burns.map(({ partner, reason, sid, digest }) => ({ epoch, partner, reason, sid, digest })))
    // The first reason stays.
    .onConflict((conflict) => conflict.columns(["epoch", "partner"]).doNothing())
    .execute();
}

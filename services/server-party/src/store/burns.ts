// Burned pairs, and the write-ahead notes of OT-extension checks (dkls23-spec 9). All decisions
// about one epoch are made one after another.
import { type Burn, type CheckAnswer, type CheckEnd, type CheckNote, type CheckOutcome, type CheckStart, judgeNotes } from "@covault/party";
import type { Transaction } from "kysely";
import { holds } from "./leases.ts";
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

export function beginCheck(database: PartyDatabase, schema: string, start: CheckStart): Promise<CheckAnswer> {
  const { epoch, sid, partners, tenure } = start;
  return database.transaction().execute(async (tx) => {
    await lock(tx, schema, "epoch", epoch);
    if (!(await holds(tx, tenure))) return { kind: "lost" };
    const { struck, undecided, full, known } = judgeNotes(await notes(tx, epoch), start);
    const digest = new Uint8Array(32);
    await insertBurns(
      tx,
      epoch,
      struck.map((partner) => ({ partner, reason: "party/strikes", sid, digest })),
    );
    const refused = (await burned(tx, epoch)).filter((partner) => partners.includes(partner));
    if (refused.length > 0) return { kind: "burned", partners: refused };
    if (undecided.length > 0) return { kind: "undecided", partners: undecided };
    if (full.length > 0) return { kind: "full", partners: full };
    const added = partners.filter((partner) => !known.includes(partner));
    if (added.length > 0)
      await tx
        .insertInto("checks")
        .values(added.map((partner) => ({ epoch, sid, partner, lease: tenure.name, lease_fence: tenure.fence })))
        .execute();
    return { kind: "noted" };
  });
}

export function endCheck(database: PartyDatabase, schema: string, end: CheckEnd): Promise<CheckOutcome> {
  const { epoch, sid, tenure, cleared, struck, burns } = end;
  return database.transaction().execute(async (tx) => {
    await lock(tx, schema, "epoch", epoch);
    const settled = [...cleared, ...burns.map((entry) => entry.partner)];
    const before = await burnedOtherwise(tx, end, [...settled, ...struck]);
    await insertBurns(tx, epoch, burns);
    if (!(await holds(tx, tenure))) return before ? "burned" : "lost";
    if (settled.length > 0)
      await tx.deleteFrom("checks").where("epoch", "=", epoch).where("sid", "=", sid).where("partner", "in", settled).execute();
    if (struck.length > 0)
      await tx
        .updateTable("checks")
        .set({ lease: "", lease_fence: 0 })
        .where("epoch", "=", epoch)
        .where("sid", "=", sid)
        .where("partner", "in", struck)
        .execute();
    return before ? "burned" : "ended";
  });
}

/**
 * Says whether another check has burned one of the pairs. Burns of this very check do not count,
 * because its end may be written once more where the answer to the first time was lost.
 */
async function burnedOtherwise(tx: Transaction<PartyTables>, { epoch, sid }: CheckEnd, partners: readonly number[]): Promise<boolean> {
  if (partners.length === 0) return false;
  const rows = tx.selectFrom("burns").select("partner").where("epoch", "=", epoch).where("partner", "in", partners).where("sid", "<>", sid);
  return (await rows.executeTakeFirst()) !== undefined;
}

export async function strikes(reader: Reader, epoch: Uint8Array): Promise<ReadonlyMap<number, number>> {
  const counts = new Map<number, number>();
  for (const { partner, inForce } of await notes(reader, epoch)) if (!inForce) counts.set(partner, (counts.get(partner) ?? 0) + 1);
  return counts;
}

async function notes(reader: Reader, epoch: Uint8Array): Promise<readonly CheckNote[]> {
  const rows = await reader
    .selectFrom("checks")
    .leftJoin("leases", (join) => join.onRef("leases.name", "=", "checks.lease").onRef("leases.fence", "=", "checks.lease_fence"))
    .select(["checks.sid", "checks.partner", "checks.lease", "checks.lease_fence", "leases.name"])
    .where("checks.epoch", "=", epoch)
    .orderBy("checks.partner")
    .execute();
  return rows.map((row) => ({
    sid: row.sid,
    partner: row.partner,
    tenure: { name: row.lease, fence: Number(row.lease_fence) },
    inForce: row.name !== null,
  }));
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

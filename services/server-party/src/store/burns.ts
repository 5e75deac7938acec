// Burned pairs, and the write-ahead notes of OT-extension checks (dkls23-spec 9), by pair id. All
// decisions about the pairs of one epoch are made one after another.
import {
  addsBurn,
  type Burn,
  type CheckAnswer,
  type CheckEnd,
  type CheckedPair,
  type CheckNote,
  type CheckOutcome,
  type CheckStart,
  judgeNotes,
  strikeBurns,
} from "@covault/party";
import type { Transaction } from "kysely";
import { holds } from "./leases.ts";
import { lock } from "./locks.ts";
import { pairs as pairsOf } from "./pairs.ts";
import type { PartyDatabase, PartyTables } from "./tables.ts";

const idsOf = (pairs: readonly CheckedPair[]): readonly Uint8Array[] => pairs.map(({ pairId }) => pairId);
const partnersOf = (pairs: readonly CheckedPair[]): readonly number[] => pairs.map(({ partner }) => partner);
const isIn = (pairs: readonly { readonly pairId: Uint8Array }[], { pairId }: CheckedPair): boolean =>
  pairs.some((each) => Buffer.compare(each.pairId, pairId) === 0);

export function burn(database: PartyDatabase, schema: string, epoch: Uint8Array, burns: readonly Burn[]): Promise<void> {
  return database.transaction().execute(async (tx) => {
    await lock(tx, schema, "epoch", epoch);
    await insertBurns(tx, epoch, burns);
  });
}

export function beginCheck(database: PartyDatabase, schema: string, start: CheckStart): Promise<CheckAnswer> {
  const { keyId, epoch, sid, pairs, tenure } = start;
  return database.transaction().execute(async (tx) => {
    await lock(tx, schema, "epoch", epoch);
    if (!(await holds(tx, tenure))) return { kind: "lost" };
    const { struck, undecided, full, known } = judgeNotes(await notes(tx, idsOf(pairs)), start);
    await insertBurns(tx, epoch, strikeBurns(struck, sid));
    const standing = await pairsOf(tx, keyId, epoch);
    const burned = [...(await burnsOf(tx, pairs)), ...standing.filter((pair) => pair.burn !== undefined)];
    const present = standing.filter(({ status, state }) => status === "committed" && state !== undefined);
    const against = {
      burned: pairs.filter((pair) => isIn(burned, pair)),
      superseded: pairs.filter((pair) => !isIn(present, pair)),
      undecided,
      full,
    };
    for (const kind of ["burned", "superseded", "undecided", "full"] as const)
      if (against[kind].length > 0) return { kind, partners: partnersOf(against[kind]) };
    const added = pairs.filter((pair) => !known.includes(pair));
    if (added.length > 0)
      await tx
        .insertInto("checks")
        .values(
          added.map(({ pairId, partner }) => ({ pair_id: pairId, sid, epoch, partner, lease: tenure.name, lease_fence: tenure.fence })),
        )
        .execute();
    return { kind: "noted" };
  });
}

export function endCheck(database: PartyDatabase, schema: string, end: CheckEnd): Promise<CheckOutcome> {
  const { epoch, sid, tenure, cleared, struck, burns } = end;
  return database.transaction().execute(async (tx) => {
    await lock(tx, schema, "epoch", epoch);
    const settled = [...cleared, ...burns];
    const before = await burnedOtherwise(tx, sid, [...settled, ...struck]);
    await insertBurns(tx, epoch, burns);
    if (!(await holds(tx, tenure))) return before.length > 0 ? { kind: "burned", partners: before } : { kind: "lost" };
    if (settled.length > 0) await tx.deleteFrom("checks").where("pair_id", "in", idsOf(settled)).where("sid", "=", sid).execute();
    if (struck.length > 0)
      await tx
        .updateTable("checks")
        .set({ lease: "", lease_fence: 0 })
        .where("pair_id", "in", idsOf(struck))
        .where("sid", "=", sid)
        .execute();
    return before.length > 0 ? { kind: "burned", partners: before } : { kind: "ended" };
  });
}

/**
 * Gives the partners of the pairs that another check has burned. Burns of this very check do not
 * count, because its end may be written once more where the answer to the first time was lost.
 */
async function burnedOtherwise(tx: Transaction<PartyTables>, sid: Uint8Array, pairs: readonly CheckedPair[]): Promise<readonly number[]> {
  const others = (await burnsOf(tx, pairs)).filter((row) => Buffer.compare(row.sid, sid) !== 0);
  return partnersOf(pairs.filter((pair) => isIn(others, pair)));
}

async function burnsOf(tx: Transaction<PartyTables>, pairs: readonly CheckedPair[]) {
  if (pairs.length === 0) return [];
  const rows = await tx.selectFrom("burns").select(["pair_id", "sid"]).where("pair_id", "in", idsOf(pairs)).execute();
  return rows.map(({ pair_id, sid }) => ({ pairId: pair_id, sid }));
}

async function notes(tx: Transaction<PartyTables>, pairIds: readonly Uint8Array[]): Promise<readonly CheckNote[]> {
  if (pairIds.length === 0) return [];
  const rows = await tx
    .selectFrom("checks")
    .leftJoin("leases", (join) => join.onRef("leases.name", "=", "checks.lease").onRef("leases.fence", "=", "checks.lease_fence"))
    .select(["checks.sid", "checks.pair_id", "checks.lease", "checks.lease_fence", "leases.name"])
    .where("checks.pair_id", "in", pairIds)
    .execute();
  return rows.map((row) => ({
    sid: row.sid,
    pairId: row.pair_id,
    tenure: { name: row.lease, fence: Number(row.lease_fence) },
    inForce: row.name !== null,
  }));
}

async function insertBurns(tx: Transaction<PartyTables>, epoch: Uint8Array, burns: readonly Burn[]): Promise<void> {
  if (burns.length === 0) return;
  const rows = await tx.selectFrom("burns").selectAll().where("pair_id", "in", idsOf(burns)).execute();
  const known = rows.map(({ partner, pair_id, reason, sid, digest }) => ({ partner, pairId: pair_id, reason, sid, digest }));
  const added = burns.filter((each) =>
    addsBurn(
      known.filter((row) => isIn([row], each)),
      each,
    ),
  );
  if (added.length === 0) return;
  await tx
    .insertInto("burns")
    .values(added.map(({ partner, pairId, reason, sid, digest }) => ({ pair_id: pairId, epoch, partner, reason, sid, digest })))
    .onConflict((conflict) => conflict.columns(["pair_id", "is_failed"]).doNothing())
    .execute();
}

// Burned pairs, and the write-ahead notes of OT-extension checks (dkls23-spec 9), by pair id.
import { same } from "@covault/crypto";
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
import { notes } from "./check-notes.ts";
import { holds } from "./leases.ts";
import { pairs as pairsOf } from "./pairs.ts";
import type { Tables } from "./tables.ts";

const isIn = (pairs: readonly CheckedPair[], { pairId }: CheckedPair): boolean => pairs.some((each) => same(each.pairId, pairId));
const partnersOf = (pairs: readonly CheckedPair[]): readonly number[] => pairs.map(({ partner }) => partner);

/** Burns pairs. The first reason stays, and a failed check is written beside strikes. */
export async function burn(tables: Tables, epoch: Uint8Array, burns: readonly Burn[]): Promise<void> {
  for (const { partner, pairId, reason, sid, digest } of burns)
    if (addsBurn(await tables.burns.having("pairId", pairId), { partner, pairId, reason, sid, digest }))
      await tables.burns.put({ epoch, partner, pairId, reason, sid, digest });
}

/**
 * Gives those of the pairs that are burned, by another check than the one of `sid` if it is given.
 */
async function burnedOf(tables: Tables, pairs: readonly CheckedPair[], sid?: Uint8Array): Promise<readonly CheckedPair[]> {
  const burned: CheckedPair[] = [];
  for (const pair of pairs) {
    const rows = await tables.burns.having("pairId", pair.pairId);
    if (rows.some((row) => sid === undefined || !same(row.sid, sid))) burned.push(pair);
  }
  return burned;
}

export async function beginCheck(tables: Tables, start: CheckStart): Promise<CheckAnswer> {
  const { keyId, epoch, sid, pairs, tenure } = start;
  if (!(await holds(tables, tenure))) return { kind: "lost" };
  const noted: CheckNote[] = [];
  for (const { pairId } of pairs) noted.push(...(await notes(tables, pairId)));
  const { struck, undecided, full, known } = judgeNotes(noted, start);
  await burn(tables, epoch, strikeBurns(struck, sid));
  const standing = await pairsOf(tables, keyId, epoch);
  const burnedNow = [...(await burnedOf(tables, pairs)), ...standing.filter((pair) => pair.burn !== undefined)];
  const present = standing.filter(({ status, state }) => status === "committed" && state !== undefined);
  const against = {
    burned: pairs.filter((pair) => isIn(burnedNow, pair)),
    superseded: pairs.filter((pair) => !isIn(present, pair)),
    undecided,
    full,
  };
  for (const kind of ["burned", "superseded", "undecided", "full"] as const)
    if (against[kind].length > 0) return { kind, partners: partnersOf(against[kind]) };
  for (const pair of pairs) if (!known.includes(pair)) await tables.checks.put({ pairId: pair.pairId, sid, tenure });
  return { kind: "noted" };
}

export async function endCheck(tables: Tables, { epoch, sid, tenure, cleared, struck, burns }: CheckEnd): Promise<CheckOutcome> {
  const settled = [...cleared, ...burns];
  const about = [...settled, ...struck];
  // Burns of this very check do not count, because its end may be written once more where the
  // answer to the first time was lost.
  const before = partnersOf(await burnedOf(tables, about, sid));
  await burn(tables, epoch, burns);
  if (!(await holds(tables, tenure))) return before.length > 0 ? { kind: "burned", partners: before } : { kind: "lost" };
  for (const pair of about)
    for (const check of await tables.checks.having("pairId", pair.pairId)) {
      if (!same(check.sid, sid)) continue;
      if (isIn(settled, pair)) await tables.checks.delete(check.id as number);
      else await tables.checks.put({ ...check, tenure: undefined });
    }
  return before.length > 0 ? { kind: "burned", partners: before } : { kind: "ended" };
}

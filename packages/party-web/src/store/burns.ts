// Burned pairs, and the write-ahead notes of OT-extension checks (dkls23-spec 9).
import { same } from "@covault/crypto";
import {
  type Burn,
  type CheckAnswer,
  type CheckEnd,
  type CheckNote,
  type CheckOutcome,
  type CheckStart,
  judgeNotes,
  type Tenure,
} from "@covault/party";
import { holds } from "./leases.ts";
import type { Tables } from "./tables.ts";

/** Burns pairs. The first reason stays. */
export async function burn(tables: Tables, epoch: Uint8Array, burns: readonly Burn[]): Promise<void> {
  for (const { partner, reason, sid, digest } of burns)
    if ((await tables.burns.get([epoch, partner])) === undefined) await tables.burns.put({ epoch, partner, reason, sid, digest });
}

export async function burned(tables: Tables, epoch: Uint8Array): Promise<readonly number[]> {
  return (await tables.burns.having("epoch", epoch)).map(({ partner }) => partner).sort((a, b) => a - b);
}

export async function beginCheck(tables: Tables, start: CheckStart): Promise<CheckAnswer> {
  const { epoch, sid, partners, tenure } = start;
  if (!(await holds(tables, tenure))) return { kind: "lost" };
  const { struck, undecided, full, known } = judgeNotes(await notes(tables, epoch), start);
  const digest = new Uint8Array(32);
  const burns = struck.map((partner) => ({ partner, reason: "party/strikes", sid, digest }));
  await burn(tables, epoch, burns);
  const refused = (await burned(tables, epoch)).filter((partner) => partners.includes(partner));
  if (refused.length > 0) return { kind: "burned", partners: refused };
  if (undecided.length > 0) return { kind: "undecided", partners: undecided };
  if (full.length > 0) return { kind: "full", partners: full };
  for (const partner of partners) if (!known.includes(partner)) await tables.checks.put({ epoch, sid, partner, tenure });
  return { kind: "noted" };
}

export async function endCheck(tables: Tables, { epoch, sid, tenure, cleared, struck, burns }: CheckEnd): Promise<CheckOutcome> {
  const settled = [...cleared, ...burns.map(({ partner }) => partner)];
  const about = [...settled, ...struck];
  // Burns of this very check do not count, because its end may be written once more where the
  // answer to the first time was lost.
  const isBurnedOtherwise = (await tables.burns.having("epoch", epoch)).some((row) => about.includes(row.partner) && !same(row.sid, sid));
  await burn(tables, epoch, burns);
  if (!(await holds(tables, tenure))) return isBurnedOtherwise ? "burned" : "lost";
  for (const check of await tables.checks.having("epoch", epoch)) {
    if (!same(check.sid, sid)) continue;
    if (settled.includes(check.partner)) await tables.checks.delete(check.id as number);
    else if (struck.includes(check.partner)) await tables.checks.put({ ...check, tenure: undefined });
  }
  return isBurnedOtherwise ? "burned" : "ended";
}

export async function strikes(tables: Tables, epoch: Uint8Array): Promise<ReadonlyMap<number, number>> {
  const counts = new Map<number, number>();
  for (const { partner, inForce } of await notes(tables, epoch)) if (!inForce) counts.set(partner, (counts.get(partner) ?? 0) + 1);
  return counts;
}

async function notes(tables: Tables, epoch: Uint8Array): Promise<readonly CheckNote[]> {
  const gone: Tenure = { name: "", fence: 0 };
  const found: CheckNote[] = [];
  for (const { sid, partner, tenure = gone } of await tables.checks.having("epoch", epoch))
    found.push({ sid, partner, tenure, inForce: await holds(tables, tenure) });
  return found;
}

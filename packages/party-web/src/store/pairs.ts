// Pairs, each by itself (dkls23-spec 7.1). The highest generation of a pair is the present one.
import { same } from "@covault/crypto";
import {
  type CommitPairAnswer,
  clearedBy,
  graverBurn,
  mayReplace,
  type NewRenewal,
  type PairName,
  type StoredPair,
  type StoredRenewal,
  standingPair,
} from "@covault/party";
import { notes } from "./check-notes.ts";
import { closeSession, closeSessions, running } from "./sessions.ts";
import type { PairRow, Tables } from "./tables.ts";

type OfEpoch = Pick<PairName, "keyId" | "epoch">;

const isOf = (one: PairName, other: PairName): boolean =>
  one.partner === other.partner && same(one.keyId, other.keyId) && same(one.epoch, other.epoch);

async function ofEpoch(tables: Tables, { keyId, epoch }: OfEpoch): Promise<readonly PairRow[]> {
  return (await tables.pairs.having("epoch", epoch)).filter((row) => same(row.keyId, keyId));
}

const present = (rows: readonly PairRow[]): readonly PairRow[] =>
  rows.filter((row) => !rows.some((other) => isOf(other, row) && other.generation > row.generation));

export async function pairs(tables: Tables, keyId: Uint8Array, epoch: Uint8Array): Promise<readonly StoredPair[]> {
  const rows = await ofEpoch(tables, { keyId, epoch });
  const partners = [...new Set(rows.map(({ partner }) => partner))].sort((one, other) => one - other);
  const found: StoredPair[] = [];
  for (const partner of partners) {
    const pair = standingPair(
      await generations(
        tables,
        rows.filter((row) => row.partner === partner),
      ),
    );
    if (pair !== undefined) found.push(pair);
  }
  return found;
}

/** Gives the generations of one pair, ascending, each with what stands against it by itself. */
async function generations(tables: Tables, rows: readonly PairRow[]): Promise<readonly StoredPair[]> {
  const found: StoredPair[] = [];
  for (const { keyId, epoch, partner, generation, pairId, status, state } of rows) {
    const burns = await tables.burns.having("pairId", pairId);
    const burn = graverBurn(burns.map(({ reason, sid, digest }) => ({ partner, pairId, reason, sid, digest })));
    const cleared = (await tables.clearances.get(pairId)) !== undefined;
    const strikes = (await notes(tables, pairId)).filter(({ inForce }) => !inForce).length;
    found.push({ keyId, epoch, partner, generation, pairId, status, state, burn, cleared, strikes });
  }
  return found.sort((one, other) => one.generation - other.generation);
}

/** Deletes the pairs of an epoch. What was burned of them stays burned. */
export async function dropPairs(tables: Tables, { keyId, epoch }: OfEpoch): Promise<void> {
  for (const { partner, generation, intentId } of await ofEpoch(tables, { keyId, epoch })) {
    await tables.pairs.delete([keyId, epoch, partner, generation]);
    if (intentId !== undefined) await closeSessions(tables, intentId);
  }
  for (const row of await tables.renewalRuns.having("epoch", epoch))
    if (same(row.keyId, keyId)) await tables.renewalRuns.delete([keyId, epoch, row.partner]);
}

export async function stagePair(
  tables: Tables,
  renewal: NewRenewal,
  session: { readonly rid: Uint8Array; readonly fence: number },
): Promise<boolean> {
  const row = await running(tables, session.rid, session.fence);
  const { keyId, epoch, generation, intentId } = renewal;
  if (row === undefined || !same(row.intentId, intentId) || (await ofIntent(tables, intentId)) !== undefined) return false;
  const known = (await ofEpoch(tables, renewal)).filter((pair) => isOf(pair, renewal));
  const before = (await pairs(tables, keyId, epoch)).find((pair) => isOf(pair, renewal));
  const isCommitted = (await tables.shares.get([keyId, epoch]))?.status === "committed";
  if (!isCommitted || !mayReplace(before, generation)) {
    await closeSession(tables, row);
    return false;
  }
  for (const pair of known) await tables.pairs.put({ ...pair, state: undefined });
  await tables.pairs.put({ ...renewal, status: "staged" });
  await tables.sessions.put({ ...row, status: "staged", state: new Uint8Array(0) });
  const intent = await tables.intents.get(intentId);
  if (intent !== undefined) await tables.intents.put({ ...intent, finished: true });
  return true;
}

export async function commitPair(tables: Tables, intentId: Uint8Array, certificate: Uint8Array): Promise<CommitPairAnswer> {
  const pair = await ofIntent(tables, intentId);
  if (pair === undefined) return "unknown";
  if (pair.status === "committed") return "committed";
  await closeSessions(tables, intentId);
  if ((await ofEpoch(tables, pair)).some((other) => isOf(other, pair) && other.generation > pair.generation)) return "superseded";
  await tables.pairs.put({ ...pair, status: "committed", certificate });
  return "committed";
}

async function ofIntent(tables: Tables, intentId: Uint8Array): Promise<PairRow | undefined> {
  return (await tables.pairs.having("intentId", intentId))[0];
}

export async function renewalOfIntent(tables: Tables, intentId: Uint8Array): Promise<StoredRenewal | undefined> {
  const row = await ofIntent(tables, intentId);
  return row && storedRenewal(row);
}

export async function stagedPairs(tables: Tables): Promise<readonly StoredRenewal[]> {
  return present(await tables.pairs.all())
    .filter(({ status }) => status === "staged")
    .map(storedRenewal);
}

function storedRenewal(row: PairRow): StoredRenewal {
  // Every generation but the first has all of these.
  const { state: _, sessionId = "", intentId = none, intent = none, ack = none, certificate, ...pair } = row;
  return { ...pair, sessionId, intentId, intent, ack, certificate };
}
const none = new Uint8Array(0);

export async function clearPair(tables: Tables, name: PairName, pairId: Uint8Array): Promise<boolean> {
  const rows = (await ofEpoch(tables, name)).filter((row) => isOf(row, name));
  const cleared = clearedBy(await generations(tables, rows), pairId);
  for (const each of cleared) await tables.clearances.put({ pairId: each });
  return cleared.length > 0;
}

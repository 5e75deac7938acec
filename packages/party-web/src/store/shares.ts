// Shares. The end of the protocol stages a share, only the commit certificate makes it usable, and
// the certificate of a newer one supersedes it (dkls23-spec 7 "Commit").
import { hex, same } from "@covault/crypto";
import type {
  CommitAnswer,
  HeldKey,
  LeaveAnswer,
  LeftEpoch,
  NewPair,
  NewShare,
  ShareName,
  StagingSession,
  StoredShare,
} from "@covault/party";
import { compareEpochs } from "@covault/trust";
import { dropBackups } from "./backups.ts";
import { dropPairs } from "./pairs.ts";
import { emptyReleasesOf } from "./releases.ts";
import { closeSession, closeSessions, running } from "./sessions.ts";
import type { Tables } from "./tables.ts";

export async function stageShare(
  tables: Tables,
  share: NewShare,
  pairs: readonly NewPair[] | undefined,
  session: StagingSession,
): Promise<boolean> {
  const row = await running(tables, session.rid, session.fence);
  const { keyId, epoch, epochNumber, intentId } = share;
  if (row === undefined || !same(row.intentId, intentId) || (await tables.abandoned.get(intentId)) !== undefined) return false;
  if ((await tables.shares.get([keyId, epoch])) !== undefined || (await shareOfIntent(tables, intentId)) !== undefined) return false;
  const ofKey = await tables.shares.having("keyId", keyId);
  const inDoubt = ofKey.filter(({ status }) => status === "staged").length;
  if (inDoubt >= (session.stagedMax ?? Infinity) || ofKey.some((other) => other.epochNumber >= epochNumber)) {
    await closeSession(tables, row);
    return false;
  }
  await tables.shares.put({ ...share, status: "staged" });
  if (session.importKey !== undefined) await tables.importKeys.delete(session.importKey);
  for (const pair of pairs ?? []) await tables.pairs.put({ keyId, epoch, generation: 0, status: "committed", ...pair });
  await tables.sessions.put({ ...row, status: "staged", state: new Uint8Array(0) });
  const intent = await tables.intents.get(row.intentId);
  if (intent !== undefined) await tables.intents.put({ ...intent, finished: true });
  return true;
}

export async function commitShare(
  tables: Tables,
  { keyId, epoch, intentId }: ShareName,
  certificates: readonly Uint8Array[],
  judged: Uint8Array | undefined,
): Promise<CommitAnswer> {
  const share = await tables.shares.get([keyId, epoch]);
  if (share === undefined || !same(share.intentId, intentId)) return "unknown";
  if (share.status !== "staged") return share.status;
  if (!(await isLast(tables, keyId, judged))) return "changed";
  const status = share.secret.length > 0 ? "committed" : "left";
  await tables.shares.put({ ...share, status });
  await closeSessions(tables, intentId);
  const superseded = await supersedeLower(tables, keyId);
  if (superseded.some((lower) => same(lower, epoch))) return "superseded";
  await tables.certificates.put({ keyId, chain: certificates });
  if (status === "left") await dropBackups(tables, keyId);
  return status;
}

/**
 * Supersedes the epochs that are lower than the highest certified one, and gives them. Each of them
 * keeps its public part, and loses its secret, its pairs and its outboxes.
 */
export async function supersedeLower(tables: Tables, keyId: Uint8Array): Promise<readonly Uint8Array[]> {
  const ofKey = (await tables.shares.having("keyId", keyId)).filter(({ status }) => status !== "superseded").sort(highestFirst);
  const lower = ofKey.slice(ofKey.findIndex(({ status }) => status === "committed" || status === "left") + 1);
  for (const share of lower) {
    await tables.shares.put({ ...share, status: "superseded", secret: new Uint8Array(0) });
    await dropPairs(tables, share);
    await emptyReleasesOf(tables, keyId, share.epoch);
    await closeSessions(tables, share.intentId);
  }
  return lower.map(({ epoch }) => epoch);
}

export async function leaveEpoch(
  tables: Tables,
  left: LeftEpoch,
  certificates: readonly Uint8Array[],
  judged: Uint8Array | undefined,
): Promise<LeaveAnswer> {
  const { keyId, epoch, epochNumber, scheme, sessionId, intentId, intent } = left;
  const known = (await tables.shares.get([keyId, epoch])) ?? (await shareOfIntent(tables, intentId));
  if (known !== undefined)
    return known.status === "left" && same(known.epoch, epoch) && same(known.intentId, intentId) ? "left" : "unknown";
  if ((await tables.shares.having("keyId", keyId)).length === 0) return "unknown";
  if (!(await isLast(tables, keyId, judged))) return "changed";
  const none = new Uint8Array(0);
  const share = { keyId, epoch, epochNumber, scheme, sessionId, intentId, intent };
  await tables.shares.put({ ...share, record: none, secret: none, ack: none, status: "left" });
  if ((await supersedeLower(tables, keyId)).some((lower) => same(lower, epoch))) return "superseded";
  await tables.certificates.put({ keyId, chain: certificates });
  await dropBackups(tables, keyId);
  return "left";
}

export async function abandonIntent(tables: Tables, intentId: Uint8Array): Promise<boolean> {
  const share = await shareOfIntent(tables, intentId);
  if (share !== undefined && share.status !== "staged") return false;
  await tables.abandoned.put({ intentId });
  if (share !== undefined) {
    await tables.shares.delete([share.keyId, share.epoch]);
    await dropPairs(tables, share);
  }
  await closeSessions(tables, intentId);
  return true;
}

export async function certificates(tables: Tables, keyId: Uint8Array): Promise<readonly Uint8Array[]> {
  return (await tables.certificates.get(keyId))?.chain ?? [];
}
export async function lastCertificate(tables: Tables, keyId: Uint8Array): Promise<Uint8Array | undefined> {
  return (await certificates(tables, keyId)).at(-1);
}
export async function isLast(tables: Tables, keyId: Uint8Array, judged: Uint8Array | undefined): Promise<boolean> {
  const last = await lastCertificate(tables, keyId);
  return last === undefined || judged === undefined ? last === judged : same(last, judged);
}
export async function committedShare(tables: Tables, keyId: Uint8Array): Promise<StoredShare | undefined> {
  return (await tables.shares.having("keyId", keyId)).filter(({ status }) => status === "committed").sort(highestFirst)[0];
}
export async function shareOfIntent(tables: Tables, intentId: Uint8Array): Promise<StoredShare | undefined> {
  return (await tables.shares.having("intentId", intentId))[0];
}
export function sharesOfSession(tables: Tables, sessionId: string): Promise<readonly StoredShare[]> {
  return tables.shares.having("sessionId", sessionId);
}
export async function heldKeys(tables: Tables, after: Uint8Array, max: number): Promise<readonly HeldKey[]> {
  const held = (await tables.shares.all()).filter(({ keyId, status }) => status === "committed" && hex(keyId) > hex(after));
  const page = held.sort((one, other) => (hex(one.keyId) < hex(other.keyId) ? -1 : 1)).slice(0, max);
  return page.map(({ keyId, epoch, sessionId, intent }) => ({ keyId, epoch, sessionId, intent }));
}
export async function stagedShares(tables: Tables, keyId?: Uint8Array): Promise<readonly StoredShare[]> {
  const among = keyId === undefined ? await tables.shares.all() : await tables.shares.having("keyId", keyId);
  return among.filter(({ status }) => status === "staged");
}

const highestFirst = (one: StoredShare, other: StoredShare): number => compareEpochs(other, one);

// Shares. The end of the protocol stages a share, only the commit certificate makes it usable, and
// the certificate of a newer one supersedes it (dkls23-spec 7 "Commit").
import { same } from "@covault/crypto";
import type { CommitAnswer, LeaveAnswer, LeftEpoch, NewShare, StoredShare } from "@covault/party";
import { compareEpochs } from "@covault/trust";
import { closeSessions, running } from "./sessions.ts";
import type { Tables } from "./tables.ts";

export async function stageShare(
  tables: Tables,
  share: NewShare,
  pairs: Uint8Array,
  session: { readonly rid: Uint8Array; readonly fence: number },
): Promise<boolean> {
  const row = await running(tables, session.rid, session.fence);
  if (row === undefined || (await tables.abandoned.get(share.sessionId)) !== undefined) return false;
  const { keyId, epoch } = share;
  if ((await tables.shares.get([keyId, epoch])) !== undefined || (await shareOfSession(tables, share.sessionId)) !== undefined)
    return false;
  await tables.shares.put({ ...share, status: "staged" });
  await tables.pairs.put({ keyId, epoch, sealed: pairs });
  await tables.sessions.put({ ...row, status: "staged", state: new Uint8Array(0) });
  const intent = await tables.intents.get(row.intentId);
  if (intent !== undefined) await tables.intents.put({ ...intent, finished: true });
  return true;
}

export async function commitShare(
  tables: Tables,
  keyId: Uint8Array,
  epoch: Uint8Array,
  certificates: readonly Uint8Array[],
): Promise<CommitAnswer> {
  const share = await tables.shares.get([keyId, epoch]);
  if (share === undefined) return "unknown";
  if (share.status !== "staged") return share.status;
  await tables.shares.put({ ...share, status: "committed" });
  await closeSessions(tables, share.sessionId);
  const superseded = await supersedeLower(tables, keyId);
  if (superseded.some((lower) => same(lower, epoch))) return "superseded";
  await tables.certificates.put({ keyId, chain: certificates });
  return "committed";
}

/**
 * Supersedes the epochs that are lower than the highest certified one, and gives them. Each of them
 * keeps its public part, and loses its secret, its pairs and its outboxes.
 */
async function supersedeLower(tables: Tables, keyId: Uint8Array): Promise<readonly Uint8Array[]> {
  const ofKey = (await tables.shares.having("keyId", keyId)).filter(({ status }) => status !== "superseded").sort(highestFirst);
  const lower = ofKey.slice(ofKey.findIndex(({ status }) => status === "committed" || status === "left") + 1);
  for (const share of lower) {
    await tables.shares.put({ ...share, status: "superseded", secret: new Uint8Array(0) });
    await tables.pairs.delete([keyId, share.epoch]);
    await closeSessions(tables, share.sessionId);
  }
  return lower.map(({ epoch }) => epoch);
}

export async function leaveEpoch(tables: Tables, left: LeftEpoch, certificates: readonly Uint8Array[]): Promise<LeaveAnswer> {
  const { keyId, epoch, epochNumber, scheme, sessionId, intent } = left;
  const known = await tables.shares.get([keyId, epoch]);
  if (known !== undefined) return known.status === "left" ? "left" : "unknown";
  if ((await tables.shares.having("keyId", keyId)).length === 0) return "unknown";
  if ((await shareOfSession(tables, sessionId)) !== undefined) return "unknown";
  const none = new Uint8Array(0);
  const share = { keyId, epoch, epochNumber, scheme, sessionId, intent };
  await tables.shares.put({ ...share, record: none, secret: none, ack: none, status: "left" });
  if ((await supersedeLower(tables, keyId)).some((lower) => same(lower, epoch))) return "superseded";
  await tables.certificates.put({ keyId, chain: certificates });
  return "left";
}

export async function abandonSession(tables: Tables, sessionId: string): Promise<boolean> {
  const share = await shareOfSession(tables, sessionId);
  if (share !== undefined && share.status !== "staged") return false;
  await tables.abandoned.put({ sessionId });
  if (share !== undefined) {
    await tables.shares.delete([share.keyId, share.epoch]);
    await tables.pairs.delete([share.keyId, share.epoch]);
  }
  await closeSessions(tables, sessionId);
  return true;
}

export async function certificates(tables: Tables, keyId: Uint8Array): Promise<readonly Uint8Array[]> {
  return (await tables.certificates.get(keyId))?.chain ?? [];
}
export async function lastCertificate(tables: Tables, keyId: Uint8Array): Promise<Uint8Array | undefined> {
  return (await certificates(tables, keyId)).at(-1);
}
export async function committedShare(tables: Tables, keyId: Uint8Array): Promise<StoredShare | undefined> {
  return (await tables.shares.having("keyId", keyId)).filter(({ status }) => status === "committed").sort(highestFirst)[0];
}
export async function shareOfSession(tables: Tables, sessionId: string): Promise<StoredShare | undefined> {
  return (await tables.shares.having("sessionId", sessionId))[0];
}
export async function stagedShares(tables: Tables): Promise<readonly StoredShare[]> {
  return (await tables.shares.all()).filter(({ status }) => status === "staged");
}
export async function pairs(tables: Tables, keyId: Uint8Array, epoch: Uint8Array): Promise<Uint8Array | undefined> {
  return (await tables.pairs.get([keyId, epoch]))?.sealed;
}

const highestFirst = (one: StoredShare, other: StoredShare): number => compareEpochs(other, one);

// Shares. The end of the protocol stages a share, only the commit certificate makes it usable, and
// the certificate of a newer one supersedes it (dkls23-spec 7 "Commit").
import type { CommitAnswer, LeaveAnswer, LeftEpoch, NewShare, StoredShare } from "@covault/party";
import type { Selectable, Transaction } from "kysely";
import { lock } from "./locks.ts";
import { closeSessions, isAbandoned } from "./sessions.ts";
import { bytesOf, type PartyDatabase, type PartyTables } from "./tables.ts";

export function stageShare(
  database: PartyDatabase,
  schema: string,
  share: NewShare,
  pairs: Uint8Array,
  session: { readonly rid: Uint8Array; readonly fence: number },
): Promise<boolean> {
  return database.transaction().execute(async (tx) => {
    await lock(tx, schema, "session", share.sessionId);
    if (await isAbandoned(tx, share.sessionId)) return false;
    const running = await tx
      .selectFrom("sessions")
      .select("intent_id")
      .where("rid", "=", session.rid)
      .where("fence", "=", String(session.fence))
      .where("status", "=", "running")
      .forUpdate()
      .executeTakeFirst();
    if (running === undefined) return false;
    const { keyId, epoch } = share;
    const inserted = await tx
      .insertInto("shares")
      .values({
        key_id: keyId,
        epoch,
        epoch_number: share.epochNumber,
        scheme: share.scheme,
        session_id: share.sessionId,
        status: "staged",
        record: share.record,
        secret: share.secret,
        intent: share.intent,
        ack: share.ack,
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning("key_id")
      .executeTakeFirst();
    if (inserted === undefined) return false;
    await tx
      .insertInto("pairs")
      .values((query) => ({ key_id: keyId, epoch, era: query.selectFrom("party").select("era"), sealed: pairs }))
      .execute();
    await tx
      .updateTable("sessions")
      .set({ status: "staged", state: new Uint8Array(0) })
      .where("rid", "=", session.rid)
      .execute();
    await tx.updateTable("intents").set({ finished: true }).where("intent_id", "=", running.intent_id).execute();
    return true;
  });
}

export function commitShare(
  database: PartyDatabase,
  schema: string,
  keyId: Uint8Array,
  epoch: Uint8Array,
  certificates: readonly Uint8Array[],
): Promise<CommitAnswer> {
  return database.transaction().execute(async (tx) => {
    await lock(tx, schema, "key", keyId);
    const share = await tx
      .selectFrom("shares")
      .selectAll()
      .where("key_id", "=", keyId)
      .where("epoch", "=", epoch)
      .forUpdate()
      .executeTakeFirst();
    if (share === undefined) return "unknown";
    if (share.status !== "staged") return share.status;
    await tx.updateTable("shares").set({ status: "committed" }).where("key_id", "=", keyId).where("epoch", "=", epoch).execute();
    const superseded = await supersedeLower(tx, keyId);
    const answer = superseded.some((lower) => Buffer.from(epoch).equals(lower)) ? "superseded" : "committed";
    if (answer === "committed") await writeChain(tx, keyId, certificates);
    await closeSessions(tx, { sessionId: share.session_id });
    return answer;
  });
}

export function leaveEpoch(
  database: PartyDatabase,
  schema: string,
  { keyId, epoch, epochNumber, scheme, sessionId, intent }: LeftEpoch,
  certificates: readonly Uint8Array[],
): Promise<LeaveAnswer> {
  return database.transaction().execute(async (tx) => {
    await lock(tx, schema, "key", keyId);
    const held = await tx.selectFrom("shares").select("epoch").where("key_id", "=", keyId).limit(1).executeTakeFirst();
    if (held === undefined) return "unknown";
    const none = new Uint8Array(0);
    const written = await tx
      .insertInto("shares")
      .values({
        key_id: keyId,
        epoch,
        epoch_number: epochNumber,
        scheme,
        session_id: sessionId,
        status: "left",
        record: none,
        secret: none,
        intent,
        ack: none,
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning("epoch")
      .executeTakeFirst();
    if (written === undefined) {
      const known = tx.selectFrom("shares").select("status").where("key_id", "=", keyId).where("epoch", "=", epoch);
      return (await known.executeTakeFirst())?.status === "left" ? "left" : "unknown";
    }
    const superseded = await supersedeLower(tx, keyId);
    if (superseded.some((lower) => Buffer.from(epoch).equals(lower))) return "superseded";
    await writeChain(tx, keyId, certificates);
    return "left";
  });
}

/**
 * Supersedes the epochs that are lower than the highest certified one, and gives them. Each of them
 * keeps its public part, and loses its secret, its pairs and its outboxes.
 */
async function supersedeLower(tx: Transaction<PartyTables>, keyId: Uint8Array): Promise<readonly Uint8Array[]> {
  const ofKey = await tx
    .selectFrom("shares")
    .select(["epoch", "status", "session_id"])
    .where("key_id", "=", keyId)
    .where("status", "<>", "superseded")
    .orderBy("epoch_number", "desc")
    .orderBy("epoch", "desc")
    .execute();
  const lower = ofKey.slice(ofKey.findIndex(({ status }) => status === "committed" || status === "left") + 1);
  for (const { epoch, session_id } of lower) {
    await tx
      .updateTable("shares")
      .set({ status: "superseded", secret: new Uint8Array(0) })
      .where("key_id", "=", keyId)
      .where("epoch", "=", epoch)
      .execute();
    await tx.deleteFrom("pairs").where("key_id", "=", keyId).where("epoch", "=", epoch).execute();
    await closeSessions(tx, { sessionId: session_id });
  }
  return lower.map(({ epoch }) => epoch);
}

/**
 * Writes the whole chain anew. The party may have reached a higher epoch past others, so the new
 * chain need not be the old one with more at its end.
 */
async function writeChain(tx: Transaction<PartyTables>, keyId: Uint8Array, certificates: readonly Uint8Array[]): Promise<void> {
  await tx.deleteFrom("certificates").where("key_id", "=", keyId).execute();
  await tx
    .insertInto("certificates")
    .values(certificates.map((certificate, place) => ({ key_id: keyId, place, certificate })))
    .execute();
}

export async function certificates(database: PartyDatabase, keyId: Uint8Array): Promise<readonly Uint8Array[]> {
  const rows = await database.selectFrom("certificates").select("certificate").where("key_id", "=", keyId).orderBy("place").execute();
  return rows.map(({ certificate }) => bytesOf(certificate));
}

export async function lastCertificate(database: PartyDatabase, keyId: Uint8Array): Promise<Uint8Array | undefined> {
  const last = database.selectFrom("certificates").select("certificate").where("key_id", "=", keyId).orderBy("place", "desc").limit(1);
  const row = await last.executeTakeFirst();
  return row && bytesOf(row.certificate);
}

export function abandonSession(database: PartyDatabase, schema: string, sessionId: string): Promise<boolean> {
  return database.transaction().execute(async (tx) => {
    await lock(tx, schema, "session", sessionId);
    const share = await tx
      .selectFrom("shares")
      .select(["key_id", "epoch", "status"])
      .where("session_id", "=", sessionId)
      .forUpdate()
      .executeTakeFirst();
    if (share !== undefined && share.status !== "staged") return false;
    await tx
      .insertInto("abandoned")
      .values({ session_id: sessionId })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    if (share !== undefined) {
      await tx.deleteFrom("pairs").where("key_id", "=", share.key_id).where("epoch", "=", share.epoch).execute();
      await tx.deleteFrom("shares").where("key_id", "=", share.key_id).where("epoch", "=", share.epoch).execute();
    }
    await closeSessions(tx, { sessionId });
    return true;
  });
}

export async function share(database: PartyDatabase, keyId: Uint8Array, epoch: Uint8Array): Promise<StoredShare | undefined> {
  return storedShare(
    await database.selectFrom("shares").selectAll().where("key_id", "=", keyId).where("epoch", "=", epoch).executeTakeFirst(),
  );
}

export async function committedShare(database: PartyDatabase, keyId: Uint8Array): Promise<StoredShare | undefined> {
  const row = await database
    .selectFrom("shares")
    .selectAll()
    .where("key_id", "=", keyId)
    .where("status", "=", "committed")
    .orderBy("epoch_number", "desc")
    .orderBy("epoch", "desc")
    .limit(1)
    .executeTakeFirst();
  return storedShare(row);
}

export async function shareOfSession(database: PartyDatabase, sessionId: string): Promise<StoredShare | undefined> {
  return storedShare(await database.selectFrom("shares").selectAll().where("session_id", "=", sessionId).executeTakeFirst());
}

export async function stagedShares(database: PartyDatabase): Promise<readonly StoredShare[]> {
  const rows = await database.selectFrom("shares").selectAll().where("status", "=", "staged").execute();
  return rows.flatMap((row) => storedShare(row) ?? []);
}

export async function pairs(database: PartyDatabase, keyId: Uint8Array, epoch: Uint8Array): Promise<Uint8Array | undefined> {
  const row = await database
    .selectFrom("pairs")
    .select("sealed")
    .where("key_id", "=", keyId)
    .where("epoch", "=", epoch)
    .where("era", "=", (query) => query.selectFrom("party").select("era"))
    .executeTakeFirst();
  return row && bytesOf(row.sealed);
}

function storedShare(row: Selectable<PartyTables["shares"]> | undefined): StoredShare | undefined {
  if (row === undefined) return undefined;
  return {
    keyId: bytesOf(row.key_id),
    epoch: bytesOf(row.epoch),
    epochNumber: Number(row.epoch_number),
    scheme: row.scheme,
    sessionId: row.session_id,
    record: bytesOf(row.record),
    secret: bytesOf(row.secret),
    intent: bytesOf(row.intent),
    ack: bytesOf(row.ack),
    status: row.status,
  };
}

// Shares. The end of the protocol stages a share, only the commit certificate makes it usable, and
// the certificate of a newer one supersedes it (dkls23-spec 7 "Commit").
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
import type { Selectable, Transaction } from "kysely";
import { dropBackups } from "./backups.ts";
import { lock } from "./locks.ts";
import { dropPairs, insertFirstPairs } from "./pairs.ts";
import { emptyReleasesOf } from "./releases.ts";
import { closeSessions, isAbandoned } from "./sessions.ts";
import { bytesOf, type PartyDatabase, type PartyTables } from "./tables.ts";

export function stageShare(
  database: PartyDatabase,
  schema: string,
  share: NewShare,
  pairs: readonly NewPair[] | undefined,
  session: StagingSession,
): Promise<boolean> {
  return database.transaction().execute(async (tx) => {
    const { keyId, epoch, epochNumber, intentId } = share;
    await lock(tx, schema, "intent", intentId);
    // A commit of the key decides before it or after it, and locks the key first as well.
    await lock(tx, schema, "key", keyId);
    if (await isAbandoned(tx, intentId)) return false;
    const running = await tx
      .selectFrom("sessions")
      .select("rid")
      .where("rid", "=", session.rid)
      .where("fence", "=", String(session.fence))
      .where("status", "=", "running")
      .where("intent_id", "=", intentId)
      .forUpdate()
      .executeTakeFirst();
    if (running === undefined) return false;
    const known = await tx
      .selectFrom("shares")
      .select(["epoch", "epoch_number", "intent_id", "status"])
      .where("key_id", "=", keyId)
      .execute();
    if (known.some((other) => Buffer.from(epoch).equals(other.epoch) || Buffer.from(intentId).equals(other.intent_id))) return false;
    const inDoubt = known.filter(({ status }) => status === "staged").length;
    if (inDoubt >= (session.stagedMax ?? Infinity) || known.some((other) => Number(other.epoch_number) >= epochNumber)) {
      await closeSessions(tx, { rid: session.rid });
      return false;
    }
    const inserted = await tx
      .insertInto("shares")
      .values({
        key_id: keyId,
        epoch,
        epoch_number: epochNumber,
        scheme: share.scheme,
        session_id: share.sessionId,
        intent_id: intentId,
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
    await insertFirstPairs(tx, { keyId, epoch }, pairs ?? []);
    await tx
      .updateTable("sessions")
      .set({ status: "staged", state: new Uint8Array(0) })
      .where("rid", "=", session.rid)
      .execute();
    await tx.updateTable("intents").set({ finished: true }).where("intent_id", "=", intentId).execute();
    const { importKey } = session;
    if (importKey !== undefined) await tx.deleteFrom("import_keys").where("public_key", "=", importKey).execute();
    return true;
  });
}

export function commitShare(
  database: PartyDatabase,
  schema: string,
  { keyId, epoch, intentId }: ShareName,
  certificates: readonly Uint8Array[],
  judged: Uint8Array | undefined,
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
    if (share === undefined || !Buffer.from(intentId).equals(share.intent_id)) return "unknown";
    if (share.status !== "staged") return share.status;
    if (!isSame(await lastCertificate(tx, keyId), judged)) return "changed";
    const status = share.secret.length > 0 ? "committed" : "left";
    await tx.updateTable("shares").set({ status }).where("key_id", "=", keyId).where("epoch", "=", epoch).execute();
    const superseded = await supersedeLower(tx, keyId);
    const answer = superseded.some((lower) => Buffer.from(epoch).equals(lower)) ? "superseded" : status;
    if (answer !== "superseded") await writeChain(tx, keyId, certificates);
    if (answer === "left") await dropBackups(tx, keyId);
    await closeSessions(tx, { intentId });
    return answer;
  });
}

export function leaveEpoch(
  database: PartyDatabase,
  schema: string,
  { keyId, epoch, epochNumber, scheme, sessionId, intentId, intent }: LeftEpoch,
  certificates: readonly Uint8Array[],
  judged: Uint8Array | undefined,
): Promise<LeaveAnswer> {
  return database.transaction().execute(async (tx) => {
    await lock(tx, schema, "key", keyId);
    const held = await tx.selectFrom("shares").select("epoch").where("key_id", "=", keyId).limit(1).executeTakeFirst();
    if (held === undefined) return "unknown";
    const known = await tx
      .selectFrom("shares")
      .select(["status", "epoch", "key_id", "intent_id"])
      .where((where) => where.or([where.and({ key_id: keyId, epoch }), where.eb("intent_id", "=", intentId)]))
      .execute();
    if (known.length > 0) {
      const isLeft = known.every(
        (row) => row.status === "left" && isSame(row.key_id, keyId) && isSame(row.epoch, epoch) && isSame(row.intent_id, intentId),
      );
      return isLeft ? "left" : "unknown";
    }
    if (!isSame(await lastCertificate(tx, keyId), judged)) return "changed";
    const none = new Uint8Array(0);
    const written = await tx
      .insertInto("shares")
      .values({
        key_id: keyId,
        epoch,
        epoch_number: epochNumber,
        scheme,
        session_id: sessionId,
        intent_id: intentId,
        status: "left",
        record: none,
        secret: none,
        intent,
        ack: none,
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning("epoch")
      .executeTakeFirst();
    // The intent has made a share of another key meanwhile.
    if (written === undefined) return "unknown";
    const superseded = await supersedeLower(tx, keyId);
    if (superseded.some((lower) => Buffer.from(epoch).equals(lower))) return "superseded";
    await writeChain(tx, keyId, certificates);
    await dropBackups(tx, keyId);
    return "left";
  });
}

/**
 * Supersedes the epochs that are lower than the highest certified one, and gives them. Each of them
 * keeps its public part, and loses its secret, its pairs and its outboxes.
 */
export async function supersedeLower(tx: Transaction<PartyTables>, keyId: Uint8Array): Promise<readonly Uint8Array[]> {
  const ofKey = await tx
    .selectFrom("shares")
    .select(["epoch", "status", "intent_id"])
    .where("key_id", "=", keyId)
    .where("status", "<>", "superseded")
    .orderBy("epoch_number", "desc")
    .orderBy("epoch", "desc")
    .execute();
  const lower = ofKey.slice(ofKey.findIndex(({ status }) => status === "committed" || status === "left") + 1);
  for (const { epoch, intent_id } of lower) {
    await tx
      .updateTable("shares")
      .set({ status: "superseded", secret: new Uint8Array(0) })
      .where("key_id", "=", keyId)
      .where("epoch", "=", epoch)
      .execute();
    await dropPairs(tx, { keyId, epoch });
    await emptyReleasesOf(tx, keyId, epoch);
    await closeSessions(tx, { intentId: intent_id });
  }
  return lower.map(({ epoch }) => epoch);
}

export const isSame = (one: Uint8Array | undefined, other: Uint8Array | undefined): boolean =>
  one === undefined || other === undefined ? one === other : Buffer.from(one).equals(other);

/**
 * Writes the whole chain anew. The party may have reached a higher epoch past others, so the new
 * chain need not be the old one with more at its end.
 */
export async function writeChain(tx: Transaction<PartyTables>, keyId: Uint8Array, certificates: readonly Uint8Array[]): Promise<void> {
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

export async function lastCertificate(database: Pick<PartyDatabase, "selectFrom">, keyId: Uint8Array): Promise<Uint8Array | undefined> {
  const last = database.selectFrom("certificates").select("certificate").where("key_id", "=", keyId).orderBy("place", "desc").limit(1);
  const row = await last.executeTakeFirst();
  return row && bytesOf(row.certificate);
}

export function abandonIntent(database: PartyDatabase, schema: string, intentId: Uint8Array): Promise<boolean> {
  return database.transaction().execute(async (tx) => {
    await lock(tx, schema, "intent", intentId);
    const share = await tx
      .selectFrom("shares")
      .select(["key_id", "epoch", "status"])
      .where("intent_id", "=", intentId)
      .forUpdate()
      .executeTakeFirst();
    if (share !== undefined && share.status !== "staged") return false;
    await tx
      .insertInto("abandoned")
      .values({ intent_id: intentId })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    if (share !== undefined) {
      await dropPairs(tx, { keyId: share.key_id, epoch: share.epoch });
      await tx.deleteFrom("shares").where("key_id", "=", share.key_id).where("epoch", "=", share.epoch).execute();
    }
    await closeSessions(tx, { intentId });
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

export async function shareOfIntent(database: PartyDatabase, intentId: Uint8Array): Promise<StoredShare | undefined> {
  return storedShare(await database.selectFrom("shares").selectAll().where("intent_id", "=", intentId).executeTakeFirst());
}

export async function sharesOfSession(database: PartyDatabase, sessionId: string): Promise<readonly StoredShare[]> {
  const rows = await database.selectFrom("shares").selectAll().where("session_id", "=", sessionId).execute();
  return rows.flatMap((row) => storedShare(row) ?? []);
}

export async function heldKeys(database: PartyDatabase, after: Uint8Array, max: number): Promise<readonly HeldKey[]> {
  const rows = await database
    .selectFrom("shares")
    .select(["key_id", "epoch", "session_id", "intent"])
    .where("status", "=", "committed")
    .where("key_id", ">", after)
    .orderBy("key_id")
    .limit(max)
    .execute();
  return rows.map(({ key_id, epoch, session_id, intent }) => ({
    keyId: bytesOf(key_id),
    epoch: bytesOf(epoch),
    sessionId: session_id,
    intent: bytesOf(intent),
  }));
}

export async function stagedShares(database: PartyDatabase, keyId?: Uint8Array): Promise<readonly StoredShare[]> {
  const staged = database.selectFrom("shares").selectAll().where("status", "=", "staged");
  const rows = await staged.$if(keyId !== undefined, (query) => query.where("key_id", "=", keyId as Uint8Array)).execute();
  return rows.flatMap((row) => storedShare(row) ?? []);
}

function storedShare(row: Selectable<PartyTables["shares"]> | undefined): StoredShare | undefined {
  if (row === undefined) return undefined;
  return {
    keyId: bytesOf(row.key_id),
    epoch: bytesOf(row.epoch),
    epochNumber: Number(row.epoch_number),
    scheme: row.scheme,
    sessionId: row.session_id,
    intentId: bytesOf(row.intent_id),
    record: bytesOf(row.record),
    secret: bytesOf(row.secret),
    intent: bytesOf(row.intent),
    ack: bytesOf(row.ack),
    status: row.status,
  };
}

// A share that others have made again for this party (dkls23-spec 7.2). It is that of an epoch
// which was certified before, so that it is usable at once.
import type { NewShare } from "@covault/party";
import { lock } from "./locks.ts";
import { isSame, lastCertificate, supersedeLower, writeChain } from "./shares.ts";
import type { PartyDatabase } from "./tables.ts";

export function keepRepaired(
  database: PartyDatabase,
  schema: string,
  share: NewShare,
  certificates: readonly Uint8Array[],
  judged: Uint8Array | undefined,
): Promise<boolean> {
  return database.transaction().execute(async (tx) => {
    const { keyId, epoch, epochNumber, intentId } = share;
    await lock(tx, schema, "key", keyId);
    const higher = await tx
      .selectFrom("shares")
      .select("epoch")
      .where("key_id", "=", keyId)
      .where("status", "in", ["committed", "left"])
      .where((is) =>
        is.or([
          is("epoch_number", ">", String(epochNumber)),
          is.and([is("epoch_number", "=", String(epochNumber)), is("epoch", ">", epoch)]),
        ]),
      )
      .limit(1)
      .executeTakeFirst();
    if (higher !== undefined) return false;
    const last = await lastCertificate(tx, keyId);
    if (!isSame(last, judged) && !isSame(last, certificates.at(-1))) return false;
    const parts = { record: share.record, secret: share.secret, intent: share.intent, ack: share.ack };
    const replaced = await tx
      .updateTable("shares")
      .set({ ...parts, status: "committed" })
      .where("key_id", "=", keyId)
      .where("epoch", "=", epoch)
      .where("intent_id", "=", intentId)
      .where("status", "in", ["committed", "left"])
      .returning("epoch")
      .executeTakeFirst();
    if (replaced === undefined) {
      const { scheme, sessionId } = share;
      const inserted = await tx
        .insertInto("shares")
        .values({
          key_id: keyId,
          epoch,
          epoch_number: epochNumber,
          scheme,
          session_id: sessionId,
          intent_id: intentId,
          status: "committed",
          ...parts,
        })
        .onConflict((conflict) => conflict.doNothing())
        .returning("epoch")
        .executeTakeFirst();
      if (inserted === undefined) return false;
    }
    await tx.deleteFrom("pairs").where("key_id", "=", keyId).where("epoch", "=", epoch).execute();
    await supersedeLower(tx, keyId);
    await writeChain(tx, keyId, certificates);
    return true;
  });
}

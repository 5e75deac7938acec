// Asks the holders of a key to seal their shares to the recipients of their own settings, and keeps
// what they say. Nothing here has or takes a recipient: neither a caller nor this service can name
// one.
import { randomBytes } from "node:crypto";
import { fromBase64 } from "@covault/crypto";
import { asCovaultError } from "@covault/errors";
import { parseExact, rosterParty, verifyBackup } from "@covault/trust";
import { SignedSchema } from "@covault/wire";
import type { AccountContext } from "../context.ts";
import { isAway } from "../coordinator/client.ts";
import type { Event } from "../events/event.ts";
import { type AccountKey, openKeys } from "../keys/account-key.ts";
import { learn } from "../keys/learn.ts";
import type { StoredStatement } from "../store/backups.ts";
import type { AccountRow } from "../store/tables.ts";

/**
 * Gives the key as it is now, after what its holders said was stored, with `events` in the same
 * transaction. Throws account/coordinator-….
 */
export async function askBackups(
  context: AccountContext,
  account: AccountRow,
  known: AccountKey,
  events: readonly Event[] = [],
): Promise<AccountKey> {
  const { coordinator, store, nowMs } = context;
  const { keyId } = known.charter;
  const nonce = new Uint8Array(randomBytes(32));
  const answer = await coordinator.backups({ keyId, epoch: known.epoch, nonce });
  const key = await learn(context, account, known, answer.certificates.map(fromBase64));
  const now = new Date(nowMs());
  const said = new Map<string, StoredStatement>();
  for (const text of answer.backups) {
    const statement = verified(context, key, nonce, fromBase64(text));
    if (statement !== undefined) said.set(statement.partyId, { party_id: statement.partyId, statement: statement.bytes, said_at: now });
  }
  await store.transaction(async (inside) => {
    await inside.backups.put(keyId, key.epoch, [...said.values()], now);
    for (const event of events) await inside.events.append(event);
  });
  return key;
}

/** A statement that no holder has signed for this question is worth nothing, and is logged. */
function verified({ roster, nowMs, logger }: AccountContext, { members, charter }: AccountKey, nonce: Uint8Array, bytes: Uint8Array) {
  const signed = parseExact(SignedSchema, bytes);
  const partyId = signed?.signer ?? "";
  const member = members.find((each) => each.partyId === partyId);
  // The roster has the identity key of the moment.
  const holder = member && (rosterParty(roster(), partyId, nowMs()) ?? member);
  if (signed === undefined || holder === undefined) return undefined;
  try {
    verifyBackup(signed, { holder, keyId: charter.keyId, nonce });
    return { partyId, bytes };
  } catch (error) {
    if (asCovaultError(error)?.kind !== "usage") throw error;
    logger.warn({ party_id: partyId, code: asCovaultError(error)?.code }, asCovaultError(error)?.message ?? "a statement is worthless");
    return undefined;
  }
}

/** The time between two looks for keys whose holders were not asked since their epoch began. */
export const backupLookEveryMs = 60_000;
const perLook = 50;

/** Asks for backups of the epochs that have come since the look before. It never throws. */
export async function askByItself(context: AccountContext): Promise<void> {
  try {
    for (const { tenantId, accountId } of await context.store.backups.unasked(perLook)) {
      if (context.signal.aborted) return;
      const account = await context.store.accounts.find(tenantId, accountId);
      if (account === undefined) continue;
      try {
        for (const key of await openKeys(context, account)) await askBackups(context, account, key);
      } catch (error) {
        if (isAway(error)) return;
        // One account keeps no other one from being asked for.
        if (!context.signal.aborted)
          context.logger.warn({ account_id: accountId, code: asCovaultError(error)?.code }, "backups are not asked for");
      }
    }
  } catch (error) {
    if (!context.signal.aborted) context.logger.error({ code: asCovaultError(error)?.code }, "backups are not asked for");
  }
}

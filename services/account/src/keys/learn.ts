// A key may have gone on without this service: its database was restored, or a run was certified
// after its session had ended here. The coordinator shows the certificates, and they are believed
// only as the continuation of what is held (docs/decisions/0049).
import { asCovaultError, type ErrorCode } from "@covault/errors";
import { compareEpochs, judgeChain, openKey } from "@covault/trust";
import type { AccountContext } from "../context.ts";
import type { EventFrame } from "../events/event.ts";
import { keyContinued, sessionEnded } from "../events/operation-events.ts";
import type { StoredSession } from "../store/sessions.ts";
import type { AccountRow } from "../store/tables.ts";
import { type AccountKey, equal, keyValues, openKeys } from "./account-key.ts";
import { certificateFacts, chainWith } from "./certificate-facts.ts";

/**
 * Gives the key with these certificates, if they lead higher than what is held. `key` is as it was
 * read. Nothing is thrown for certificates that are worth nothing.
 */
export async function learn(
  context: AccountContext,
  account: AccountRow,
  key: AccountKey,
  shown: readonly Uint8Array[],
): Promise<AccountKey> {
  if (shown.length === 0) return key;
  const next = opened(context, key, shown);
  if (next === undefined || compareEpochs(next, key) <= 0) return key;
  const now = new Date(context.nowMs());
  const frame: EventFrame = { tenant: account.tenant_id, actor: { kind: "service", id: context.initiator.id }, now };
  const late = await failedSessions(context, account, next.certificates.slice(1));
  const isStored = await context.store.transaction(async (inside) => {
    if (!(await inside.keys.advance(keyValues(account, next), key.certificates, next.certificates, now))) return false;
    await inside.events.append(keyContinued(frame, account.account_id, next));
    for (const session of late) await inside.sessions.completeLate(session, now, sessionEnded(frame, session, completed));
    return true;
  });
  if (isStored) {
    context.logger.warn({ account_id: account.account_id, epoch_number: next.epochNumber }, "the key had gone on without this service");
    return next;
  }
  // Another request has stored the same, or more.
  const stored = (await openKeys(context, account)).find(({ charter }) => equal(charter.keyId, key.charter.keyId));
  return stored ?? key;
}

const completed = { status: "completed", signature: null } as const;

/** Gives the sessions of these certificates that had failed here before their certificate came. */
async function failedSessions(
  { store, logger }: AccountContext,
  { tenant_id: tenantId, account_id: accountId }: AccountRow,
  certificates: readonly Uint8Array[],
): Promise<readonly StoredSession[]> {
  const failed: StoredSession[] = [];
  for (const certificate of certificates) {
    const facts = certificateFacts(certificate);
    try {
      const session = facts && (await store.sessions.find(tenantId, facts.sessionId));
      if (session?.row.status === "failed" && equal(session.intentId, facts?.intentId ?? new Uint8Array())) failed.push(session);
    } catch (error) {
      // A row that cannot be believed does not keep the key from its epoch.
      if (asCovaultError(error)?.code !== ("account/altered-row" satisfies ErrorCode)) throw error;
      logger.error({ account_id: accountId, code: asCovaultError(error)?.code }, asCovaultError(error)?.message ?? "");
    }
  }
  return failed;
}

function opened({ keysOf, roster, nowMs, logger }: AccountContext, key: AccountKey, shown: readonly Uint8Array[]): AccountKey | undefined {
  const certificates = chainWith(key.certificates, shown);
  const [founding, ...later] = certificates ?? [];
  if (founding === undefined || certificates === undefined) return undefined;
  try {
    const next = openKey(founding, later, { keysOf, foundingIntentId: key.charter.foundingIntentId });
    judgeChain(key.certificates, certificates, { roster: roster(), nowMs: nowMs() });
    return { ...next, certificates, keygenSessionId: key.keygenSessionId };
  } catch (error) {
    if (asCovaultError(error)?.kind !== "usage") throw error;
    logger.error({ code: asCovaultError(error)?.code }, asCovaultError(error)?.message ?? "the coordinator's certificates are worthless");
    return undefined;
  }
}

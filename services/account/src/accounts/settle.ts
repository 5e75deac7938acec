// From `creating` to `active` or `failed`. Active only with a certificate that this service verified itself; failed only together with a
// signed abandonment, stored first and sent after, so that no party waits for a commit that will not come.
import { asCovaultError, type CovaultError } from "@covault/errors";
import type { AccountContext } from "../context.ts";
import { type AwaitMode, awaitSession } from "../coordinator/await-session.ts";
import { abandonment } from "../intent/statements.ts";
import { changeAccount, findAccount, unsettledAccounts } from "../store/accounts.ts";
import { insertKey } from "../store/keys.ts";
import { closeSession, type StoredSession } from "../store/sessions.ts";
import type { AccountRow } from "../store/tables.ts";
import { foundedKey, keygenSession } from "./verified-key.ts";

async function activate(context: AccountContext, account: AccountRow, session: StoredSession, certificate: Uint8Array): Promise<void> {
  const { db, nowMs } = context;
  const { charter, epoch, epochNumber } = foundedKey(context, session, certificate);
  const now = new Date(nowMs());
  await db.transaction().execute(async (transaction) => {
    const changed = await changeAccount(transaction, context.secretRowKeys, account, { status: "active" }, now);
    // Another replica was first: its outcome stands.
    if (!changed) return;
    const row = {
      key_id: charter.keyId,
      tenant_id: account.tenant_id,
      account_id: account.account_id,
      scheme: charter.scheme,
      public_key: charter.publicKey,
      chain: charter.chain,
      epoch,
      epoch_number: epochNumber,
      created_at: now,
    };
    await insertKey(transaction, context.secretRowKeys, row, session.row.session_id, certificate);
    await closeSession(transaction, session.row.session_id, { status: "completed", signature: null }, now);
  });
}

async function fail(context: AccountContext, account: AccountRow, session: StoredSession, error: CovaultError): Promise<void> {
  const { db, initiator, nowMs } = context;
  const now = new Date(nowMs());
  const change = {
    status: "failed",
    failure_code: error.code,
    failure_message: error.message,
    abandonment: abandonment(initiator, session.row.session_id, session.intentId),
  } as const;
  await db.transaction().execute(async (transaction) => {
    if (!(await changeAccount(transaction, context.secretRowKeys, account, change, now))) return;
    await closeSession(transaction, session.row.session_id, { status: "failed", code: error.code, message: error.message }, now);
  });
  context.logger.warn({ account_id: account.account_id, session_id: session.row.session_id, code: error.code }, "keygen failed");
}

/** Sends the abandonment of a failed account, if the coordinator does not have it yet. */
async function deliverAbandonment(context: AccountContext, account: AccountRow): Promise<void> {
  if (account.abandonment === null || account.abandonment_delivered) return;
  try {
    await context.coordinator.abandon(account.keygen_session_id, account.abandonment);
  } catch (error) {
    const code = asCovaultError(error)?.code;
    context.logger.warn(
      { account_id: account.account_id, session_id: account.keygen_session_id, code },
      "the coordinator did not take the abandonment",
    );
    // Away: the next look tries again. Refused: it never will.
    if (code !== "account/coordinator-refused") return;
  }
  const now = new Date(context.nowMs());
  await changeAccount(context.db, context.secretRowKeys, account, { abandonment_delivered: true }, now);
}

/** The account, active or failed. Throws account/coordinator-unreachable or -key-refused, the account still `creating`, when the coordinator is away. */
export async function settleAccount(context: AccountContext, tenantId: string, accountId: string, mode: AwaitMode): Promise<AccountRow> {
  const read = async (): Promise<AccountRow> => {
    const row = await findAccount(context.db, context.secretRowKeys, tenantId, accountId);
    if (!row) throw new Error(`account ${accountId} vanished`);
    return row;
  };
  const account = await read();
  if (account.status !== "creating") return account;
  const session = await keygenSession(context, account);
  const ending = await awaitSession(context, session, mode);
  if (ending.status === "failed") await fail(context, account, session, ending.error);
  else {
    try {
      await activate(context, account, session, Buffer.from(ending.result.certificate ?? "", "base64"));
    } catch (error) {
      const known = asCovaultError(error);
      if (known?.code !== "account/bad-result") throw error;
      context.logger.error({ account_id: accountId, session_id: session.row.session_id }, known.message);
      await fail(context, account, session, known);
    }
  }
  const settled = await read();
  await deliverAbandonment(context, settled);
  return settled;
}

/** After a long absence of the coordinator there may be thousands, each of them a request that waits. */
const atOnceMax = 32;

/** One look at everything that a crash or an absent coordinator left open. Never throws. */
export async function settleAll(context: AccountContext): Promise<void> {
  let accounts: AccountRow[];
  try {
    accounts = await unsettledAccounts(context.db, context.secretRowKeys, (error) =>
      context.logger.error({ code: asCovaultError(error)?.code }, (error as Error).message),
    );
  } catch (error) {
    context.logger.error({ code: asCovaultError(error)?.code }, "accounts left open cannot be read");
    return;
  }
  const settleOne = async (account: AccountRow): Promise<void> => {
    try {
      if (account.status === "failed") await deliverAbandonment(context, account);
      else await settleAccount(context, account.tenant_id, account.account_id, "resolve");
    } catch (error) {
      if (context.signal.aborted) return;
      context.logger.warn(
        { account_id: account.account_id, session_id: account.keygen_session_id, code: asCovaultError(error)?.code },
        "account not settled yet",
      );
    }
  };
  const waiting = accounts.values();
  const inTurn = async (): Promise<void> => {
    for (const account of waiting) await settleOne(account);
  };
  await Promise.all(Array.from({ length: atOnceMax }, inTurn));
}

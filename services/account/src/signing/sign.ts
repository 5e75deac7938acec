// A signature: the intent signed and stored, the session followed to its end, and the result verified here before anybody sees it.
import type { CovaultError, ErrorCode } from "@covault/errors";
import { keyOfAccount, type VerifiedKey } from "../accounts/verified-key.ts";
import type { AccountContext } from "../context.ts";
import { type AwaitMode, awaitSession } from "../coordinator/await-session.ts";
import { storedFailure } from "../coordinator/failure.ts";
import type { Guard } from "../idempotency/once.ts";
import { alteredRow } from "../integrity/row-mac.ts";
import { signIntent } from "../intent/statements.ts";
import { closeSession, findSession, newSessionRow, type StoredSession } from "../store/sessions.ts";
import type { AccountRow, SessionRow } from "../store/tables.ts";
import { configurationOf, notActive } from "./configuration.ts";
import { readSignature, type Signature } from "./signature.ts";

export interface SignRequest {
  readonly account: AccountRow;
  /** 32 bytes. */
  readonly digest: Uint8Array;
}

/** Stores sign session `sessionId`. `guard` runs in the same transaction. */
export async function beginSignature(
  context: AccountContext,
  { account, digest }: SignRequest,
  sessionId: string,
  guard: Guard,
): Promise<void> {
  if (account.status !== "active") throw notActive(account);
  const key = await keyOfAccount(context, account);
  const { parties, required } = configurationOf(account, key);
  const issuedAtMs = context.nowMs();
  const frame = {
    tenantId: account.tenant_id,
    accountId: account.account_id,
    sessionId,
    issuedAtMs,
    ttlMs: context.timing.signTtlMs,
  };
  const intent = signIntent(context.initiator, frame, { ...key, digest, eligible: parties, required });
  const row = newSessionRow(
    {
      session_id: sessionId,
      tenant_id: account.tenant_id,
      account_id: account.account_id,
      kind: "sign",
      intent: intent.signed,
      expires_at: new Date(intent.expiresAtMs),
    },
    new Date(issuedAtMs),
  );
  await context.db.transaction().execute(async (transaction) => {
    await guard(transaction);
    await transaction.insertInto("sessions").values(row).execute();
  });
}

/** The sign session of exactly this request; a row that is about another account or digest was altered. */
async function signSession(context: AccountContext, { account, digest }: SignRequest, sessionId: string): Promise<StoredSession> {
  const session = await findSession(context.db, context.initiator, account.tenant_id, sessionId);
  const action = session?.intent.action;
  const same =
    session?.row.account_id === account.account_id && action?.case === "sign" && Buffer.from(action.value.message).equals(digest);
  if (!same) throw alteredRow("sessions", sessionId);
  return session as StoredSession;
}

/** Why a failed session failed, as the error that its caller gets. */
function failureOf(row: SessionRow): CovaultError {
  return storedFailure(row.failure_code, row.failure_message ?? "The session failed.");
}

/** `again`: it failed for a reason that may have gone, such as absent parties. */
export async function signatureState(
  context: AccountContext,
  { account }: SignRequest,
  sessionId: string,
): Promise<"absent" | "there" | "again"> {
  const session = await findSession(context.db, context.initiator, account.tenant_id, sessionId);
  if (!session) return "absent";
  return session.row.status === "failed" && failureOf(session.row).status === 503 ? "again" : "there";
}

/** What a finished session gave. Verified again: a stored signature is believed no more than a delivered one. */
export function signatureOf(key: VerifiedKey, row: SessionRow, digest: Uint8Array): Signature {
  if (row.status === "failed") throw failureOf(row);
  const signature = row.signature && readSignature(key.publicKey, digest, row.signature);
  if (!signature) throw alteredRow("sessions", row.session_id);
  return signature;
}

/** The verified signature of a session, brought to its end if it has none. */
export async function finishSignature(
  context: AccountContext,
  request: SignRequest,
  sessionId: string,
  mode: AwaitMode,
): Promise<Signature> {
  const key = await keyOfAccount(context, request.account);
  let session = await signSession(context, request, sessionId);
  if (session.row.status === "open") {
    const outcome = await endOf(context, key, request, session, mode);
    await closeSession(context.db, sessionId, outcome, new Date(context.nowMs()));
    session = await signSession(context, request, sessionId);
  }
  return signatureOf(key, session.row, request.digest);
}

type Outcome = Parameters<typeof closeSession>[2];

async function endOf(
  context: AccountContext,
  key: VerifiedKey,
  request: SignRequest,
  session: StoredSession,
  mode: AwaitMode,
): Promise<Outcome> {
  const ending = await awaitSession(context, session, mode);
  if (ending.status === "failed") return { status: "failed", code: ending.error.code, message: ending.error.message };
  const bytes = Buffer.from((ending.result.signature ?? "").replace(/^0x/, ""), "hex");
  if (readSignature(key.publicKey, request.digest, bytes)) return { status: "completed", signature: bytes };
  const message = `The signature delivered for session ${session.row.session_id} is not one of this account's key over this digest.`;
  context.logger.error({ account_id: request.account.account_id, session_id: session.row.session_id }, message);
  return { status: "failed", code: "account/bad-result" satisfies ErrorCode, message };
}

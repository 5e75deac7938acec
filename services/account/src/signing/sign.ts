// A signature: the intent signed and stored, the session followed to its end, and the result verified here before anybody sees it.
import { CovaultError, type ErrorCode } from "@covault/errors";
import { type SignatureView, schemeOf, type VerifiedKey } from "@covault/trust";
import { keyOfAccount } from "../accounts/verified-key.ts";
import type { AccountContext } from "../context.ts";
import { type AwaitMode, awaitSession } from "../coordinator/await-session.ts";
import { storedFailure } from "../coordinator/failure.ts";
import type { Guard } from "../idempotency/once.ts";
import { alteredRow } from "../integrity/row-mac.ts";
import { signIntent } from "../intent/statements.ts";
import { closeSession, findSession, messageOf, newSession, type StoredSession } from "../store/sessions.ts";
import type { AccountRow, SessionRow } from "../store/tables.ts";
import { configurationOf, notActive } from "./configuration.ts";

export interface SignRequest {
  readonly account: AccountRow;
  /** Of the account, read once for the whole request: what a signature is verified by never changes. */
  readonly key: VerifiedKey;
  /** As the key's scheme takes it. */
  readonly message: Uint8Array;
}

/** Throws account/not-active, account/bad-digest. `field`: by which name the caller gave the message. */
export async function signRequest(context: AccountContext, account: AccountRow, message: Uint8Array, field: string): Promise<SignRequest> {
  if (account.status !== "active") throw notActive(account);
  const fault = schemeOf(account.scheme).message.check(message);
  if (fault !== undefined) throw new CovaultError("account/bad-digest", `${field}: it ${fault}.`);
  return { account, message, key: await keyOfAccount(context, account) };
}

/** Stores sign session `sessionId` and gives it. `guard` runs in the same transaction. */
export async function beginSignature(
  context: AccountContext,
  { account, key, message }: SignRequest,
  sessionId: string,
  guard: Guard,
): Promise<StoredSession> {
  const { parties: eligible, required } = configurationOf(account, key);
  const issuedAtMs = context.nowMs();
  const { tenant_id: tenantId, account_id: accountId } = account;
  const frame = { tenantId, accountId, sessionId, issuedAtMs, ttlMs: context.timing.signTtlMs };
  const session = newSession(signIntent(context.initiator, frame, { ...key.charter, message, eligible, required }), new Date(issuedAtMs));
  await context.db.transaction().execute(async (transaction) => {
    await guard(transaction);
    await transaction.insertInto("sessions").values(session.row).execute();
  });
  return session;
}

/** The sign session of exactly this request; a row that is about another account or message was altered. */
async function signSession(context: AccountContext, { account, message }: SignRequest, sessionId: string): Promise<StoredSession> {
  const session = await findSession(context.db, context.keysOf, account.tenant_id, sessionId);
  const asked = session && messageOf(session);
  if (session?.row.account_id !== account.account_id || asked === undefined || !Buffer.from(asked).equals(message))
    throw alteredRow("sessions", sessionId);
  return session;
}

/** Why a failed session failed, as the error that its caller gets. */
function failureOf(row: Pick<SessionRow, "failure_code" | "failure_message">): CovaultError {
  return storedFailure(row.failure_code, row.failure_message ?? "The session failed.");
}

/** `again`: it failed for a reason that may have gone, such as absent parties. */
export async function signatureState(
  context: AccountContext,
  { account }: SignRequest,
  sessionId: string,
): Promise<"absent" | "there" | "again"> {
  const session = await findSession(context.db, context.keysOf, account.tenant_id, sessionId);
  if (!session) return "absent";
  return session.row.status === "failed" && failureOf(session.row).status === 503 ? "again" : "there";
}

/** Undefined unless `signature` is one of this key over this message. */
function verifiedView({ charter }: VerifiedKey, message: Uint8Array, signature: Uint8Array): SignatureView | undefined {
  const scheme = schemeOf(charter.scheme).signature;
  return scheme.verify(charter.publicKey, message, signature) ? scheme.view(signature) : undefined;
}

/** What a finished session gave. Verified: a stored signature is believed no more than a delivered one. */
export function signatureOf(key: VerifiedKey, row: SessionRow, message: Uint8Array): SignatureView {
  if (row.status === "failed") throw failureOf(row);
  const view = row.signature && verifiedView(key, message, new Uint8Array(row.signature));
  if (!view) throw alteredRow("sessions", row.session_id);
  return view;
}

/** The verified signature of a session, brought to its end if it has none. `begun`: the session, where this request has just stored it. */
export async function finishSignature(
  context: AccountContext,
  request: SignRequest,
  sessionId: string,
  mode: AwaitMode,
  begun?: StoredSession,
): Promise<SignatureView> {
  const session = begun ?? (await signSession(context, request, sessionId));
  if (session.row.status === "open") {
    const { outcome, view } = await endOf(context, request, session, mode);
    if (await closeSession(context.db, sessionId, outcome, new Date(context.nowMs()))) {
      if (view !== undefined) return view;
      if (outcome.status === "failed") throw storedFailure(outcome.code, outcome.message);
    }
    // Another replica was first: its outcome stands.
    return signatureOf(request.key, (await signSession(context, request, sessionId)).row, request.message);
  }
  return signatureOf(request.key, session.row, request.message);
}

/** How the session ends. `view`: of its signature, verified here. */
async function endOf(
  context: AccountContext,
  { account, key, message }: SignRequest,
  session: StoredSession,
  mode: AwaitMode,
): Promise<{ readonly outcome: Parameters<typeof closeSession>[2]; readonly view?: SignatureView }> {
  const ending = await awaitSession(context, session, mode);
  if (ending.status === "failed") return { outcome: { status: "failed", code: ending.error.code, message: ending.error.message } };
  const signature = new Uint8Array(Buffer.from((ending.result.signature ?? "").replace(/^0x/, ""), "hex"));
  const view = verifiedView(key, message, signature);
  if (view !== undefined) return { outcome: { status: "completed", signature }, view };
  const reason = `The signature delivered for session ${session.row.session_id} is not one of this account's key over this digest.`;
  context.logger.error({ account_id: account.account_id, session_id: session.row.session_id }, reason);
  return { outcome: { status: "failed", code: "account/bad-result" satisfies ErrorCode, message: reason } };
}

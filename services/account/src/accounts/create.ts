// A new account: members chosen, the keygen intent signed, both stored in one transaction. Only then may the coordinator hear of it.
import { defaultScheme } from "@covault/trust";
import type { AccountContext } from "../context.ts";
import type { Guard } from "../idempotency/once.ts";
import { keygenIntent } from "../intent/statements.ts";
import { sealAccount } from "../store/accounts.ts";
import { newSession } from "../store/sessions.ts";
import { chooseMembers } from "./choose-members.ts";

export interface AccountRequest {
  readonly userId: string;
  readonly name: string | null;
  readonly thresholdT: number;
  readonly thresholdN: number;
}

/** As the coordinator gives an attempt of more members more time. */
function keygenTtlMs(ttlMs: number, members: number): number {
  return Math.round(ttlMs * (1 + Math.max(0, members - 3) / 10));
}

/** Stores account `accountId` as `creating`. `guard` runs in the same transaction. */
export async function beginAccount(
  context: AccountContext,
  tenantId: string,
  accountId: string,
  request: AccountRequest,
  guard: Guard,
): Promise<void> {
  const members = await chooseMembers(context, request.thresholdN);
  const { db, initiator, timing } = context;
  const issuedAtMs = context.nowMs();
  const now = new Date(issuedAtMs);
  const frame = {
    tenantId,
    accountId,
    sessionId: context.newId("ses"),
    issuedAtMs,
    ttlMs: keygenTtlMs(timing.keygenTtlMs, request.thresholdN),
  };
  const intent = keygenIntent(initiator, frame, { scheme: defaultScheme, threshold: request.thresholdT, members });
  const account = sealAccount(context.secretRowKeys, {
    account_id: accountId,
    tenant_id: tenantId,
    user_id: request.userId,
    name: request.name,
    status: "creating",
    scheme: defaultScheme,
    threshold_t: request.thresholdT,
    threshold_n: request.thresholdN,
    keygen_session_id: frame.sessionId,
    signing_parties: null,
    signing_required: null,
    failure_code: null,
    failure_message: null,
    abandonment: null,
    abandonment_delivered: false,
    version: 0,
    created_at: now,
    updated_at: now,
  });
  const { row: session } = newSession(intent, now);
  await db.transaction().execute(async (transaction) => {
    await guard(transaction);
    await transaction.insertInto("accounts").values(account).execute();
    await transaction.insertInto("sessions").values(session).execute();
  });
}

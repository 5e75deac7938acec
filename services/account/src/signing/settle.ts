// Signatures whose caller went away, or whose service died before the coordinator heard of them: once their intent is over they get the outcome
// that the coordinator knows, or fail. Until then a repeated request brings them to their end.
import { asCovaultError } from "@covault/errors";
import type { AccountContext } from "../context.ts";
import { isAway } from "../coordinator/client.ts";
import { findAccount } from "../store/accounts.ts";
import { findSession, messageOf, overdueSignatures } from "../store/sessions.ts";
import type { SessionRow } from "../store/tables.ts";
import { finishSignature, signRequest } from "./sign.ts";

const atOnceMax = 100;

/** Never throws. */
export async function settleSignatures(context: AccountContext): Promise<void> {
  try {
    const now = new Date(context.nowMs());
    let rows: readonly SessionRow[] = [];
    // One that stays open keeps no later one from its outcome.
    do {
      rows = await overdueSignatures(context.db, now, atOnceMax, rows.at(-1));
      for (const row of rows) if (context.signal.aborted || !(await settleOne(context, row))) return;
    } while (rows.length === atOnceMax);
  } catch (error) {
    if (!context.signal.aborted) context.logger.error({ code: asCovaultError(error)?.code }, "signatures left open cannot be read");
  }
}

/** False: the coordinator is away, and there is no use in asking it about others. */
async function settleOne(context: AccountContext, row: SessionRow): Promise<boolean> {
  const { db, keysOf, coordinator } = context;
  const { session_id: id, tenant_id: tenantId } = row;
  try {
    const progress = await coordinator.session(id, 0);
    // Clocks differ: it may end yet.
    if (progress?.status === "open" || progress?.status === "running") return true;
    const account = await findAccount(db, context.secretRowKeys, tenantId, row.account_id);
    const session = await findSession(db, keysOf, tenantId, id);
    const message = session && messageOf(session);
    if (account !== undefined && message !== undefined)
      await finishSignature(context, await signRequest(context, account, message, "message"), id, "resolve", session);
  } catch (error) {
    if (isAway(error)) return false;
    const code = asCovaultError(error)?.code;
    // That it failed is what was to be recorded. A row that cannot be believed keeps no other one waiting.
    const recorded = (await findSession(db, keysOf, tenantId, id).catch(() => undefined))?.row.status === "failed";
    if (!recorded && !context.signal.aborted) context.logger.warn({ session_id: id, code }, "signature not settled yet");
  }
  return true;
}

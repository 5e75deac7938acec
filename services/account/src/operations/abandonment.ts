// The abandonment of a keygen that failed: stored with the failure and sent after, so that no party waits for a commit that will not come.
import { asCovaultError } from "@covault/errors";
import type { AccountContext } from "../context.ts";
import { event } from "../events/event.ts";
import type { AccountRow } from "../store/tables.ts";

/** Sends the abandonment of a failed account, if the coordinator does not have it yet. False: the coordinator is away, try again later. */
export async function deliverAbandonment(context: AccountContext, account: AccountRow): Promise<boolean> {
  if (account.abandonment === null || account.abandonment_delivered) return true;
  try {
    await context.coordinator.abandon(account.keygen_session_id, account.abandonment);
  } catch (error) {
    const code = asCovaultError(error)?.code;
    const facts = { account_id: account.account_id, session_id: account.keygen_session_id, code };
    context.logger.warn(facts, "the coordinator did not take the abandonment");
    // Refused: it never will.
    if (code !== "account/coordinator-refused") return false;
  }
  const frame = {
    tenant: account.tenant_id,
    actor: { kind: "service", id: context.initiator.id },
    now: new Date(context.nowMs()),
  } as const;
  const ids = { account_id: account.account_id, session_id: account.keygen_session_id };
  const delivered = event(frame, "abandonment.delivered", ids);
  await context.store.accounts.change(account, { abandonment_delivered: true }, frame.now, delivered);
  return true;
}

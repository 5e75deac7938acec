// This file sends the abandonment of a keygen that failed. It is stored with the failure and sent
// after, so that no party waits for a commit that will not come.
import { asCovaultError } from "@covault/errors";
import type { AccountContext } from "../context.ts";
import { event } from "../events/event.ts";
import type { SessionRow } from "../store/tables.ts";

/**
 * Sends the abandonment of a failed session, if the coordinator does not have it yet. Gives false
 * when the coordinator is away and it must be tried again later.
 */
export async function deliverAbandonment(context: AccountContext, row: SessionRow): Promise<boolean> {
  if (row.abandonment === null || row.abandonment_delivered) return true;
  try {
    await context.coordinator.abandon(row.session_id, row.abandonment);
  } catch (error) {
    const code = asCovaultError(error)?.code;
    const facts = { account_id: row.account_id, session_id: row.session_id, code };
    context.logger.warn(facts, "the coordinator did not take the abandonment");
    // A coordinator that has refused the abandonment never takes it.
    if (code !== "account/coordinator-refused") return false;
  }
  const now = new Date(context.nowMs());
  const frame = { tenant: row.tenant_id, actor: { kind: "service", id: context.initiator.id }, now } as const;
  const delivered = event(frame, "abandonment.delivered", { account_id: row.account_id, session_id: row.session_id });
  await context.store.sessions.abandonmentDelivered(row.session_id, now, delivered);
  return true;
}

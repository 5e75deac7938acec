// GET /api/v1/sessions/{id} shows a session. Progress and history come from the coordinator. Tenant
// and result come from what this service verified itself.
import type { routes, Session } from "@covault/api/account";
import { asCovaultError, CovaultError } from "@covault/errors";
import type { Handler } from "@covault/service-kit/http";
import type { AccountContext } from "../../context.ts";
import type { CoordinatorSession, SessionEvents } from "../../coordinator/client.ts";
import { tenantOf } from "../../guard.ts";
import { operationOf } from "../../operations/index.ts";
import type { Subject } from "../../operations/operation.ts";
import { type Ended, finish } from "../../operations/run.ts";
import { findSubject } from "../../operations/subject.ts";
import type { StoredSession } from "../../store/sessions.ts";

/**
 * Gives what the coordinator tells. It is undefined when the coordinator is away and the session
 * has ended anyway.
 */
async function told(context: AccountContext, session: StoredSession): Promise<[CoordinatorSession | undefined, SessionEvents]> {
  const { session_id: id, status } = session.row;
  try {
    return await Promise.all([context.coordinator.session(id, 0), context.coordinator.events(id)]);
  } catch (error) {
    if (status === "open") throw error;
    return [undefined, []];
  }
}

/** Takes the result over, if the coordinator has one that nobody waited for. */
async function takeOver(context: AccountContext, subject: Subject): Promise<Ended> {
  try {
    return await finish(context, subject, "attach");
  } catch (error) {
    const code = asCovaultError(error)?.code;
    if (code === undefined || code === "account/altered-row" || code === "database/unavailable") throw error;
    // The coordinator went away just now, so the session is as it was.
    return { subject };
  }
}

export function getSession(context: AccountContext): Handler<typeof routes.getSession> {
  return async (request) => {
    const { id } = request.params;
    const found = await findSubject(context, tenantOf(request), id);
    if (found === undefined) throw new CovaultError("account/session-not-found", `There is no session ${id}.`);
    const [progress, events] = await told(context, found.session);
    const { subject, view } =
      progress?.status === "completed" || progress?.status === "failed" ? await takeOver(context, found) : { subject: found };
    const { account, session } = subject;
    const { row } = session;
    const running = progress?.status === "running" ? "running" : "open";
    return {
      session_id: id,
      account_id: row.account_id,
      kind: row.kind,
      status: row.status === "open" ? running : row.status,
      threshold_t: account.threshold_t,
      threshold_n: account.threshold_n,
      parties: progress?.parties.map(({ party_id, share_index, state }) => ({ party_id, share_index, state })) ?? partiesOf(session),
      attempt: progress?.attempt ?? 0,
      result: row.status === "completed" ? (view ?? operationOf(session).view(subject)) : null,
      error: row.status === "failed" ? { code: row.failure_code ?? "unknown", message: row.failure_message ?? "" } : null,
      events,
      created_at: row.created_at.toISOString(),
      expires_at: row.expires_at.toISOString(),
    };
  };
}

/**
 * Gives the parties before the coordinator knows more: everybody whom the intent names as a member.
 * A quorum is not chosen yet.
 */
function partiesOf({ intent: { action } }: StoredSession): Session["parties"] {
  const members = action.value !== undefined && "members" in action.value ? action.value.members : [];
  return members.map(({ partyId, shareIndex }) => ({ party_id: partyId, share_index: shareIndex, state: "unknown" }));
}

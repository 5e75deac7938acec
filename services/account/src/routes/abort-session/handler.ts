// POST /api/v1/sessions/{id}/abort makes no further attempt of a session.
import type { routes } from "@covault/api/account";
import { CovaultError } from "@covault/errors";
import type { Handler } from "@covault/service-kit/http";
import { kinds } from "@covault/trust";
import type { AccountContext } from "../../context.ts";
import { event } from "../../events/event.ts";
import { actorOf, tenantOf } from "../../guard.ts";
import { finish } from "../../operations/run.ts";
import { findSubject } from "../../operations/subject.ts";
import { viewSession } from "../../operations/view-session.ts";

export function abortSession(context: AccountContext): Handler<typeof routes.abortSession> {
  return async (request) => {
    const { id } = request.params;
    const found = await findSubject(context, tenantOf(request), id);
    if (found === undefined) throw new CovaultError("account/session-not-found", `There is no session ${id}.`);
    const { kind, status } = found.session.row;
    // An export has no attempts. What a holder has sealed is not taken back.
    if (kinds[kind].abandonable || kinds[kind].ends === "release")
      throw new CovaultError("account/not-abortable", `The session ${id} is of kind ${kind}, which ends by itself.`);
    if (status === "open") {
      await context.coordinator.abort(id);
      const { tenant_id: tenant, account_id } = found.session.row;
      const frame = { tenant, actor: actorOf(request), now: new Date(context.nowMs()) };
      await context.store.events.append(event(frame, "session.aborted", { account_id, session_id: id }, { kind }));
    }
    // The coordinator may have a result that came first, and then that counts.
    const { subject, view } = await finish(context, found, "aborted");
    const [progress, events] = await Promise.all([
      context.coordinator.session(id, 0).catch(() => undefined),
      context.coordinator.events(id).catch(() => []),
    ]);
    return viewSession(subject, { progress, events }, view);
  };
}

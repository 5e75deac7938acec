// POST /api/v1/sessions/{id}/abort. No further attempt is made. What is signed stays signed, and
// what is staged may still be certified. A session that is opened after its abort ends at once.
import type { routes } from "@covault/api/coordinator";
import type { Handler } from "@covault/service-kit/http";
import { presentParties, unknownSession } from "./read-session.ts";
import type { RouteParts } from "./route-parts.ts";
import { viewSession } from "./view.ts";

export function abortSession(parts: RouteParts): Handler<typeof routes.abortSession> {
  return async (request) => {
    const { id } = request.params;
    const { state } = await parts.sessions.run(id, () => ({ type: "Stop", data: { sessionId: id } }));
    if (state.plan === undefined) throw unknownSession(id);
    return viewSession(state, await presentParties(parts));
  };
}

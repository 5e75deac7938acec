// POST /api/v1/sessions opens a session for a signed intent. The same intent again gives the same
// session.
import type { routes } from "@covault/api/coordinator";
import { fromBase64 } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import type { Handler } from "@covault/service-kit/http";
import { planOf } from "../session/plan-of-intent.ts";
import { readIntent } from "./read-intent.ts";
import type { RouteParts } from "./route-parts.ts";

export function openSession(parts: RouteParts): Handler<typeof routes.openSession> {
  return async (request) => {
    const { session_id, intent } = request.body;
    const { opened, key } = await readIntent(parts, fromBase64(intent));
    const { sessionId } = opened.intent;
    if (sessionId !== session_id) {
      const facts = { pointer: "/session_id" };
      throw new CovaultError("http/bad-request", `session_id: the intent names another session (${sessionId}).`, { facts });
    }
    await parts.reachesParties();
    const { state } = await parts.sessions.run(session_id, (before) => {
      // A session that is open was planned for the epoch that its key was in at that time.
      const plan = before.plan ?? planOf(opened, key, parts.roster());
      return { type: "Open", data: { plan, intent } };
    });
    return { session_id, status: state.status === "none" ? "open" : state.status };
  };
}

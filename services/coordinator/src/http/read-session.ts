// GET a session, at once or when it has ended (`wait_ms`), and its events.
import { CovaultError } from "@covault/errors";
import { type Api, guardedRefusals, integerParameter, refusal } from "@covault/service-kit/http";
import { z } from "zod";
import { hasEnded } from "../session-watch.ts";
import { noSuchSession, type RouteParts, sessionParams } from "./route-parts.ts";
import { eventView, sessionView, viewEvent, viewSession } from "./view.ts";

const waitMsMax = 55_000;
const query = z.strictObject({ wait_ms: integerParameter(0, waitMsMax).default(0) });
const tags = ["sessions"];

export function unknownSession(id: string): CovaultError {
  return new CovaultError("coordinator/unknown-session", `There is no session ${id}.`);
}

export function readSessionRoutes(api: Api, parts: RouteParts): void {
  const { sessions, store } = parts;
  const schema = {
    tags,
    summary: "A session; with wait_ms, as soon as it has ended",
    params: sessionParams,
    querystring: query,
    response: {
      200: sessionView.describe("The session"),
      ...guardedRefusals,
      ...noSuchSession,
      503: refusal("A part that this service needs is away: ask again"),
    },
  };
  api.get("/api/v1/sessions/:id", { schema }, async (request) => {
    const { id } = request.params;
    const { wait_ms } = request.query;
    if (wait_ms > 0) {
      const standing = await parts.sessionWatch.until(id, hasEnded, wait_ms, parts.stopping);
      // No caller waits on for what cannot happen now.
      if (standing !== undefined && !hasEnded(standing)) await parts.reachesParties();
    }
    const state = await sessions.read(id);
    if (state.plan === undefined) throw unknownSession(id);
    return viewSession(state);
  });

  const eventsSchema = {
    tags,
    summary: "Everything that happened in a session",
    params: sessionParams,
    response: { 200: z.object({ events: z.array(eventView) }).describe("All events, in order"), ...guardedRefusals, ...noSuchSession },
  };
  api.get("/api/v1/sessions/:id/events", { schema: eventsSchema }, async (request) => {
    const events = await store.load(request.params.id);
    if (events.length === 0) throw unknownSession(request.params.id);
    return { events: events.map(viewEvent) };
  });
}

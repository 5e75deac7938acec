// GET a session, at once or when it has ended or waits for pairs (`wait_ms`), and its events.
import type { routes } from "@covault/api/coordinator";
import { CovaultError } from "@covault/errors";
import type { Handler } from "@covault/service-kit/http";
import { isToldAtOnce } from "../session-watch.ts";
import type { RouteParts } from "./route-parts.ts";
import { viewEvent, viewSession } from "./view.ts";

export function unknownSession(id: string): CovaultError {
  return new CovaultError("coordinator/unknown-session", `There is no session ${id}.`);
}

/** The ids of the connected parties. Nobody is known to be connected while presence is away. */
export async function presentParties({ presence }: RouteParts): Promise<readonly string[]> {
  return (await presence.list().catch(() => [])).map(({ partyId }) => partyId);
}

export function getSession(parts: RouteParts): Handler<typeof routes.getSession> {
  return async (request) => {
    const { id } = request.params;
    const { wait_ms } = request.query;
    if (wait_ms > 0) {
      const standing = await parts.sessionWatch.until(id, isToldAtOnce, wait_ms, parts.stopping);
      // No caller waits on for what cannot happen now.
      if (standing !== undefined && !isToldAtOnce(standing)) await parts.reachesParties();
    }
    const state = await parts.sessions.read(id);
    if (state.plan === undefined) throw unknownSession(id);
    return viewSession(state, await presentParties(parts));
  };
}

export function listSessionEvents({ store }: RouteParts): Handler<typeof routes.listSessionEvents> {
  return async (request) => {
    const events = await store.load(request.params.id);
    // An abort that came first is no session yet.
    if (!events.some(({ type }) => type === "SessionOpened")) throw unknownSession(request.params.id);
    return { events: events.map(viewEvent) };
  };
}

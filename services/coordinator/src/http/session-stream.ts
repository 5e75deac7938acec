// GET /api/v1/sessions/{id}/stream gives the events as server-sent events (WHATWG HTML 9.2). Each
// event has its seq as id. A reader that lost its connection goes on from Last-Event-ID, at any
// replica, because the stream follows the table.
import type { ServerResponse } from "node:http";
import type { routes } from "@covault/api/coordinator";
import type { Handler } from "@covault/service-kit/http";
import { onAbort } from "@covault/service-kit/run";
import type { StoredEvent } from "../session/events.ts";
import { hasEnded } from "../session-watch.ts";
import type { Standing } from "../store/event-store.ts";
import { unknownSession } from "./read-session.ts";
import type { RouteParts } from "./route-parts.ts";
import { viewEvent } from "./view.ts";

/** Proxies close a connection that is silent. */
const keepAliveMs = 15_000;

export function streamSessionEvents(parts: RouteParts): Handler<typeof routes.streamSessionEvents> {
  return async (request, reply) => {
    const { id } = request.params;
    if ((await parts.store.standing(id)) === undefined) throw unknownSession(id);
    const after = request.headers["last-event-id"] ?? request.query.last_event_id ?? 0;
    reply.hijack();
    const response = reply.raw;
    const headers = { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no", connection: "close" };
    response.writeHead(200, headers);
    response.flushHeaders();
    if (request.method === "HEAD") {
      response.end();
      return undefined;
    }
    try {
      await follow(parts, id, after, response);
    } catch (error) {
      request.log.error({ err: error, session_id: id }, "event stream failed");
    }
    response.end();
    return undefined;
  };
}

async function follow(parts: RouteParts, id: string, after: number, response: ServerResponse): Promise<void> {
  const over = new AbortController();
  const end = (): void => over.abort();
  const forget = onAbort(parts.stopping, end);
  response.once("close", () => {
    forget();
    end();
  });
  const { signal } = over;
  for (let seq = after; !signal.aborted; ) {
    const isNews = (standing: Standing) => standing.version > seq || hasEnded(standing);
    // The standing is read before the events, so that no event is missed after an end that it
    // shows.
    const standing = await parts.sessionWatch.until(id, isNews, keepAliveMs, signal);
    if (standing === undefined) return;
    const events = standing.version > seq ? await parts.store.load(id, seq) : [];
    for (const event of events) response.write(frame(event));
    seq = events.at(-1)?.seq ?? seq;
    if (hasEnded(standing)) return;
    if (events.length === 0) response.write(": still here\n\n");
  }
}

function frame(event: StoredEvent): string {
  const view = viewEvent(event);
  return `id: ${view.seq}\nevent: ${view.type}\ndata: ${JSON.stringify(view)}\n\n`;
}

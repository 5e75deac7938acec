// GET /api/v1/events?after&limit tells what happened, the oldest first, for a reader that keeps up
// with it.
import type { routes } from "@covault/api/account";
import type { Handler } from "@covault/service-kit/http";
import type { AccountContext } from "../../context.ts";
import { tenantOf } from "../../guard.ts";
import { entryOf } from "../entries.ts";

export function listEvents(context: AccountContext): Handler<typeof routes.listEvents> {
  return async (request) => {
    const { after: seq, limit } = request.query;
    const rows = await context.store.events.after(tenantOf(request), seq, limit);
    return { events: rows.map(entryOf), last: String(rows.at(-1)?.seq ?? seq) };
  };
}

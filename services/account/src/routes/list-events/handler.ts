// GET /api/v1/events?after&limit: what happened, oldest first, for whoever keeps up with it.
import { type Api, guardedRefusals, integerParameter } from "@covault/service-kit/http";
import { z } from "zod";
import type { AccountContext } from "../../context.ts";
import { tenantOf } from "../../guard.ts";
import { after, entryFields, entryOf } from "../entries.ts";

const query = z.strictObject({ after, limit: integerParameter(1, 100).default(20) });
const answer = z.object({
  events: z.array(entryFields.omit({ prev: true, hash: true, tenant: true })),
  last: z.string().describe("The number to ask after next: of the last event here, or the one that was given"),
});

export function listEventsRoute(api: Api, context: AccountContext): void {
  const schema = {
    tags: ["events"],
    summary: "Events after a number, oldest first",
    querystring: query,
    response: { 200: answer.describe("Events; none when nothing has happened since"), ...guardedRefusals },
  };
  api.get("/api/v1/events", { schema }, async (request) => {
    const { after: seq, limit } = request.query;
    const rows = await context.store.events.after(tenantOf(request), seq, limit);
    return { events: rows.map(entryOf), last: String(rows.at(-1)?.seq ?? seq) };
  });
}

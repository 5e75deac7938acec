// GET /api/v1/audit?after&limit&act&actor&account_id: the event log with its hashes, and who did what.
import { type Api, guardedRefusals, integerParameter } from "@covault/service-kit/http";
import { z } from "zod";
import type { AccountContext } from "../../context.ts";
import { tenantOf } from "../../guard.ts";
import { act, after, entryFields, entryOf } from "../entries.ts";
import { plainText } from "../schemas.ts";

const query = z.strictObject({
  after,
  limit: integerParameter(1, 100).default(20),
  act: act.optional(),
  actor: plainText(128).optional().describe("The id of who did it: of an API key, of this service's initiator, or an operator's command"),
  account_id: plainText(128).optional(),
});
const answer = z.object({
  entries: z.array(entryFields),
  last: z.string().describe("The number to ask after next: of the last entry here, or the one that was given"),
});

export function listAuditRoute(api: Api, context: AccountContext): void {
  const schema = {
    tags: ["events"],
    summary: "The audit log after a number, oldest first",
    querystring: query,
    response: { 200: answer.describe("Entries with their hashes"), ...guardedRefusals },
  };
  api.get("/api/v1/audit", { schema }, async (request) => {
    const { after: seq, limit, act, actor, account_id: accountId } = request.query;
    const rows = await context.store.events.after(tenantOf(request), seq, limit, { act, actor, accountId });
    return { entries: rows.map(entryOf), last: String(rows.at(-1)?.seq ?? seq) };
  });
}

// GET /api/v1/audit?after&limit&act&actor&account_id shows the event log with its hashes, and the
// actor of each act.
import type { routes } from "@covault/api/account";
import type { Handler } from "@covault/service-kit/http";
import type { AccountContext } from "../../context.ts";
import { tenantOf } from "../../guard.ts";
import { entryOf } from "../entries.ts";

export function listAudit(context: AccountContext): Handler<typeof routes.listAudit> {
  return async (request) => {
    const { after: seq, limit, act, actor, account_id: accountId } = request.query;
    const rows = await context.store.events.after(tenantOf(request), seq, limit, { act, actor, accountId });
    return { entries: rows.map(entryOf), last: String(rows.at(-1)?.seq ?? seq) };
  };
}

// POST /api/v1/accounts/{id}/backups lets the holders seal their shares now, to the recipients of
// their own settings.
import type { routes } from "@covault/api/account";
import type { Handler } from "@covault/service-kit/http";
import { notActive } from "../../accounts/signing-configuration.ts";
import { askBackups } from "../../backups/ask-backups.ts";
import { viewBackups } from "../../backups/view.ts";
import type { AccountContext } from "../../context.ts";
import { event } from "../../events/event.ts";
import { actorOf } from "../../guard.ts";
import { hex, openKeys } from "../../keys/account-key.ts";
import { keyFor } from "../lifecycle.ts";
import { tenantAccount } from "../tenant-account.ts";

export function createBackups(context: AccountContext): Handler<typeof routes.createBackups> {
  return async (request) => {
    const account = await tenantAccount(context, request, request.params.id);
    if (account.status !== "active") throw notActive(account);
    const all = await openKeys(context, account);
    const wanted = request.body.key === undefined ? all : [keyFor(request.body.key, all)];
    const frame = { tenant: account.tenant_id, actor: actorOf(request), now: new Date(context.nowMs()) };
    const keys = [];
    for (const key of wanted) {
      const asked = event(frame, "backups.asked", { account_id: account.account_id }, { key_id: hex(key.charter.keyId) });
      keys.push(await viewBackups(context, await askBackups(context, account, key, [asked])));
    }
    return { keys };
  };
}

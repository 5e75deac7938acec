// GET /api/v1/accounts/{id}/backups shows what the holders said when they were asked last.
import type { routes } from "@covault/api/account";
import type { Handler } from "@covault/service-kit/http";
import { notActive } from "../../accounts/signing-configuration.ts";
import { viewBackups } from "../../backups/view.ts";
import type { AccountContext } from "../../context.ts";
import { openKeys } from "../../keys/account-key.ts";
import { tenantAccount } from "../tenant-account.ts";

export function listBackups(context: AccountContext): Handler<typeof routes.listBackups> {
  return async (request) => {
    const account = await tenantAccount(context, request, request.params.id);
    if (account.status !== "active") throw notActive(account);
    const keys = await openKeys(context, account);
    return { keys: await Promise.all(keys.map((key) => viewBackups(context, key))) };
  };
}

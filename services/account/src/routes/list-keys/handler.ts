// GET /api/v1/accounts/{id}/keys shows the account's keys.
import type { routes } from "@covault/api/account";
import type { Handler } from "@covault/service-kit/http";
import { notActive } from "../../accounts/signing-configuration.ts";
import type { AccountContext } from "../../context.ts";
import { openKeys } from "../../keys/account-key.ts";
import { viewKeys } from "../../keys/view.ts";
import { tenantAccount } from "../tenant-account.ts";

export function listKeys(context: AccountContext): Handler<typeof routes.listKeys> {
  return async (request) => {
    const account = await tenantAccount(context, request, request.params.id);
    if (account.status !== "active") throw notActive(account);
    return { keys: await viewKeys(context, await openKeys(context, account)) };
  };
}

// GET /api/v1/accounts/{id} shows one account.
import type { routes } from "@covault/api/account";
import type { Handler } from "@covault/service-kit/http";
import { viewAccount } from "../../accounts/view.ts";
import type { AccountContext } from "../../context.ts";
import { tenantAccount } from "../tenant-account.ts";

export function getAccount(context: AccountContext): Handler<typeof routes.getAccount> {
  return async (request) => viewAccount(context, await tenantAccount(context, request, request.params.id));
}

// GET /api/v1/accounts/{id}/signing-configuration shows the signing configuration.
import type { routes } from "@covault/api/account";
import type { Handler } from "@covault/service-kit/http";
import { configurationOf, notActive } from "../../accounts/signing-configuration.ts";
import type { AccountContext } from "../../context.ts";
import { keyOfAccount } from "../../keys/account-key.ts";
import { tenantAccount } from "../tenant-account.ts";

export function getSigningConfiguration(context: AccountContext): Handler<typeof routes.getSigningConfiguration> {
  return async (request) => {
    const account = await tenantAccount(context, request, request.params.id);
    if (account.status !== "active") throw notActive(account);
    return configurationOf(account, await keyOfAccount(context, account));
  };
}

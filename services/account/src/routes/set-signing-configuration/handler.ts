// PUT /api/v1/accounts/{id}/signing-configuration replaces the signing configuration as a whole.
import type { routes } from "@covault/api/account";
import type { Handler } from "@covault/service-kit/http";
import { changeConfiguration } from "../../accounts/signing-configuration.ts";
import type { AccountContext } from "../../context.ts";
import { actorOf, tenantOf } from "../../guard.ts";
import { noAccount } from "../tenant-account.ts";

export function setSigningConfiguration(context: AccountContext): Handler<typeof routes.setSigningConfiguration> {
  return async (request) => {
    const changed = await changeConfiguration(context, tenantOf(request), request.params.id, request.body, actorOf(request));
    if (!changed) throw noAccount(request.params.id);
    return changed;
  };
}

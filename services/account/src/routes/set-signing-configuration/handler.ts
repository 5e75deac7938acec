// PUT /api/v1/accounts/{id}/signing-configuration: replaces it whole.
import { type Api, bodyRefusals, guardedRefusals } from "@covault/service-kit/http";
import { changeConfiguration } from "../../accounts/signing-configuration.ts";
import type { AccountContext } from "../../context.ts";
import { actorOf, tenantOf } from "../../guard.ts";
import { accountParams, noSuchAccount, signingConfiguration, whenActive } from "../schemas.ts";
import { noAccount } from "../tenant-account.ts";

const body = signingConfiguration.extend({ required: signingConfiguration.shape.required.default([]) }).strict();

export function setSigningConfigurationRoute(api: Api, context: AccountContext): void {
  const schema = {
    tags: ["signing"],
    summary: "Choose who signs, and in what order of preference",
    params: accountParams,
    body,
    response: {
      200: signingConfiguration.describe("Who signs from now on"),
      ...noSuchAccount,
      ...whenActive,
      ...guardedRefusals,
      ...bodyRefusals,
    },
  };
  api.put("/api/v1/accounts/:id/signing-configuration", { schema }, async (request) => {
    const changed = await changeConfiguration(context, tenantOf(request), request.params.id, request.body, actorOf(request));
    if (!changed) throw noAccount(request.params.id);
    return { parties: [...changed.parties], required: [...changed.required] };
  });
}

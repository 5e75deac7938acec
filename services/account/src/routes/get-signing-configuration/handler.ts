// GET /api/v1/accounts/{id}/signing-configuration.
import { type Api, guardedRefusals } from "@covault/service-kit/http";
import { configurationOf, notActive } from "../../accounts/signing-configuration.ts";
import type { AccountContext } from "../../context.ts";
import { keyOfAccount } from "../../keys/account-key.ts";
import { accountParams, noSuchAccount, signingConfiguration, whenActive } from "../schemas.ts";
import { tenantAccount } from "../tenant-account.ts";

export function getSigningConfigurationRoute(api: Api, context: AccountContext): void {
  const schema = {
    tags: ["signing"],
    summary: "Who signs, and in what order of preference",
    params: accountParams,
    response: { 200: signingConfiguration.describe("Who signs now"), ...noSuchAccount, ...whenActive, ...guardedRefusals },
  };
  api.get("/api/v1/accounts/:id/signing-configuration", { schema }, async (request) => {
    const account = await tenantAccount(context, request, request.params.id);
    if (account.status !== "active") throw notActive(account);
    const { parties, required } = configurationOf(account, await keyOfAccount(context, account));
    return { parties: [...parties], required: [...required] };
  });
}

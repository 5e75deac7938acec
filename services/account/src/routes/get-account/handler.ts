// GET /api/v1/accounts/{id}.
import type { Api } from "@covault/service-kit";
import { viewAccount } from "../../accounts/view.ts";
import type { AccountContext } from "../../context.ts";
import { account, accountParams, errorBody, refusals } from "../schemas.ts";
import { tenantAccount } from "../tenant-account.ts";

export function getAccountRoute(api: Api, context: AccountContext): void {
  const schema = {
    tags: ["accounts"],
    summary: "One account",
    params: accountParams,
    response: { 200: account, 404: errorBody, ...refusals },
  };
  api.get("/api/v1/accounts/:id", { schema }, async (request) =>
    viewAccount(context, await tenantAccount(context, request, request.params.id)),
  );
}

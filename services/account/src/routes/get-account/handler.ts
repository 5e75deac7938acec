// GET /api/v1/accounts/{id}.
import { type Api, guardedRefusals } from "@covault/service-kit/http";
import { viewAccount } from "../../accounts/view.ts";
import type { AccountContext } from "../../context.ts";
import { account, accountParams, noSuchAccount } from "../schemas.ts";
import { tenantAccount } from "../tenant-account.ts";

export function getAccountRoute(api: Api, context: AccountContext): void {
  const schema = {
    tags: ["accounts"],
    summary: "One account",
    params: accountParams,
    response: { 200: account.describe("The account"), ...noSuchAccount, ...guardedRefusals },
  };
  api.get("/api/v1/accounts/:id", { schema }, async (request) =>
    viewAccount(context, await tenantAccount(context, request, request.params.id)),
  );
}

// GET /api/v1/accounts/{id}/keys.
import { type Api, guardedRefusals } from "@covault/service-kit/http";
import { z } from "zod";
import { notActive } from "../../accounts/signing-configuration.ts";
import type { AccountContext } from "../../context.ts";
import { openKeys } from "../../keys/account-key.ts";
import { keyView } from "../../keys/view.ts";
import { accountParams, key, noSuchAccount, whenActive } from "../schemas.ts";
import { tenantAccount } from "../tenant-account.ts";

const answer = z.object({ keys: z.array(key) });

export function getKeysRoute(api: Api, context: AccountContext): void {
  const schema = {
    tags: ["keys"],
    summary: "The account's keys, with what anybody needs to verify them and to derive their children",
    params: accountParams,
    response: { 200: answer.describe("One key of each scheme, the first one first"), ...noSuchAccount, ...whenActive, ...guardedRefusals },
  };
  api.get("/api/v1/accounts/:id/keys", { schema }, async (request) => {
    const account = await tenantAccount(context, request, request.params.id);
    if (account.status !== "active") throw notActive(account);
    return { keys: (await openKeys(context, account)).map(keyView) };
  });
}

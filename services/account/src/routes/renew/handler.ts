// POST /api/v1/accounts/{id}/renew makes the pair of two holders anew.
import type { routes } from "@covault/api/account";
import type { Handler } from "@covault/service-kit/http";
import type { AccountContext } from "../../context.ts";
import { renew as operation, type RenewRequest } from "../../operations/renew.ts";
import { answerLaunched } from "../lifecycle.ts";

export function renew(context: AccountContext): Handler<typeof routes.renew> {
  return (request, reply) => {
    const parties = [...request.body.parties].sort() as unknown as RenewRequest["parties"];
    return answerLaunched(context, request, reply, { operation, wanted: { parties }, fields: [...parties] });
  };
}

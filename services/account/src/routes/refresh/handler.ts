// POST /api/v1/accounts/{id}/refresh makes the shares of a key anew.
import type { routes } from "@covault/api/account";
import type { Handler } from "@covault/service-kit/http";
import type { AccountContext } from "../../context.ts";
import { refresh as operation } from "../../operations/refresh.ts";
import { answerLaunched } from "../lifecycle.ts";

export function refresh(context: AccountContext): Handler<typeof routes.refresh> {
  return (request, reply) => answerLaunched(context, request, reply, { operation, wanted: {}, fields: [] });
}

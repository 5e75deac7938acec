// POST /api/v1/accounts/{id}/repair gives a holder its lost share back.
import type { routes } from "@covault/api/account";
import type { Handler } from "@covault/service-kit/http";
import type { AccountContext } from "../../context.ts";
import { repair as operation } from "../../operations/repair.ts";
import { answerLaunched } from "../lifecycle.ts";

export function repair(context: AccountContext): Handler<typeof routes.repair> {
  return (request, reply) => {
    const { party_id: partyId } = request.body;
    return answerLaunched(context, request, reply, { operation, wanted: { partyId }, fields: [partyId] });
  };
}

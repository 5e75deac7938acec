// POST /api/v1/accounts/{id}/reshare gives a key other holders, or another threshold.
import type { routes } from "@covault/api/account";
import type { Handler } from "@covault/service-kit/http";
import type { AccountContext } from "../../context.ts";
import { reshare as operation } from "../../operations/reshare.ts";
import { answerLaunched } from "../lifecycle.ts";

export function reshare(context: AccountContext): Handler<typeof routes.reshare> {
  return (request, reply) => {
    const { threshold_t: thresholdT, threshold_n: thresholdN, parties, leave_out: leaveOut = [], force } = request.body;
    const names = [JSON.stringify(parties ?? null), JSON.stringify(leaveOut)];
    const fields = [thresholdT ?? null, thresholdN ?? null, ...names, force ?? null];
    return answerLaunched(context, request, reply, { operation, wanted: { thresholdT, thresholdN, parties, leaveOut, force }, fields });
  };
}

// POST /api/v1/accounts/{id}/recover makes the lost share of one holder anew.
import type { routes } from "@covault/api/account";
import type { Handler } from "@covault/service-kit/http";
import type { AccountContext } from "../../context.ts";
import { recover as operation } from "../../operations/recover.ts";
import { answerLaunched } from "../lifecycle.ts";

export function recover(context: AccountContext): Handler<typeof routes.recover> {
  return (request, reply) => {
    const { party_id: partyId, replacement_identity: text } = request.body;
    const identity = text === undefined ? undefined : new Uint8Array(Buffer.from(text.replace(/^0x/i, ""), "hex"));
    const fields = [partyId, identity === undefined ? null : Buffer.from(identity).toString("hex")];
    return answerLaunched(context, request, reply, { operation, wanted: { partyId, identity }, fields });
  };
}

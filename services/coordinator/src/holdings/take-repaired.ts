// The word of a holder that it has its share again (dkls23-spec 7.2). It gives it unasked at the
// end of a repair. The nonce is the id of the attempt, and the share is held in the session's
// epoch.
import { toBinary } from "@bufbuild/protobuf";
import { base64, fromHex, hex } from "@covault/crypto";
import { parseExact, type SchemeName, verifyHolding } from "@covault/trust";
import { HoldingSchema, type Signed, SignedSchema } from "@covault/wire";
import type { Sessions } from "../sessions.ts";
import type { EventStore } from "../store/event-store.ts";

export interface RepairParts {
  readonly sessions: Sessions;
  readonly store: Pick<EventStore, "repairAttempt">;
}

/**
 * Ends the session of the repair. Gives whether it has ended now. Throws `trust/bad-holding`.
 */
export async function takeRepaired({ sessions, store }: RepairParts, partyId: string, holding: Signed | undefined): Promise<boolean> {
  const nonce = holding && parseExact(HoldingSchema, holding.body)?.nonce;
  if (holding === undefined || nonce === undefined || nonce.length !== 32) return false;
  const named = await store.repairAttempt(hex(nonce));
  if (named === undefined) return false;
  const { events } = await sessions.run(named.sessionId, ({ plan }) => {
    const seat = plan?.seats.find((member) => member.partyId === partyId);
    if (plan?.within === undefined || plan.receiver !== partyId || seat === undefined) return undefined;
    const holder = { partyId, idpk: fromHex(seat.idpk) };
    const { keyId, epoch } = plan.within;
    const said = verifyHolding(holding, { holder, keyId: fromHex(keyId), nonce, scheme: plan.scheme as SchemeName });
    // A receiver that answers before its share is there says so. It goes on.
    if (said.share !== "held" || hex(said.epoch) !== epoch || said.shareIndex !== seat.shareIndex) return undefined;
    return { type: "Repair", data: { attempt: named.attempt, holding: base64(toBinary(SignedSchema, holding)) } };
  });
  return events.length > 0;
}

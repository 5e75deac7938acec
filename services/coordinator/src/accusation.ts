// What a party's report holds against others: only under its identity key, for this very attempt. The router stamps who a message is from, and a
// router that lies must not be able to burn pairs or to make parties suspect.
import { verifyAccusation } from "@covault/verify";
import type { Signed } from "@covault/wire";
import { fromHex } from "./session/bytes.ts";
import type { Attempt, SessionState } from "./session/state.ts";

interface Held {
  /** Share indices, ascending, as the accuser names them; nobody when it signed nothing. */
  readonly culprits: readonly number[];
  readonly consequence: "retry" | "burn";
}

/** Throws trust/bad-accusation: the whole report counts for nothing. */
export function heldAgainst(state: SessionState, attempt: Attempt, partyId: string, accusation: Signed | undefined): Held {
  const seat = state.plan?.seats.find((member) => member.partyId === partyId);
  if (accusation === undefined || seat === undefined || state.plan === undefined) return { culprits: [], consequence: "retry" };
  const { sessionId } = state.plan;
  const member = { partyId, idpk: fromHex(seat.idpk) };
  const { culprits, consequence } = verifyAccusation(accusation, { sessionId, rid: fromHex(attempt.rid), member });
  return { culprits, consequence: consequence === "burn" ? "burn" : "retry" };
}

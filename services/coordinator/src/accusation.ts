// What a party's report holds against others. It counts only under the party's identity key, and
// for this very attempt. The router stamps the sender of a message. A router that lies must not be
// able to burn pairs, or to make parties suspect.
import { fromHex } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import { type ExpectedAccusation, verifyAccusation } from "@covault/trust";
import type { Signed } from "@covault/wire";
import type { Attempt, SessionState } from "./session/state.ts";

interface Report {
  /** The kind of envelope that the report came in. */
  readonly kind: ExpectedAccusation["report"];
  readonly code: string;
  readonly accusation?: Signed | undefined;
}

interface Held {
  /** Share indices, ascending, as the accuser names them. Empty when it signed nothing. */
  readonly culprits: readonly number[];
  readonly consequence: "retry" | "burn";
  /** The round that the accusation speaks of. */
  readonly round: number;
}

/**
 * Gives the part of a party's report that the party signed. Throws trust/bad-accusation, and then
 * the whole report counts for nothing.
 */
export function heldAgainst(state: SessionState, attempt: Attempt, partyId: string, report: Report): Held {
  const { accusation } = report;
  const seat = state.plan?.seats.find((member) => member.partyId === partyId);
  if (accusation === undefined || seat === undefined || state.plan === undefined) return { culprits: [], consequence: "retry", round: 0 };
  const { sessionId } = state.plan;
  const member = { partyId, idpk: fromHex(seat.idpk) };
  const { code, culprits, consequence, round } = verifyAccusation(accusation, {
    sessionId,
    rid: fromHex(attempt.rid),
    member,
    report: report.kind,
  });
  // What a member signed for one report must not be carried in another.
  if (code !== report.code)
    throw new CovaultError("trust/bad-accusation", `The accusation by ${partyId} is of ${code}, in a report of ${report.code}.`);
  return { culprits, consequence: consequence === "burn" ? "burn" : "retry", round };
}

// GET /api/v1/import-recipient gives a party's key for one import. It is the party's own word,
// which whoever seals a private key has to verify for himself.
import { randomBytes } from "node:crypto";
import type { routes } from "@covault/api/account";
import { fromBase64 } from "@covault/crypto";
import { asCovaultError, CovaultError } from "@covault/errors";
import type { Handler } from "@covault/service-kit/http";
import { type ExpectedRecipient, parseExact, rosterParty, verifyImportRecipient } from "@covault/trust";
import { type ImportRecipient, SignedSchema } from "@covault/wire";
import type { AccountContext } from "../../context.ts";
import { hex } from "../../keys/account-key.ts";

export function importsOff(): CovaultError {
  return new CovaultError("account/import-off", "This service asks for no imports: ALLOW_IMPORT is off.");
}

export function getImportRecipient(context: AccountContext): Handler<typeof routes.getImportRecipient> {
  return async (request) => {
    if (!context.allows.imports) throw importsOff();
    const { party_id: partyId } = request.query;
    const party = rosterParty(context.roster(), partyId, context.nowMs());
    if (party === undefined) throw new CovaultError("party/import-refused", `The roster has no party ${partyId}.`);
    const nonce = new Uint8Array(randomBytes(32));
    const { recipients, absent } = await context.coordinator.importRecipients(nonce, [partyId]);
    for (const statement of recipients) {
      const said = verified(context, { party, nonce }, statement);
      if (said === undefined) continue;
      const { code, x25519, expiresAtMs } = said;
      if (code !== "") throw new CovaultError("party/import-refused", `${partyId} takes no import (${code}).`);
      return { party_id: partyId, recipient: hex(x25519), statement, expires_at: new Date(Number(expiresAtMs)).toISOString() };
    }
    const why = absent.includes(partyId) ? "is not connected" : "has given no key that it has signed";
    throw new CovaultError("party/import-refused", `${partyId} ${why}, so nothing can be sealed to it.`);
  };
}

/** A statement that the party has not signed for this question is worth nothing. */
function verified(
  { nowMs }: AccountContext,
  asked: Pick<ExpectedRecipient, "party" | "nonce">,
  statement: string,
): ImportRecipient | undefined {
  const signed = parseExact(SignedSchema, fromBase64(statement));
  if (signed === undefined) return undefined;
  try {
    return verifyImportRecipient(signed, { ...asked, nowMs: nowMs() });
  } catch (error) {
    if (asCovaultError(error)?.kind !== "usage") throw error;
    return undefined;
  }
}

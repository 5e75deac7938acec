// GET /api/v1/import-recipient gives a party's key for one import. It is the party's own word,
// which whoever seals a private key has to verify for himself.
import { randomBytes } from "node:crypto";
import type { routes } from "@covault/api/account";
import { fromBase64 } from "@covault/crypto";
import { asCovaultError, CovaultError } from "@covault/errors";
import type { Handler } from "@covault/service-kit/http";
import { parseExact, rosterParty, verifyImportRecipient } from "@covault/trust";
import { type ImportRecipient, SignedSchema } from "@covault/wire";
import { entitled } from "../../accounts/choose-members.ts";
import type { AccountContext } from "../../context.ts";
import { hex } from "../../keys/account-key.ts";

const askedMax = 20;

export function importsOff(): CovaultError {
  return new CovaultError("account/import-off", "This service asks for no imports: ALLOW_IMPORT is off.");
}

export function getImportRecipient(context: AccountContext): Handler<typeof routes.getImportRecipient> {
  return async (request) => {
    if (!context.allows.imports) throw importsOff();
    const named = request.query.party_id;
    const nonce = new Uint8Array(randomBytes(32));
    const all = context.roster().parties.filter((party) => entitled(party, context.nowMs()));
    const parties = named === undefined ? all.map(({ partyId }) => partyId).slice(0, askedMax) : [named];
    const { recipients, absent } = await context.coordinator.importRecipients(nonce, parties);
    const given = recipients.map((statement) => ({ statement, said: verified(context, nonce, statement) }));
    const offered = given.find(({ said }) => said !== undefined && said.code === "");
    if (offered?.said !== undefined) {
      const { partyId, x25519, expiresAtMs } = offered.said;
      const expires_at = new Date(Number(expiresAtMs)).toISOString();
      return { party_id: partyId, recipient: hex(x25519), statement: offered.statement, expires_at };
    }
    const refused = given.flatMap(({ said }) => (said === undefined ? [] : [`${said.partyId} (${said.code})`]));
    const text = `No party takes an import. Refused: ${refused.join(", ") || "nobody"}. Away: ${absent.join(", ") || "nobody"}.`;
    throw new CovaultError("party/import-refused", text);
  };
}

/** A statement that nobody who was asked has signed is worth nothing. */
function verified({ roster, nowMs }: AccountContext, nonce: Uint8Array, statement: string): ImportRecipient | undefined {
  const signed = parseExact(SignedSchema, fromBase64(statement));
  const party = signed && rosterParty(roster(), signed.signer, nowMs());
  if (signed === undefined || party === undefined) return undefined;
  try {
    return verifyImportRecipient(signed, { party, nonce, nowMs: nowMs() });
  } catch (error) {
    if (asCovaultError(error)?.kind !== "usage") throw error;
    return undefined;
  }
}

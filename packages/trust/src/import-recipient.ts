// This file verifies what a party answers to the question for a key to seal an import to. Whoever
// seals a private key has to know that the key to seal to is that of the party and of nobody else.
import { same } from "@covault/crypto";
import { type ImportRecipient, ImportRecipientSchema, type Member, type Signed, signatureTags } from "@covault/wire";
import { fieldChecks, parseExact } from "./fields.ts";
import { signingKeyOf } from "./signature.ts";

export interface ExpectedRecipient {
  /** The party that was asked, with its identity key of the roster. */
  readonly party: Pick<Member, "partyId" | "idpk">;
  /** The 32 bytes of the question. `any` is for who did not ask it and looks at the time alone. */
  readonly nonce: Uint8Array | "any";
  readonly nowMs: number;
}

/** Verifies the answer. Throws `trust/bad-import-recipient`, also when its time is over. */
export function verifyImportRecipient(signed: Signed, { party, nonce, nowMs }: ExpectedRecipient): ImportRecipient {
  const check = fieldChecks("trust/bad-import-recipient", `The import key of ${party.partyId}`);
  check.that(signed.signer === party.partyId, "another party claims to have signed it");
  signingKeyOf(signed, signatureTags.importRecipient, [party.idpk], check, "its identity key did not sign it");
  const given = parseExact(ImportRecipientSchema, signed.body) ?? check.fail("its body cannot be read in exactly one way");
  check.that(given.partyId === party.partyId, "party_id is not the signer's");
  check.that(nonce === "any" ? given.nonce.length === 32 : same(given.nonce, nonce), "nonce is that of another question");
  check.that(given.x25519.length > 0 !== given.code.length > 0, "it has not one of x25519 and code");
  check.bytesOrNone(given.x25519, 32, "x25519");
  check.that(given.code !== "" || given.expiresAtMs > BigInt(nowMs), "it has expired");
  return given;
}

// The public entry "import": what the owner of a private key does with it before it leaves.
import { CovaultError } from "@covault/errors";
import { parseExact, rosterParty, verifyImportRecipient } from "@covault/trust";
import { type Roster, SignedSchema } from "@covault/wire";
import { protocolFor } from "../protocols/protocol.ts";
import { protocols } from "../protocols/registry.ts";
import type { PrivateKey } from "./sealed-key.ts";

export { type PrivateKey, type SealedKeyTerms, sealKey } from "./sealed-key.ts";

/** Gives the public key of a private key, in the scheme's form. Throws `mpc/bad-setup`. */
export function publicKeyOf(scheme: string, key: PrivateKey): Uint8Array {
  const of = protocolFor(protocols, "import", scheme)?.publicKeyOf;
  if (of === undefined) throw new CovaultError("party/unknown-protocol", `There is no import of keys for ${scheme}.`);
  return of(key);
}

/**
 * Gives the key that a private key may be sealed to, X25519: the one that this party of a verified
 * roster has signed (an encoded `Signed` import recipient). Throws `trust/bad-import-recipient`.
 */
export function recipientKey(statement: Uint8Array, partyId: string, roster: Roster, nowMs: number): Uint8Array {
  const signed = parseExact(SignedSchema, statement);
  const party = rosterParty(roster, partyId, nowMs);
  if (signed === undefined || party === undefined)
    throw new CovaultError("trust/bad-import-recipient", `The roster has no party ${partyId} that has signed a key for an import.`);
  const { x25519, code } = verifyImportRecipient(signed, { party, nonce: "any", nowMs });
  if (code !== "") throw new CovaultError("party/import-refused", `${partyId} takes no import (${code}).`);
  return x25519;
}

// This file verifies what a holder answers to an export: its share, sealed for the recipient that
// its own configuration lists, or why it refuses. Whether the document holds the share, the
// recipient's tool checks against the key's public shares (docs/protocols/backup.md).
import { same } from "@covault/crypto";
import { type Member, type Release, ReleaseSchema, type Signed, signatureTags } from "@covault/wire";
import { fieldChecks, parseExact } from "./fields.ts";
import { signingKeyOf } from "./signature.ts";

export interface ExpectedRelease {
  /** The holder that was asked, with its identity key. */
  readonly holder: Pick<Member, "partyId" | "idpk">;
  /** The id of the intent that it was asked with (`intentIdOf`), 32 bytes. */
  readonly intentId: Uint8Array;
  readonly keyId: Uint8Array;
}

/**
 * The most bytes of a document, which comes without the key's chain. That of a key of twenty
 * parties has about 14,000, and twenty of these fit into one answer of the coordinator.
 */
const documentBytesMax = 65_536;
const codeForm = /^[a-z]{1,32}\/[a-z-]{1,64}$/;

/**
 * Verifies the answer of one holder: it has a document, or a code and no document. It proves that
 * the holder said so to this intent. Throws `trust/bad-release`.
 */
export function verifyRelease(signed: Signed, { holder, intentId, keyId }: ExpectedRelease): Release {
  const check = fieldChecks("trust/bad-release", `The answer of ${holder.partyId} to an export`);
  check.that(signed.signer === holder.partyId, "another party claims to have signed it");
  signingKeyOf(signed, signatureTags.release, [holder.idpk], check, "its identity key did not sign it");
  const release = parseExact(ReleaseSchema, signed.body) ?? check.fail("its body cannot be read in exactly one way");
  check.that(release.partyId === holder.partyId, "party_id is not the signer's");
  check.that(same(release.keyId, keyId), "key_id is that of another key");
  check.that(same(release.intentId, intentId), "intent_id is that of another intent");
  check.that(release.document.length > 0 !== release.code.length > 0, "it has not one of document and code");
  check.that(release.document.length <= documentBytesMax, `document has ${release.document.length} bytes, more than ${documentBytesMax}`);
  check.that(release.code === "" || codeForm.test(release.code), "code is no error code");
  return release;
}

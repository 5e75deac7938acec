// This file verifies what a party says that it has sealed of its share of a key. It proves that the
// party said so. That the documents open can be told by the documents alone, which stay with the
// party (docs/protocols/backup.md).
import { hex, same } from "@covault/crypto";
import { type Backup, BackupSchema, type Member, type Signed, signatureTags } from "@covault/wire";
import { compareBytes } from "./bytes.ts";
import { fieldChecks, parseExact } from "./fields.ts";
import { signingKeyOf } from "./signature.ts";

/** The most recipients that a party seals backups to. */
export const recipientsMax = 8;

export interface ExpectedBackup {
  /**
   * The party that was asked, with its identity key of the roster or of the epoch's certificate.
   */
  readonly holder: Pick<Member, "partyId" | "idpk">;
  readonly keyId: Uint8Array;
  /** The 32 bytes of the question. */
  readonly nonce: Uint8Array;
}

/** Verifies the answer of one party. Throws `trust/bad-backup`. */
export function verifyBackup(signed: Signed, { holder, keyId, nonce }: ExpectedBackup): Backup {
  const check = fieldChecks("trust/bad-backup", `The statement of ${holder.partyId}`);
  check.that(signed.signer === holder.partyId, "another party claims to have signed it");
  signingKeyOf(signed, signatureTags.backup, [holder.idpk], check, "its identity key did not sign it");
  const backup = parseExact(BackupSchema, signed.body) ?? check.fail("its body cannot be read in exactly one way");
  const { epoch, epochNumber, shareIndex, copies } = backup;
  check.that(backup.partyId === holder.partyId, "party_id is not the signer's");
  check.that(same(backup.keyId, keyId), "key_id is that of another key");
  check.that(same(backup.nonce, nonce), "nonce is that of another question");
  check.bytesOrNone(epoch, 32, "epoch");
  check.that(epoch.length > 0 || epochNumber === 0, "epoch_number is given without epoch");
  check.that(shareIndex <= 65_535, `share_index is ${shareIndex}, more than 65535`);
  check.that(epoch.length > 0 || shareIndex === 0, "share_index is given without epoch");
  check.that(shareIndex > 0 || copies.length === 0, "copies are given without a share");
  check.that(copies.length <= recipientsMax, `copies has ${copies.length} entries, more than ${recipientsMax}`);
  for (const [at, { recipient, document, madeAtMs }] of copies.entries()) {
    check.bytes(recipient, 32, "copies.recipient");
    check.bytes(document, 32, "copies.document");
    check.that(madeAtMs <= BigInt(latestMs), `copies.made_at_ms is ${madeAtMs}, which is no time`);
    const before = copies[at - 1]?.recipient;
    check.that(before === undefined || compareBytes(before, recipient) < 0, `copies.recipient ${hex(recipient)} is not ascending`);
  }
  return backup;
}

/** The last moment that RFC 3339 can name, in milliseconds since 1970. */
const latestMs = Date.UTC(9999, 11, 31);

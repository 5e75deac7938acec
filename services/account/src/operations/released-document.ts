// What a holder releases for an export: its share, sealed to the recipient, in the form of a sealed
// backup (docs/protocols/backup.md). It comes without the key's chain, which this service has, and
// is checked here without being opened. That t documents belong together, the export itself says.
import { same } from "@covault/crypto";
import { asCovaultError, type ErrorCode } from "@covault/errors";
import { type BackupDocument, checkBackup, decodeBackup, encodeBackup, fingerprintOf } from "@covault/party/backup";
import { type InitiatorKeys, parseExact } from "@covault/trust";
import { CertificateSchema, type ExportAction, type Release } from "@covault/wire";

export interface ExpectedDocument {
  readonly asked: ExportAction;
  /** The id of the export's intent, 32 bytes. */
  readonly intentId: Uint8Array;
  /** The key's encoded certificates up to the epoch that is exported. */
  readonly certificates: readonly Uint8Array[];
  readonly keysOf: InitiatorKeys;
}

/**
 * Gives the document of a release with the key's chain, as its recipient needs it. Throws
 * `backup/foreign`, `backup/newer-version` and `backup/damaged`.
 */
export function withChain({ document }: Release, { certificates, keysOf }: ExpectedDocument): Uint8Array {
  const ids = new Set(certificates.map((each) => parseExact(CertificateSchema, each)?.intent?.signer ?? ""));
  const initiators = [...ids].flatMap((initiatorId) => keysOf(initiatorId).map((key) => ({ initiatorId, key })));
  return encodeBackup({ ...decodeBackup(document), certificates, initiators });
}

/**
 * Gives the code of what keeps a release from being the signer's share of the epoch, sealed to the
 * recipient in answer to the intent, and undefined when nothing does. It takes some tenths of a
 * second.
 */
export function faultCodeOf(release: Release, expected: ExpectedDocument): ErrorCode | undefined {
  try {
    const { document } = checkBackup(withChain(release, expected), expected.keysOf);
    return answers(document, release, expected) ? undefined : "backup/not-proven";
  } catch (error) {
    const known = asCovaultError(error);
    if (known?.kind !== "usage") throw error;
    return known.code;
  }
}

const answers = (document: BackupDocument, { partyId }: Release, { asked, intentId }: ExpectedDocument): boolean =>
  same(document.keyId, asked.keyId) &&
  same(document.epoch, asked.epoch) &&
  document.partyId === partyId &&
  same(fingerprintOf(document.recipient), asked.recipient) &&
  document.intentId !== undefined &&
  same(document.intentId, intentId);

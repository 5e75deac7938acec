// The name of a document's file: key, epoch, party and recipient. Two epochs have two files, so a
// party whose store was restored never writes over the share of an epoch that it has lost.
import { fromHex, hex } from "@covault/crypto";

export interface BackupName {
  readonly keyId: Uint8Array;
  readonly epochNumber: number;
  /** The epoch, or its first 4 bytes. */
  readonly epoch: Uint8Array;
  readonly partyId: string;
  /** The fingerprint of the recipient, or its first 8 bytes. */
  readonly recipient: Uint8Array;
}

export const backupName = ({ keyId, epochNumber, epoch, partyId, recipient }: BackupName): string =>
  `${hex(keyId)}.${epochNumber}-${hex(epoch.subarray(0, 4))}.${partyId}.${hex(recipient.subarray(0, 8))}.json`;

const form = /^([0-9a-f]{64})\.(\d{1,10})-([0-9a-f]{8})\.([^.]+)\.([0-9a-f]{16})\.json$/;

/** Gives undefined for the name of any other file. */
export function parseBackupName(name: string): BackupName | undefined {
  const [, keyId, epochNumber, epoch, partyId, recipient] = form.exec(name) ?? [];
  if (keyId === undefined || epoch === undefined || partyId === undefined || recipient === undefined) return undefined;
  return { keyId: fromHex(keyId), epochNumber: Number(epochNumber), epoch: fromHex(epoch), partyId, recipient: fromHex(recipient) };
}

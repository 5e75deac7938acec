// Makes the document of one share for one recipient: a backup, or what an export releases. The
// share is opened and sealed in a worker.
import { CovaultError } from "@covault/errors";
import { keysOf, type VerifiedKey } from "@covault/trust";
import { shareAtRest } from "../attempt/job.ts";
import { certified } from "../commit/chain.ts";
import type { PartyDeps } from "../deps.ts";
import type { StoredShare } from "../ports/store.ts";
import { shareCodecOf } from "../protocols/registry.ts";
import { eraseKeys } from "../vault/blob.ts";
import { type BackupDocument, encodeBackup } from "./backup-document.ts";
import { statementOf } from "./check-backup.ts";

export interface ToSeal {
  /** The key in the epoch of the share. */
  readonly key: VerifiedKey;
  readonly share: StoredShare;
  /** A compressed point of secp256k1, 33 bytes, from this party's own configuration. */
  readonly recipient: Uint8Array;
  /**
   * The intent of an export, 32 bytes. A backup has none. An export's document leaves without the
   * key's chain, which grows with every epoch and would not fit a message for ever. Whoever asks
   * has the chain, and puts it in.
   */
  readonly intentId?: Uint8Array;
}

/**
 * Gives the bytes of the document. Throws `party/not-a-member` for an epoch that this party is no
 * holder of, and `party/unreadable-secret`.
 */
export async function sealDocument(deps: PartyDeps, { key, share, recipient, intentId }: ToSeal): Promise<Uint8Array> {
  const { partyId, runner } = deps;
  const { keyId, epoch, epochNumber, record } = share;
  const { scheme } = key.charter;
  const mine = key.members.find((member) => member.partyId === partyId);
  if (mine === undefined) throw new CovaultError("party/not-a-member", `${partyId} is no holder of epoch ${epochNumber}.`);
  const { shareIndex } = mine;
  const of = { scheme, keyId, epoch, epochNumber, partyId, shareIndex, record, recipient };
  const terms = intentId === undefined ? of : { ...of, intentId };
  const chain = intentId === undefined ? await chainOf(deps, keyId) : { certificates: [], initiators: [] };
  const statement = statementOf(terms, shareCodecOf(scheme).record(record));
  const atRest = await shareAtRest(deps, share);
  try {
    const secrets = runner.open("stored");
    try {
      const sealed = await secrets.sealTo({ share: atRest, statement, scheme });
      return encodeBackup({ ...terms, ...chain, sealed });
    } finally {
      secrets.end();
    }
  } finally {
    // In a worker they are copies of its own.
    eraseKeys(atRest.secretKeys);
  }
}

async function chainOf({ store, roster }: PartyDeps, keyId: Uint8Array): Promise<Pick<BackupDocument, "certificates" | "initiators">> {
  const certificates = await store.certificates(keyId);
  const ofRoster = keysOf(roster());
  const ids = [...new Set(certificates.map((each) => certified(each)?.initiatorId ?? ""))];
  return { certificates, initiators: ids.flatMap((initiatorId) => ofRoster(initiatorId).map((key) => ({ initiatorId, key }))) };
}

// Puts a share back into the store of the party that has lost it, from one of its own backup
// documents. Nobody else takes part. What comes out is the row that a share repair would have
// written (dkls23-spec 7.2): the share is usable at once where no pairs are needed, and it has no
// pairs. What only other holders could tell is told by the caller: which epoch the key is in, where
// the store has no certificate of it.
import { hex, same, sha256 } from "@covault/crypto";
import { asCovaultError, CovaultError } from "@covault/errors";
import { type BackupStatement, sealShare } from "@covault/mpc/backup";
import { compareEpochs, judgeChain, keysOf, speakerOf, type VerifiedKey } from "@covault/trust";
import type { Roster } from "@covault/wire";
import { certifiedOf } from "../attempt/repaired.ts";
import { Keys } from "../keys.ts";
import type { Entropy } from "../ports/entropy.ts";
import type { Store, StoredShare } from "../ports/store.ts";
import { protocols, shareCodecOf } from "../protocols/registry.ts";
import type { ShareRecord } from "../protocols/share-codec.ts";
import { inThreadRunner } from "../run/in-thread.ts";
import { shareOpens } from "../share-opens.ts";
import { eraseKeys, sealBlob } from "../vault/blob.ts";
import { shareAad, type Vault } from "../vault/vault.ts";
import { fingerprintOf } from "./backup-document.ts";
import { type CheckedBackup, checkBackup, statementOf } from "./check-backup.ts";
import { openBackup, type RecipientKey } from "./open-backup.ts";

/** The party, as its own process would have it. */
export interface RestoringParty {
  readonly partyId: string;
  readonly store: Store;
  readonly vault: Vault;
  readonly roster: Roster;
  readonly nowMs: number;
  readonly entropy: Entropy;
}

export interface ToRestore {
  /** The bytes of the document. */
  readonly document: Uint8Array;
  /** What opens the document: keys of recipients, or the share, which was opened elsewhere. */
  readonly opener: { readonly keys: readonly RecipientKey[] } | { readonly share: Uint8Array };
  /** The account whose key it has to be. */
  readonly accountId: string;
  /** The number of the key's present epoch, as others know it. It is needed where the store has no
   * certificate of the key. */
  readonly epochNumber?: number | undefined;
}

/** What was restored. Nothing of it is secret. */
export interface RestoredShare {
  /** Hex. */
  readonly keyId: string;
  readonly scheme: string;
  readonly epochNumber: number;
  readonly shareIndex: number;
  /** The fingerprint of the recipient whose key has opened the document, in hex. */
  readonly recipient: string;
  /** The SHA-256 of the document, in hex. */
  readonly document: string;
}

/**
 * Writes the share. Throws as `openBackup` does, and `backup/other-share` for a document of another
 * party, account or key, `trust/unknown-party` when the roster does not have the party in its role,
 * `backup/epoch-behind` for an epoch that is over, `backup/epoch-unknown` when nothing says
 * which epoch the present one is, `trust/bad-chain` when its certificates may not take the place of
 * the store's, and `party/share-held` when a share of the epoch is there. Then nothing is written.
 */
export async function restoreShare(party: RestoringParty, asked: ToRestore): Promise<RestoredShare> {
  const { partyId, store, roster, nowMs } = party;
  const checked = checkBackup(asked.document, keysOf(roster));
  const { document, key } = checked;
  const { keyId, epoch, epochNumber, shareIndex } = document;
  if (document.partyId !== partyId) throw otherShare(`it is the share of ${document.partyId}, and not of ${partyId}`);
  const { accountId, scheme } = key.charter;
  if (accountId !== asked.accountId) throw otherShare(`it is of the account ${accountId}, and not of ${asked.accountId}`);
  const member = key.members.find((each) => each.partyId === partyId);
  if (member === undefined || speakerOf(roster, member, nowMs) === undefined)
    throw new CovaultError("trust/unknown-party", `The roster has no valid entry for ${partyId} in the role that it has in the key.`, {
      facts: { party: partyId },
    });

  const held = await store.certificates(keyId);
  const known = await new Keys(() => roster).held(store, keyId);
  requirePresent(checked, known, asked.epochNumber);
  if (known !== undefined) {
    if (!same(known.charter.foundingIntentId, key.charter.foundingIntentId))
      throw otherShare(`it is of another key with the id ${hex(keyId)} than the store has`);
    if (judgeChain(held, document.certificates, { roster, nowMs }) === "forks")
      throw new CovaultError("trust/bad-chain", "The document's certificates part from those that the store has of the key.");
  }
  // Of one and the same epoch, what the party took itself stays.
  const isKnown = known !== undefined && compareEpochs(known, key) === 0;
  const present = isKnown ? known : key;
  await requireLost(party, checked, present, await store.share(keyId, epoch));

  const { record } = document;
  const secret = await sealed(party, asked, checked, present);
  const { sessionId, intentId } = present;
  const share = { keyId, epoch, epochNumber, scheme, sessionId, intentId, record, secret, ...certifiedOf(present, shareIndex) };
  if (!(await store.keepRepaired(share, isKnown ? held : document.certificates, held.at(-1))))
    throw new CovaultError("party/unknown-share", "The share may not take the place of what the store has of the key by now.", {
      hint: "The party or another command has changed the store meanwhile. Stop the party, and run this again.",
    });
  return {
    keyId: hex(keyId),
    ...{ scheme, epochNumber, shareIndex },
    recipient: hex(fingerprintOf(document.recipient)),
    document: hex(sha256(asked.document)),
  };
}

const otherShare = (why: string): CovaultError =>
  new CovaultError("backup/other-share", `The document has another share than the one that was asked for: ${why}.`);

/** The document's epoch has to be the key's present one, as far as anybody here knows it. */
function requirePresent({ key }: CheckedBackup, known: VerifiedKey | undefined, named: number | undefined): void {
  const { epochNumber } = key;
  const behind = (present: string): CovaultError =>
    new CovaultError("backup/epoch-behind", `The document is of epoch ${epochNumber}, and ${present}.`, {
      facts: { epoch: epochNumber },
    });
  if (known !== undefined && compareEpochs(key, known) < 0) throw behind(`the store knows epoch ${known.epochNumber} of the key`);
  if (named !== undefined && named !== epochNumber) throw behind(`the key is in epoch ${named}, as you say`);
  if (known === undefined && named === undefined)
    throw new CovaultError(
      "backup/epoch-unknown",
      `The store has no certificate of the key, so that nothing here says whether epoch ${epochNumber} is still the key's.`,
      { facts: { epoch: epochNumber } },
    );
}

/** Nothing takes the place of a share that opens, nor of one that waits for its certificate. */
async function requireLost(
  party: RestoringParty,
  { record }: CheckedBackup,
  key: VerifiedKey,
  there: StoredShare | undefined,
): Promise<void> {
  if (there === undefined || there.status === "left") return;
  const held = (why: string): CovaultError =>
    new CovaultError("party/share-held", `The store has the share of epoch ${key.epochNumber}, ${why}. Nothing was changed.`, {
      facts: { party: party.partyId },
    });
  if (there.status === "staged") throw held("staged: the party commits it when it hears of the certificate");
  if (await shareOpens({ ...party, runner: inThreadRunner(protocols, party.entropy) }, key, there)) throw held("and it opens");
  const before = recordIn(key.charter.scheme, there.record);
  if (before !== undefined && publicSharesOf(before) !== publicSharesOf(record))
    throw otherShare("it has other public shares than the share that the store had");
}

/** A share is sealed only when it is that of its public share. */
function requireShareOf(statement: BackupStatement, share: Uint8Array, entropy: Entropy): void {
  try {
    sealShare(statement, share, entropy.bytes(32));
  } catch (error) {
    if (asCovaultError(error)?.code !== "mpc/bad-setup") throw error;
    throw otherShare("what was opened is not the share that the document has");
  }
}

/** Gives what the row says that the share was. A record that cannot be read says nothing. */
function recordIn(scheme: string, stored: Uint8Array): ShareRecord | undefined {
  try {
    return shareCodecOf(scheme).record(stored);
  } catch (error) {
    if (asCovaultError(error)?.code !== "mpc/bad-share-record") throw error;
    return undefined;
  }
}

const publicSharesOf = ({ holders }: ShareRecord): string => holders.map(({ publicShare }) => hex(publicShare)).join();

async function sealed(
  { partyId, vault, roster, entropy }: RestoringParty,
  { document: bytes, opener }: ToRestore,
  { document, record: readRecord }: CheckedBackup,
  { charter, epoch, intentId }: VerifiedKey,
): Promise<Uint8Array> {
  const { keyId, scheme } = charter;
  const { record } = document;
  const share = "keys" in opener ? openBackup(bytes, opener.keys, keysOf(roster)).share : opener.share.slice();
  if ("share" in opener) requireShareOf(statementOf(document, readRecord), share, entropy);
  const secret = shareCodecOf(scheme).stored(share);
  const ring = await vault.shareKeys(keyId, epoch);
  try {
    return await sealBlob(ring, shareAad(partyId, keyId, epoch, record, intentId), secret, entropy.bytes(12));
  } finally {
    share.fill(0);
    secret.fill(0);
    eraseKeys(ring);
  }
}

// Checks backup documents without opening one and without any system: certificates, record, and
// that the sealed bytes hold the share of the record's public share. What proves that a key is
// backed up is the mathematics. t documents of one epoch whose public shares agree, each with a
// sealed share that passes, are the key, whoever made them.
import { hex, same } from "@covault/crypto";
import { asCovaultError, CovaultError } from "@covault/errors";
import { type BackupStatement, verifySealedShare } from "@covault/mpc/backup";
import { type InitiatorKeys, openKey, type VerifiedKey } from "@covault/trust";
import { shareCodecOf } from "../protocols/registry.ts";
import type { ShareRecord } from "../protocols/share-codec.ts";
import { type BackupDocument, type BackupTerms, contextOf, decodeBackup, fingerprintOf } from "./backup-document.ts";

/** What the sealed share of a document claims. */
export function statementOf(terms: BackupTerms, record: ShareRecord): BackupStatement {
  const mine = record.holders.find(({ index }) => index === terms.shareIndex);
  if (mine === undefined) throw notProven(`its record has no public share of index ${terms.shareIndex}`);
  const { publicShare } = mine;
  // Both curves have 32 bytes of a coordinate, and one has the parity of the other before it.
  return { curve: publicShare.length === 32 ? "ed25519" : "secp256k1", publicShare, recipient: terms.recipient, context: contextOf(terms) };
}

export interface CheckedBackup {
  readonly document: BackupDocument;
  /** The key in the epoch of the document, as its certificates make it. */
  readonly key: VerifiedKey;
  readonly record: ShareRecord;
}

/**
 * Checks one document. `keysOf` says which keys may have signed the intents of the chain. Without
 * it, those count that the document names, so that a liar can name its own. Throws as
 * `decodeBackup` does, and `backup/not-proven` when the parts do not fit together.
 */
export function checkBackup(bytes: Uint8Array, keysOf?: InitiatorKeys): CheckedBackup {
  const document = decodeBackup(bytes);
  const { keyId, epoch, epochNumber, certificates, partyId, shareIndex, scheme } = document;
  const claimed: InitiatorKeys = (id) => document.initiators.filter(({ initiatorId }) => initiatorId === id).map(({ key }) => key);
  const [founding = new Uint8Array(), ...later] = certificates;
  const key = proven(() => openKey(founding, later, { keyId, keysOf: keysOf ?? claimed }));
  const that = (holds: boolean, what: string): void => {
    if (!holds) throw notProven(what);
  };
  that(key.charter.scheme === scheme, `its certificates are those of a key for ${key.charter.scheme}`);
  that(same(key.epoch, epoch) && key.epochNumber === epochNumber, `its certificates lead to epoch ${key.epochNumber}, not to its own`);
  const member = key.members.find((each) => each.partyId === partyId);
  that(member?.shareIndex === shareIndex, `${partyId} does not hold share ${shareIndex} of the epoch`);
  const record = proven(() => shareCodecOf(scheme).record(document.record));
  that(same(record.keyId, keyId), "its record is that of another key");
  that(same(record.epoch, epoch) && same(record.h2, key.h2), "its record is that of another epoch");
  that(record.self === shareIndex, `its record is that of share ${record.self}`);
  that(record.threshold === key.threshold, `its record says a threshold of ${record.threshold}`);
  const indices = record.holders.map(({ index }) => Number(index));
  that(indices.join() === key.members.map((each) => each.shareIndex).join(), "its record has other holders than its certificates");
  proven(() => verifySealedShare(statementOf(document, record), document.sealed));
  return { document, key, record };
}

/** A file, or what else has a name for the person who reads it. */
export interface NamedBackup {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface BackedShare {
  readonly partyId: string;
  readonly shareIndex: number;
  /** The fingerprints of the keys that open it, in hex, ascending. */
  readonly recipients: readonly string[];
  readonly names: readonly string[];
}

export interface BackedEpoch {
  readonly epoch: Uint8Array;
  readonly epochNumber: number;
  readonly threshold: number;
  readonly holders: number;
  /** What is sealed of the epoch, ascending by share index. */
  readonly shares: readonly BackedShare[];
  /** How many of the shares each recipient opens, by its fingerprint in hex, ascending. */
  readonly opens: ReadonlyMap<string, number>;
  /** Whether `threshold` shares open to those that count, or to one where none is named. */
  readonly isWhole: boolean;
}

export interface BackedKey {
  readonly keyId: Uint8Array;
  readonly scheme: string;
  readonly publicKey: Uint8Array;
  readonly accountId: string;
  /** The epochs that there are documents of, the highest first. */
  readonly epochs: readonly BackedEpoch[];
  /** The number of the highest epoch with enough shares. Undefined: the key is not backed up. */
  readonly backedUp: number | undefined;
}

export interface BackupReport {
  readonly keys: readonly BackedKey[];
  /** What is not as it should be, by the name of its document. */
  readonly faults: readonly { readonly name: string; readonly code: string; readonly message: string }[];
}

export interface CheckOptions {
  readonly keysOf?: InitiatorKeys | undefined;
  /**
   * The fingerprints of the recipients that count, in hex, and count together. Without them the
   * shares have to open to one recipient, whoever that is: a liar that seals its own share to
   * nobody's key makes no key whole.
   */
  readonly recipients?: readonly string[] | undefined;
}

/** Checks many documents, of any keys and parties. It never throws for what is in them. */
export function checkBackups(given: readonly NamedBackup[], { keysOf, recipients }: CheckOptions = {}): BackupReport {
  const faults: BackupReport["faults"][number][] = [];
  const right: (CheckedBackup & { readonly name: string })[] = [];
  for (const { name, bytes } of given)
    try {
      const checked = checkBackup(bytes, keysOf);
      const { recipient } = checked.document;
      if (recipients !== undefined && !recipients.includes(hex(fingerprintOf(recipient))))
        throw new CovaultError(
          "backup/wrong-key",
          `The backup is sealed to ${hex(recipient)}, which is none of the recipients that count.`,
        );
      right.push({ name, ...checked });
    } catch (error) {
      const known = asCovaultError(error);
      if (known === undefined) throw error;
      faults.push({ name, code: known.code, message: known.message });
    }
  const keys = [...grouped(right, ({ key }) => hex(key.charter.keyId)).values()].map((ofKey) => {
    const ofEpochs = [...grouped(ofKey, ({ key }) => `${String(key.epochNumber).padStart(10, "0")}/${hex(key.epoch)}`)];
    const epochs = ofEpochs
      .sort(([one], [other]) => (one < other ? 1 : -1))
      .map(([, ofEpoch]) => {
        // A record's public shares are its maker's word. Those count that most parties have.
        const [agreed = [], ...others] = [...grouped(ofEpoch, ({ record }) => sharesOf(record)).values()].sort(
          (one, other) => partiesOf(other) - partiesOf(one),
        );
        for (const { name } of others.flat())
          faults.push({ name, code: "backup/not-proven", message: `The backup has other public shares than ${agreed[0]?.name}.` });
        return epochOf(agreed, recipients !== undefined);
      });
    const { charter } = (ofKey[0] as CheckedBackup).key;
    const { keyId, scheme, publicKey, accountId } = charter;
    return { keyId, scheme, publicKey, accountId, epochs, backedUp: epochs.find(({ isWhole }) => isWhole)?.epochNumber };
  });
  return { keys, faults };
}

function epochOf(documents: readonly (CheckedBackup & { readonly name: string })[], countTogether: boolean): BackedEpoch {
  const { key } = documents[0] as CheckedBackup;
  const shares = [...grouped(documents, ({ document }) => String(document.shareIndex).padStart(5, "0"))]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, same]) => ({
      partyId: (same[0] as CheckedBackup).document.partyId,
      shareIndex: (same[0] as CheckedBackup).document.shareIndex,
      recipients: [...new Set(same.map(({ document }) => hex(fingerprintOf(document.recipient))))].sort(),
      names: same.map(({ name }) => name),
    }));
  const { epoch, epochNumber, threshold, members } = key;
  const all = [...new Set(shares.flatMap(({ recipients }) => recipients))].sort();
  const opens = new Map(all.map((each) => [each, shares.filter(({ recipients }) => recipients.includes(each)).length] as const));
  const most = countTogether ? shares.length : Math.max(...opens.values());
  return { epoch, epochNumber, threshold, holders: members.length, shares, opens, isWhole: most >= threshold };
}

/** Gives the public shares that a record has, to be compared with those of another one. */
export const sharesOf = ({ holders }: ShareRecord): string => holders.map(({ publicShare }) => hex(publicShare)).join();

/**
 * Gives the public shares that a document has of all holders, to be compared with those of another
 * one. They are its maker's word. Throws what the record's codec throws.
 */
export const publicSharesOf = ({ scheme, record }: BackupDocument): string => sharesOf(shareCodecOf(scheme).record(record));

const partiesOf = (documents: readonly CheckedBackup[]): number => new Set(documents.map(({ document }) => document.partyId)).size;

function grouped<Item>(items: readonly Item[], by: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(by(item), [...(groups.get(by(item)) ?? []), item]);
  return groups;
}

const notProven = (what: string): CovaultError => new CovaultError("backup/not-proven", `The backup does not prove its share: ${what}.`);

function proven<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    const known = asCovaultError(error);
    if (known === undefined) throw error;
    throw known.code === "backup/not-proven" ? known : notProven(known.message.replace(/\.$/, ""));
  }
}

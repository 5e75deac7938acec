// Opens backup documents with the keys of their recipients, offline, and joins the shares of t
// documents to the private key. The second ends the protection of the threshold for good.
import { hex, same } from "@covault/crypto";
import { asCovaultError, CovaultError } from "@covault/errors";
import { openSealedShare } from "@covault/mpc/backup";
import type { InitiatorKeys, VerifiedKey } from "@covault/trust";
import { shareCodecOf } from "../protocols/registry.ts";
import { type CheckedBackup, checkBackup, type NamedBackup, sharesOf, statementOf } from "./check-backup.ts";

/** The key pair of a recipient. */
export interface RecipientKey {
  /** A compressed point of secp256k1, 33 bytes. */
  readonly publicKey: Uint8Array;
  /** 32 big-endian bytes. Secret. */
  readonly secretKey: Uint8Array;
}

/**
 * Gives the share, 32 secret bytes as its curve encodes scalars, after every check of
 * `checkBackup`. Throws as that does, and `backup/wrong-key` when none of `keys` is that of the
 * recipient.
 */
export function openBackup(
  bytes: Uint8Array,
  keys: readonly RecipientKey[],
  keysOf?: InitiatorKeys,
): CheckedBackup & { readonly share: Uint8Array } {
  const checked = checkBackup(bytes, keysOf);
  const { document, record } = checked;
  const mine = keys.find(({ publicKey }) => same(publicKey, document.recipient));
  if (mine === undefined)
    throw new CovaultError(
      "backup/wrong-key",
      `The backup is sealed to ${hex(document.recipient)}, and none of the given keys is that one.`,
    );
  return { ...checked, share: openSealedShare(statementOf(document, record), document.sealed, mine.secretKey) };
}

export interface RecoveredKey {
  /** The key in the epoch whose shares were joined. */
  readonly key: VerifiedKey;
  /** The private key, 32 bytes as the scheme's curve encodes scalars. Secret. */
  readonly secretKey: Uint8Array;
  /** What the private key is, for the person who has to use it. */
  readonly keyForm: string;
  readonly parties: readonly string[];
}

/**
 * Joins the documents of the highest epoch that t of them open in. All have to be of one key.
 * Documents that do not open are left out. Throws `backup/too-few`, which says why each of them
 * counts for nothing, and `backup/several-keys`.
 */
export function recoverKey(given: readonly NamedBackup[], keys: readonly RecipientKey[], keysOf?: InitiatorKeys): RecoveredKey {
  const left: string[] = [];
  const opened: (ReturnType<typeof openBackup> & { readonly name: string })[] = [];
  try {
    for (const { name, bytes } of given)
      try {
        opened.push({ name, ...openBackup(bytes, keys, keysOf) });
      } catch (error) {
        const known = asCovaultError(error);
        if (known === undefined) throw error;
        left.push(`${name}: ${known.message}`);
      }
    const byKey = new Map<string, string[]>();
    for (const { key, name } of opened) {
      const id = hex(key.charter.keyId);
      byKey.set(id, [...(byKey.get(id) ?? []), name]);
    }
    // One file too many in a folder is found by its name.
    const ofKeys = [...byKey].map(([id, names]) => `${id} (${names.join(", ")})`);
    if (byKey.size > 1) throw new CovaultError("backup/several-keys", `The backups are those of ${byKey.size} keys: ${ofKeys.join("; ")}.`);
    for (const epoch of byEpoch(opened)) {
      const [first] = epoch as [(typeof opened)[number]];
      const { key, document } = first;
      const shares = new Map(epoch.map((each) => [each.document.shareIndex, each.share]));
      if (shares.size < key.threshold) {
        left.push(`epoch ${key.epochNumber}: ${shares.size} of ${key.threshold} shares (${partiesOf(epoch)})`);
        continue;
      }
      const { join, keyForm } = shareCodecOf(document.scheme);
      const secretKey = join(document.record, shares);
      return { key, secretKey, keyForm, parties: partiesOf(epoch) };
    }
  } finally {
    for (const { share } of opened) share.fill(0);
  }
  throw new CovaultError("backup/too-few", `No epoch has as many shares as its threshold. ${left.join(" ")}`.trim());
}

/**
 * Groups documents by epoch and by the public shares that they agree on, the highest epoch first.
 */
function byEpoch<Opened extends CheckedBackup>(opened: readonly Opened[]): readonly (readonly Opened[])[] {
  const groups = new Map<string, Opened[]>();
  for (const each of opened) {
    const { key, record } = each;
    const name = `${String(key.epochNumber).padStart(10, "0")}/${hex(key.epoch)}/${sharesOf(record)}`;
    groups.set(name, [...(groups.get(name) ?? []), each]);
  }
  return [...groups].sort(([one], [other]) => (one < other ? 1 : -1)).map(([, group]) => group);
}

const partiesOf = (group: readonly CheckedBackup[]): readonly string[] => [...new Set(group.map(({ document }) => document.partyId))];

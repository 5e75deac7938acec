// This file is the one way in which certificates become an account's keys. All of their signatures
// are checked. Each founding intent must be, byte for byte, one that this service signed for this
// account. Public keys, parties and addresses come from here, on every read.
import { type Addresses, addressesOf } from "@covault/chains";
import { asCovaultError, CovaultError } from "@covault/errors";
import { compareEpochs, judgeChain, type Kind, kindOf, openKey, parseExact, type VerifiedKey } from "@covault/trust";
import { IntentSchema } from "@covault/wire";
import { schemesOf } from "../accounts/schemes.ts";
import type { AccountContext } from "../context.ts";
import type { KeyValues, StoredKey } from "../store/keys.ts";
import { alteredRow } from "../store/row-mac.ts";
import type { StoredSession } from "../store/sessions.ts";
import type { AccountRow } from "../store/tables.ts";
import { chainWith } from "./certificate-facts.ts";

export interface AccountKey extends VerifiedKey {
  /**
   * The encoded `Certificate`s that the key was opened from: the founding one and every later one.
   */
  readonly certificates: readonly Uint8Array[];
  /** The session that made the key. */
  readonly keygenSessionId: string;
}

type KeyReading = Pick<AccountContext, "store" | "openedKeys">;

export const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString("hex")}`;
export const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.from(a).equals(b);

/** Gives what anybody may know of a key. All of it is computed from its certificates. */
export function publicFacts({ charter: { scheme, publicKey } }: VerifiedKey): { public_key: string; addresses: Addresses } {
  return { public_key: hex(publicKey), addresses: addressesOf(scheme, publicKey) };
}

/**
 * Gives the account's key as a delivered certificate of `session` makes it: founded by it, or
 * continued from the epoch that the session's intent names. `key` is the key that the account has.
 * It comes back as it is when it holds the certificate already, or one of a higher epoch. Throws
 * account/bad-result when the certificate is not one for exactly this session.
 */
export function certifiedKey(
  { keysOf, roster, nowMs }: Pick<AccountContext, "keysOf" | "roster" | "nowMs">,
  session: StoredSession,
  certificate: Uint8Array,
  key: AccountKey | undefined,
): AccountKey {
  const worthless = (reason: string, cause?: unknown): CovaultError =>
    new CovaultError("account/bad-result", `The certificate delivered for session ${session.row.session_id} is worthless. ${reason}`, {
      facts: { session: session.row.session_id },
      cause,
    });
  const certificates = key === undefined ? [certificate] : chainWith(key.certificates, [certificate]);
  if (certificates === undefined) throw worthless("It continues no epoch of the key that is known here.");
  const [founding = certificate, ...later] = certificates;
  let opened: VerifiedKey;
  try {
    opened = openKey(founding, later, { keysOf, foundingIntentId: key?.charter.foundingIntentId ?? session.intentId });
    if (key !== undefined) judgeChain(key.certificates, certificates, { roster: roster(), nowMs: nowMs() });
  } catch (cause) {
    throw worthless(asCovaultError(cause)?.message ?? "It cannot be read.", cause);
  }
  if (!equal(opened.intentId, session.intentId)) throw worthless("It is that of another session.");
  if (key !== undefined && compareEpochs(opened, key) <= 0) return key;
  return { ...opened, certificates, keygenSessionId: key?.keygenSessionId ?? session.row.session_id };
}

/** Gives the kind of the run that made the key's epoch. */
export function kindOfEpoch({ certificate }: Pick<AccountKey, "certificate">): Kind {
  const intent = certificate.intent && parseExact(IntentSchema, certificate.intent.body);
  return intent === undefined ? "keygen" : kindOf(intent);
}

/** Gives the columns of the key's row. */
export function keyValues(account: Pick<AccountRow, "tenant_id" | "account_id">, key: AccountKey): Omit<KeyValues, "created_at"> {
  const { charter, epoch, epochNumber, keygenSessionId } = key;
  return {
    key_id: charter.keyId,
    tenant_id: account.tenant_id,
    account_id: account.account_id,
    keygen_session_id: keygenSessionId,
    keygen_intent_id: charter.foundingIntentId,
    scheme: charter.scheme,
    public_key: charter.publicKey,
    chain: charter.chain,
    epoch,
    epoch_number: epochNumber,
  };
}

/**
 * Gives the keys that an account has, recomputed from their certificates, in the order of its
 * schemes. Throws account/altered-row when any stored column says otherwise, and when a key of an
 * active account is missing.
 */
export async function openKeys(context: KeyReading, account: AccountRow): Promise<AccountKey[]> {
  const keys = await keysAsOf(context, account);
  if (keys !== undefined) return keys;
  // Another request may have stored a key after this one read the account.
  const now = await context.store.accounts.find(account.tenant_id, account.account_id);
  if (now === undefined || now.version === account.version) throw alteredRow("keys", account.account_id);
  return openKeys(context, now);
}

/** Gives undefined when the keys are not those that the account's row names. */
async function keysAsOf(context: KeyReading, account: AccountRow): Promise<AccountKey[] | undefined> {
  const stored = await context.store.keys.list(account.account_id);
  const keys = stored.map((key) => opened(context, account, key));
  const schemes = schemesOf(account);
  const ordered = schemes.flatMap((scheme) => keys.filter(({ charter }) => charter.scheme === scheme));
  const [first] = ordered;
  const isWhole = ordered.length === keys.length && (account.status !== "active" || ordered.length === schemes.length);
  // Only a later key is founded by another intent than the account is.
  const isFounded = first === undefined || equal(first.charter.foundingIntentId, account.keygen_intent_id);
  return isWhole && isFounded ? ordered : undefined;
}

/** Gives the first key of an active account. */
export async function keyOfAccount(context: AccountContext, account: AccountRow): Promise<AccountKey> {
  const [first] = await openKeys(context, account);
  if (first === undefined) throw alteredRow("keys", account.account_id);
  return first;
}

function opened({ openedKeys }: Pick<AccountContext, "openedKeys">, account: AccountRow, { row, chain }: StoredKey): AccountKey {
  let key: VerifiedKey;
  try {
    key = openedKeys.open(new Uint8Array(row.keygen_intent_id), chain);
  } catch (error) {
    // Only an error about the certificates and their signatures says something about the row.
    if (asCovaultError(error)?.kind !== "usage") throw error;
    throw alteredRow("keys", account.account_id);
  }
  const { charter } = key;
  const same =
    equal(row.key_id, charter.keyId) &&
    equal(row.public_key, charter.publicKey) &&
    equal(row.chain, charter.chain) &&
    equal(row.epoch, key.epoch) &&
    row.epoch_number === key.epochNumber &&
    row.tenant_id === account.tenant_id &&
    row.scheme === charter.scheme &&
    charter.accountId === account.account_id;
  if (!same) throw alteredRow("keys", account.account_id);
  return { ...key, certificates: chain, keygenSessionId: row.keygen_session_id };
}

// The one way in which certificates become an account's key: all of their signatures checked, and the founding intent byte for byte the
// one that this service signed for this account. Public key, parties and addresses come from here, on every read.
import { type Addresses, addressesOf } from "@covault/chains";
import { asCovaultError, CovaultError } from "@covault/errors";
import { openKey, type VerifiedKey } from "@covault/trust";
import type { AccountContext } from "../context.ts";
import { alteredRow } from "../store/row-mac.ts";
import type { StoredSession } from "../store/sessions.ts";
import type { AccountRow } from "../store/tables.ts";

export interface AccountKey extends VerifiedKey {
  /** Encoded `Certificate`s that it was opened from: the founding one and every later one. */
  readonly certificates: readonly Uint8Array[];
}

export const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString("hex")}`;
const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.from(a).equals(b);

/** What anybody may know of a key, all of it computed from its certificates. */
export function publicFacts({ charter: { scheme, publicKey } }: VerifiedKey): { public_key: string; addresses: Addresses } {
  return { public_key: hex(publicKey), addresses: addressesOf(scheme, publicKey) };
}

/**
 * The account's key as a delivered certificate of `session` makes it: founded by it, or continued. `key`: the one that the account has.
 * Throws account/bad-result when the certificate is not one for exactly this session.
 */
export function certifiedKey(
  { keysOf }: AccountContext,
  account: AccountRow,
  session: StoredSession,
  certificate: Uint8Array,
  key: AccountKey | undefined,
): AccountKey {
  const certificates = [...(key?.certificates ?? []), certificate];
  const [founding = certificate, ...later] = certificates;
  const worthless = (reason: string, cause?: unknown): CovaultError =>
    new CovaultError("account/bad-result", `The certificate delivered for session ${session.row.session_id} is worthless. ${reason}`, {
      facts: { session: session.row.session_id },
      cause,
    });
  let opened: VerifiedKey;
  try {
    opened = openKey(founding, later, { keysOf, foundingIntentId: new Uint8Array(account.keygen_intent_id) });
  } catch (cause) {
    throw worthless(asCovaultError(cause)?.message ?? "It cannot be read.", cause);
  }
  if (!equal(opened.intentId, session.intentId)) throw worthless("It is that of another session.");
  return { ...opened, certificates };
}

/** The key of an active account, recomputed from its certificates. Throws account/altered-row when any stored column says otherwise. */
export async function keyOfAccount({ store, openedKeys }: AccountContext, account: AccountRow): Promise<AccountKey> {
  const stored = await store.keys.find(account.account_id);
  if (stored === undefined || stored.chain.length === 0) throw alteredRow("keys", account.account_id);
  let key: VerifiedKey;
  try {
    key = openedKeys.open(new Uint8Array(account.keygen_intent_id), stored.chain);
  } catch (error) {
    // Only what the signatures of the certificates say is said of the row.
    if (asCovaultError(error)?.kind !== "usage") throw error;
    throw alteredRow("keys", account.account_id);
  }
  const { row } = stored;
  const { charter } = key;
  const same =
    equal(row.key_id, charter.keyId) &&
    equal(row.public_key, charter.publicKey) &&
    equal(row.chain, charter.chain) &&
    equal(row.epoch, key.epoch) &&
    row.epoch_number === key.epochNumber &&
    row.tenant_id === account.tenant_id &&
    row.scheme === charter.scheme &&
    account.scheme === charter.scheme &&
    account.threshold_t === key.threshold &&
    account.threshold_n === key.members.length;
  if (!same) throw alteredRow("keys", account.account_id);
  return { ...key, certificates: stored.chain };
}

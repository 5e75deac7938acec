// The one way in which certificates become a key: all of their signatures checked, and the founding intent byte for byte the one that this
// service signed. Public key, parties and addresses come from here, on every read.
import { asCovaultError, CovaultError } from "@covault/errors";
import { openKey, type VerifiedKey } from "@covault/trust";
import type { AccountContext } from "../context.ts";
import { alteredRow } from "../integrity/row-mac.ts";
import { findKey } from "../store/keys.ts";
import { findSession, membersOf, type StoredSession } from "../store/sessions.ts";
import type { AccountRow } from "../store/tables.ts";

const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.from(a).equals(b);

/** Throws account/bad-result when the certificate is not one for exactly this keygen. */
export function foundedKey({ keysOf }: AccountContext, keygen: StoredSession, certificate: Uint8Array): VerifiedKey {
  try {
    return openKey(new Uint8Array(certificate), [], { keysOf, foundingIntentId: keygen.intentId });
  } catch (cause) {
    const reason = asCovaultError(cause)?.message ?? "It cannot be read.";
    const { session_id: session } = keygen.row;
    const message = `The certificate delivered for session ${session} is worthless. ${reason}`;
    throw new CovaultError("account/bad-result", message, { facts: { session }, cause });
  }
}

/** The keygen session of an account; a row that says otherwise was altered. */
export async function keygenSession(context: AccountContext, account: AccountRow): Promise<StoredSession> {
  const session = await findSession(context.db, context.keysOf, account.tenant_id, account.keygen_session_id);
  if (session?.row.account_id !== account.account_id || membersOf(session) === undefined)
    throw alteredRow("sessions", account.keygen_session_id);
  return session;
}

/**
 * The key of an active account, recomputed from its certificates. Throws account/altered-row when any stored column says otherwise. `keygen`: the
 * account's keygen session, where the caller has read it.
 */
export async function keyOfAccount(context: AccountContext, account: AccountRow, keygen?: StoredSession): Promise<VerifiedKey> {
  const stored = await findKey(context.db, context.secretRowKeys, account.account_id);
  const [founding, ...later] = stored?.chain ?? [];
  if (stored === undefined || founding === undefined) throw alteredRow("keys", account.account_id);
  const { intentId } = keygen ?? (await keygenSession(context, account));
  let key: VerifiedKey;
  try {
    key = openKey(founding, later, { keysOf: context.keysOf, foundingIntentId: intentId });
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
  return key;
}

// The one way in which a certificate becomes a key: all of its signatures checked, and its intent byte for byte the one that this
// service signed. Public key, parties and addresses come from here, on every read.
import { asCovaultError, CovaultError, type ErrorCode } from "@covault/errors";
import { evmAddress, type VerifiedCertificate, verifyCertificate } from "@covault/trust";
import type { AccountContext } from "../context.ts";
import { alteredRow } from "../integrity/row-mac.ts";
import { findKey } from "../store/keys.ts";
import { findSession, type StoredSession } from "../store/sessions.ts";
import type { AccountRow } from "../store/tables.ts";

export interface VerifiedKey {
  readonly keyId: Uint8Array;
  readonly epoch: Uint8Array;
  /** Compressed point, 33 bytes. */
  readonly publicKey: Uint8Array;
  readonly chain: Uint8Array;
  readonly scheme: string;
  readonly threshold: number;
  readonly members: readonly AccountParty[];
  /** EIP-55. */
  readonly evmAddress: string;
}

export interface AccountParty {
  readonly partyId: string;
  readonly role: string;
  readonly shareIndex: number;
}

const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.from(a).equals(b);

/** Throws account/bad-result when the certificate is not one for exactly this session. */
export function keyOfCertificate(context: AccountContext, session: StoredSession, certificate: Uint8Array): VerifiedKey {
  const { initiator } = context;
  let verified: VerifiedCertificate;
  try {
    verified = verifyCertificate(new Uint8Array(certificate), { keysOf: () => [initiator.publicKey], intentId: session.intentId });
  } catch (cause) {
    const reason = asCovaultError(cause)?.message ?? "It cannot be read.";
    throw new CovaultError(
      "account/bad-result",
      `The certificate delivered for session ${session.row.session_id} is worthless. ${reason}`,
      {
        facts: { session: session.row.session_id },
        cause,
      },
    );
  }
  const { keyId, epoch, publicKey, chain, scheme, threshold, members } = verified;
  return {
    keyId,
    epoch,
    publicKey,
    chain,
    scheme,
    threshold,
    members: members.map(({ partyId, role, shareIndex }) => ({ partyId, role, shareIndex })),
    evmAddress: evmAddress(publicKey),
  };
}

/** The keygen session of an account; a row that says otherwise was altered. */
export async function keygenSession(context: AccountContext, account: AccountRow): Promise<StoredSession> {
  const session = await findSession(context.db, context.initiator, account.tenant_id, account.keygen_session_id);
  if (session?.row.account_id !== account.account_id || session.row.kind !== "keygen")
    throw alteredRow("sessions", account.keygen_session_id);
  return session;
}

/** The key of an active account, recomputed from its certificate. Throws account/altered-row when any stored column says otherwise. */
export async function keyOfAccount(context: AccountContext, account: AccountRow): Promise<VerifiedKey> {
  const stored = await findKey(context.db, context.initiator.secretRowKey, account.account_id);
  if (!stored) throw alteredRow("keys", account.account_id);
  const session = await keygenSession(context, account);
  let key: VerifiedKey;
  try {
    key = keyOfCertificate(context, session, stored.certificate);
  } catch (error) {
    // Only what the signatures of the certificate say is said of the row.
    if (asCovaultError(error)?.code !== ("account/bad-result" satisfies ErrorCode)) throw error;
    throw alteredRow("keys", account.account_id);
  }
  const { row } = stored;
  const same =
    equal(row.key_id, key.keyId) &&
    equal(row.public_key, key.publicKey) &&
    equal(row.chain, key.chain) &&
    equal(row.epoch, key.epoch) &&
    row.tenant_id === account.tenant_id &&
    row.scheme === key.scheme &&
    account.scheme === key.scheme &&
    account.threshold_t === key.threshold &&
    account.threshold_n === key.members.length;
  if (!same) throw alteredRow("keys", account.account_id);
  return key;
}

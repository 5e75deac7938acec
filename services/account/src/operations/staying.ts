// What renewal and repair have in common (dkls23-spec 7.1, 7.2): the key stays in its epoch, and so
// does this service's row of it. The holders are asked before anything else.
import { parseExact, type SchemeName } from "@covault/trust";
import { CertificateSchema, IntentSchema, type Member } from "@covault/wire";
import type { AccountContext } from "../context.ts";
import { stayingOf } from "../intent/subject-of.ts";
import { equal, hex } from "../keys/account-key.ts";
import { certificateFacts } from "../keys/certificate-facts.ts";
import { alteredRow } from "../store/row-mac.ts";
import type { KeyRequest } from "./continuing.ts";
import type { Subject } from "./operation.ts";

/** Gives what the intent of a stored session asks for. */
export function askedStaying({ session: { row, intent } }: Subject) {
  const asked = stayingOf(intent);
  if (asked === undefined) throw alteredRow("sessions", row.session_id);
  return asked;
}

/** Whether a session is of the key that was asked for. */
export const isOfThatKey = ({ account, key }: KeyRequest, subject: Subject): boolean =>
  subject.account.account_id === account.account_id && equal(askedStaying(subject).keyId, key.charter.keyId);

/** Gives the key in the epoch that the session is about, which may be below the key's by now. */
export function keyThen({ openedKeys }: Pick<AccountContext, "openedKeys">, subject: Subject) {
  const { key, session } = subject;
  const { epoch } = askedStaying(subject);
  const at = key?.certificates.findIndex((certificate) => equal(certificateFacts(certificate)?.epoch ?? new Uint8Array(), epoch)) ?? -1;
  if (key === undefined || at < 0) throw alteredRow("keys", session.row.account_id);
  return openedKeys.open(key.charter.foundingIntentId, key.certificates.slice(0, at + 1));
}

export function viewOfKey(subject: Subject) {
  const { keyId, scheme, epochNumber } = askedStaying(subject);
  return { key_id: hex(keyId), scheme: scheme as SchemeName, epoch: epochNumber };
}

/**
 * Gives the name of a holder in the epoch that the session is about. It may hold no share of the
 * key any more.
 */
export const nameOfHolder = (subject: Subject, index: number): string =>
  membersThen(subject).find(({ shareIndex }) => shareIndex === index)?.partyId ?? `share ${index}`;

/** The holders as the intent of the epoch's certificate names them. The chain was verified. */
function membersThen(subject: Subject): readonly Member[] {
  const { epoch } = askedStaying(subject);
  const isThat = (certificate: Uint8Array): boolean => equal(certificateFacts(certificate)?.epoch ?? new Uint8Array(), epoch);
  const { intent } = parseExact(CertificateSchema, subject.key?.certificates.find(isThat) ?? new Uint8Array()) ?? {};
  const action = intent && parseExact(IntentSchema, intent.body)?.action.value;
  return action !== undefined && "members" in action ? action.members : [];
}

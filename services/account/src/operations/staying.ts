// What renewal and repair have in common (dkls23-spec 7.1, 7.2): the key stays in its epoch, and so
// does this service's row of it. The holders are asked before anything else.
import type { SchemeName } from "@covault/trust";
import type { AccountContext } from "../context.ts";
import { stayingOf } from "../intent/subject-of.ts";
import { type AccountKey, equal, hex } from "../keys/account-key.ts";
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

export const nameOfHolder = ({ members }: AccountKey, index: number): string =>
  members.find(({ shareIndex }) => shareIndex === index)?.partyId ?? `share ${index}`;

// Sign: a signature by an account's key. It is verified when it is delivered, and again whenever it is read back from the table.
import { CovaultError } from "@covault/errors";
import { type SignatureView, schemeOf } from "@covault/trust";
import { configurationOf } from "../accounts/signing-configuration.ts";
import { hex } from "../keys/account-key.ts";
import { alteredRow } from "../store/row-mac.ts";
import type { StoredSession } from "../store/sessions.ts";
import type { ActiveAccount, Operation, Subject } from "./operation.ts";

export interface SignRequest extends ActiveAccount {
  /** As the key's scheme takes it. */
  readonly message: Uint8Array;
}

function messageOf({ row, intent: { action } }: StoredSession): Uint8Array {
  if (action.case !== "sign") throw alteredRow("sessions", row.session_id);
  return action.value.message;
}

/** Undefined unless `signature` is one of the account's key over the session's message. */
function verified({ session, key }: Subject, signature: Uint8Array) {
  const message = messageOf(session);
  if (key === undefined) return undefined;
  const scheme = schemeOf(key.charter.scheme).signature;
  if (!scheme.verify(key.charter.publicKey, message, signature)) return undefined;
  const digest = hex(message);
  const view: { digest: string; message: string; signature: SignatureView } = {
    digest,
    message: digest,
    signature: scheme.view(signature),
  };
  return view;
}

export const sign = {
  kind: "sign",
  ttlMs: ({ signTtlMs }) => signTtlMs,
  async intent(_context, { account, key, message }) {
    const { parties, required } = configurationOf(account, key);
    const { keyId, publicKey, scheme } = key.charter;
    return { case: "sign", value: { keyId, publicKey, scheme, message, eligible: [...parties], required: [...required] } };
  },
  isOf: ({ account, message }, subject) =>
    subject.account.account_id === account.account_id && Buffer.from(messageOf(subject.session)).equals(message),
  accept(_context, subject, signature) {
    const view = verified(subject, signature);
    if (view !== undefined) return { changes: { signature }, view };
    const { session_id: session } = subject.session.row;
    throw new CovaultError(
      "account/bad-result",
      `The signature delivered for session ${session} is not one of this account's key over this digest.`,
      { facts: { session } },
    );
  },
  view(subject) {
    const { signature, session_id: session } = subject.session.row;
    const view = signature === null ? undefined : verified(subject, new Uint8Array(signature));
    if (view === undefined) throw alteredRow("sessions", session);
    return view;
  },
} as const satisfies Operation<SignRequest>;

// This file makes a signature by one of an account's keys, or by a child of it. The signature is
// verified when it is delivered, and again whenever it is read back from the table. It is verified
// under the key, and over the bytes, that packages/trust makes of the session's intent.
import { clone, toBinary } from "@bufbuild/protobuf";
import { signerAddress } from "@covault/chains";
import { CovaultError } from "@covault/errors";
import { pathText, schemeOf, signingTerms } from "@covault/trust";
import { type SignAction, SignActionSchema } from "@covault/wire";
import { outlookOf, signersLeft } from "../accounts/outlook.ts";
import { hex } from "../keys/account-key.ts";
import { alteredRow } from "../store/row-mac.ts";
import type { StoredSession } from "../store/sessions.ts";
import type { ActiveAccount, Operation, SignedResult, Subject } from "./operation.ts";
import type { Signers } from "./pair-obstacles.ts";

export interface SignRequest extends ActiveAccount {
  /** What is asked of `key`. The quorum that signs is not in it yet. */
  readonly asked: SignAction;
}

function askedOf({ row, intent: { action } }: StoredSession): SignAction {
  if (action.case !== "sign") throw alteredRow("sessions", row.session_id);
  return action.value;
}

/** Who may sign. */
export const signersOf = (session: StoredSession): Signers => askedOf(session);

const withQuorum = (asked: SignAction, eligible: readonly string[], required: readonly string[]): SignAction =>
  Object.assign(clone(SignActionSchema, asked), { eligible: [...eligible], required: [...required] });

/**
 * Gives the bytes of what is signed, and with which key, whichever parties sign. Two requests that
 * ask for the same have the same bytes.
 */
export const askedBytes = (asked: SignAction): Uint8Array => toBinary(SignActionSchema, withQuorum(asked, [], []));

/**
 * Gives the verified signature, or undefined when `signature` is none of what the session's intent
 * asks for.
 */
function verified({ session, key }: Subject, signature: Uint8Array): SignedResult | undefined {
  const asked = askedOf(session);
  if (key === undefined) return undefined;
  const { message, path, publicKey, merkleRoot } = signingTerms(asked, key.charter);
  const scheme = schemeOf(key.charter.scheme);
  if (!scheme.signature.verify(publicKey, message, signature)) return undefined;
  const view = scheme.signature.view(signature);
  const signed = { ...(scheme.message.isDigest && { digest: hex(message) }), message: hex(message) };
  const address = signerAddress({ scheme: scheme.name, publicKey, isTaproot: merkleRoot !== undefined });
  const one = {
    index: 0,
    key_id: hex(key.charter.keyId),
    scheme: scheme.name,
    path: pathText(path),
    public_key: hex(publicKey),
    taproot: merkleRoot !== undefined,
    ...(address !== undefined && { address }),
    ...signed,
    hex: view.hex,
  };
  return { ...signed, signature: view, signatures: [one] };
}

export const sign = {
  kind: "sign",
  ttlMs: ({ signTtlMs }) => signTtlMs,
  async intent({ roster, nowMs }, { account, key, asked }) {
    const { parties, required } = signersLeft(outlookOf(roster(), account, key, nowMs()));
    return { case: "sign", value: withQuorum(asked, parties, required) };
  },
  isOf: ({ account, asked }, subject) =>
    subject.account.account_id === account.account_id && Buffer.from(askedBytes(askedOf(subject.session))).equals(askedBytes(asked)),
  accept(_context, subject, signature) {
    const view = verified(subject, signature);
    if (view !== undefined) return { changes: { signature }, view };
    const { session_id: session } = subject.session.row;
    throw new CovaultError(
      "account/bad-result",
      `The signature delivered for session ${session} is not one of this account's key over what was asked for.`,
      { facts: { session } },
    );
  },
  view(subject) {
    const { signature, session_id: session } = subject.session.row;
    const view = signature === null ? undefined : verified(subject, new Uint8Array(signature));
    if (view === undefined) throw alteredRow("sessions", session);
    return view;
  },
} as const satisfies Operation<SignRequest, SignedResult>;

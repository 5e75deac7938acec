// This file turns a request to sign into what the intent will ask for: which of the account's keys,
// which child of it, and which bytes.
import { create } from "@bufbuild/protobuf";
import { bytesPattern, type SignRequest } from "@covault/api/account";
import { CovaultError } from "@covault/errors";
import { parsePath, payloadBytesMax, payloadKindOf, refuseTransaction, schemeOf, signingTerms } from "@covault/trust";
import { type SignAction, SignActionSchema } from "@covault/wire";
import { type AccountKey, equal, hex } from "../../keys/account-key.ts";

type Transaction = NonNullable<SignRequest["transaction"]>;

/**
 * Gives the key and what is asked of it. Throws account/bad-digest, account/bad-sign-request,
 * account/no-such-key, action/transaction-as-message and trust/bad-path.
 */
export function askedOf(request: SignRequest, keys: readonly AccountKey[]): { readonly key: AccountKey; readonly asked: SignAction } {
  const { digest, message, transaction } = request;
  if (transaction !== undefined && (digest ?? message) !== undefined) throw badRequest("transaction", "give it, or digest, or message");
  const { key, what } = transaction === undefined ? raw(request, keys) : payload(request, transaction, keys);
  const { keyId, publicKey, scheme } = key.charter;
  const asked = create(SignActionSchema, { keyId, publicKey, scheme, ...what });
  // What no party would sign is not asked for.
  signingTerms(asked, key.charter);
  return { key, asked };
}

function raw(request: SignRequest, keys: readonly AccountKey[]) {
  const [field, text] = fieldOf(request);
  const key = keyFor(request, keys);
  const scheme = schemeOf(key.charter.scheme);
  if (field === "digest" && !scheme.message.isDigest)
    throw badDigest(field, `a key of ${scheme.name} signs the message itself: give it as message`);
  const message = scheme.message.isDigest ? digestOf(field, text) : bytesOf(field, text);
  const fault = scheme.message.check(message);
  if (fault !== undefined) throw badDigest(field, `it ${fault}`);
  refuseTransaction(scheme.name, message, { pointer: `/${field}` });
  const { derivation_path: path, taproot } = request;
  if (taproot !== undefined && scheme.taproot === undefined) throw badRequest("taproot", `a key of ${scheme.name} has no Taproot output`);
  return {
    key,
    what: {
      message,
      ...(path !== undefined && { derivationPath: [...parsePath(path)] }),
      ...(taproot && { taprootMerkleRoot: hexOf(taproot.merkle_root ?? "") }),
    },
  };
}

function payload(request: SignRequest, transaction: Transaction, keys: readonly AccountKey[]) {
  const kind = payloadKindOf(transaction.type);
  const { derivation_path: path = "m", text, bytes } = transaction;
  for (const field of ["derivation_path", "taproot"] as const)
    if (request[field] !== undefined) throw badRequest(field, "it is not for a transaction, which says itself how it is signed");
  const key = keyFor({ scheme: kind.scheme, ...request }, keys);
  if (key.charter.scheme !== kind.scheme) throw badRequest("transaction", `${kind.name} is signed by a key of ${kind.scheme}`);
  if ((text === undefined) === (bytes === undefined)) throw badRequest("transaction", "give text or bytes");
  if (text !== undefined && /\p{Cs}/u.test(text)) throw badRequest("transaction.text", "it is no whole Unicode");
  const content = text === undefined ? bytesOf("transaction.bytes", bytes ?? "") : new TextEncoder().encode(text);
  if (content.length === 0 || content.length > payloadBytesMax)
    throw badRequest("transaction", `expected 1 to ${payloadBytesMax} bytes, got ${content.length}`);
  return { key, what: { payload: { kind: kind.name, body: content, inputs: [{ index: 0, derivationPath: [...parsePath(path)] }] } } };
}

/**
 * Gives the key that is named. Without a name it is the first one, as it was before the account had
 * others.
 */
function keyFor({ scheme, key_id: id }: Pick<SignRequest, "scheme" | "key_id">, keys: readonly AccountKey[]): AccountKey {
  const keyId = id === undefined ? undefined : hexOf(id);
  const key = keys.find(
    ({ charter }) => (keyId === undefined || equal(charter.keyId, keyId)) && (scheme === undefined || charter.scheme === scheme),
  );
  if (key !== undefined) return key;
  const named = [keyId && hex(keyId), scheme && `of ${scheme}`].filter(Boolean).join(" ");
  throw new CovaultError("account/no-such-key", `The account has no key ${named}.`);
}

type Field = "digest" | "message";

/** Gives the one field that names what is signed. */
function fieldOf({ digest, message }: SignRequest): readonly [Field, string] {
  if (digest !== undefined && message !== undefined) throw badDigest("digest", "message is the same by another name: give one of them");
  if (digest !== undefined) return ["digest", digest];
  if (message !== undefined) return ["message", message];
  throw badDigest("digest", "it is missing");
}

const hexOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replace(/^0x/i, ""), "hex"));

function digestOf(field: Field, text: string): Uint8Array {
  const digits = text.replace(/^0x/i, "");
  if (!/^[0-9a-f]*$/i.test(digits)) throw badDigest(field, "it is not hex");
  if (digits.length !== 64) throw badDigest(field, `expected the 64 hex characters of a 32-byte digest, got ${digits.length}`);
  return hexOf(digits);
}

function bytesOf(field: string, text: string): Uint8Array {
  if (!new RegExp(bytesPattern).test(text)) throw badRequest(field, "it is no bytes in hex");
  return hexOf(text);
}

function badDigest(field: Field, what: string): CovaultError {
  return new CovaultError("account/bad-digest", `${field}: ${what}.`, { facts: { pointer: `/${field}` } });
}

function badRequest(field: string, what: string): CovaultError {
  return new CovaultError("account/bad-sign-request", `${field}: ${what}.`, { facts: { pointer: `/${field.replaceAll(".", "/")}` } });
}

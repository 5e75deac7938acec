// The backup document: one share of one party, sealed to one recipient (docs/protocols/backup.md),
// with everything that a tool needs to check it without any system. It is canonical JSON (RFC 8785)
// and a line feed. Nothing in it is secret but what is sealed, and pairs, seeds, presignatures and
// nonces are never in it.
import { base64, fromBase64, fromHex, hex, lengthPrefixed, same, sha256, utf8 } from "@covault/crypto";
import { asCovaultError, CovaultError } from "@covault/errors";
import { type CanonicalValue, canonicalJson, type SchemeName, schemeNames } from "@covault/trust";
import { isPartyId } from "@covault/wire";

const format = "covault-sealed-share";
const version = 1;

/** A key of an initiator that signed an intent of the key's chain, as the maker's roster had it. */
export interface NamedInitiator {
  readonly initiatorId: string;
  /** The Ed25519 key, 32 bytes. */
  readonly key: Uint8Array;
}

export interface BackupDocument {
  readonly scheme: SchemeName;
  /** The ids of the key and of the epoch, 32 bytes each. */
  readonly keyId: Uint8Array;
  readonly epoch: Uint8Array;
  readonly epochNumber: number;
  readonly partyId: string;
  readonly shareIndex: number;
  /** The public part of the share, in the protocol's own encoding. */
  readonly record: Uint8Array;
  /** The key's chain up to the epoch, as exact encoded certificates, the founding one first. */
  readonly certificates: readonly Uint8Array[];
  /** What the maker claims. A reader with a roster takes the keys from there. */
  readonly initiators: readonly NamedInitiator[];
  /** The public key that opens it: a compressed point of secp256k1, 33 bytes. */
  readonly recipient: Uint8Array;
  /** The sealed share, as `sealShare` of packages/mpc gives it. */
  readonly sealed: Uint8Array;
  /**
   * The id of the intent that asked for an export, 32 bytes. A backup has none: nobody asks for its
   * recipient.
   */
  readonly intentId?: Uint8Array;
}

/** Everything of a document but what is sealed, which is what the sealing is bound to. */
export type BackupTerms = Omit<BackupDocument, "sealed" | "certificates" | "initiators">;

/** Gives the name of a recipient: the SHA-256 of its public key, 32 bytes. */
export const fingerprintOf = (recipient: Uint8Array): Uint8Array => sha256(recipient);

/**
 * Gives the context of the sealing. A sealed share that is moved to another key, epoch, party or
 * record does not pass, and does not open.
 */
export function contextOf({ scheme, keyId, epoch, epochNumber, partyId, shareIndex, record, intentId }: BackupTerms): Uint8Array {
  const numbers = new DataView(new ArrayBuffer(8));
  numbers.setUint32(0, epochNumber);
  numbers.setUint32(4, shareIndex);
  const head = [utf8("covault/sealed-share/v1"), utf8(scheme), keyId, epoch, new Uint8Array(numbers.buffer)];
  return lengthPrefixed(...head, utf8(partyId), record, intentId ?? new Uint8Array());
}

/** Gives the bytes of the document, in UTF-8. */
export function encodeBackup(document: BackupDocument): Uint8Array {
  const body = bodyOf(document);
  return utf8(`${canonicalJson({ ...body, sha256: checksumOf(body) })}\n`);
}

function bodyOf(document: BackupDocument) {
  const { scheme, keyId, epoch, epochNumber, partyId, shareIndex, record, certificates, initiators, recipient, sealed } = document;
  return {
    ...{ format, version, scheme },
    key_id: hex(keyId),
    epoch: hex(epoch),
    epoch_number: epochNumber,
    party_id: partyId,
    share_index: shareIndex,
    record: base64(record),
    certificates: certificates.map(base64),
    initiators: initiators.map(({ initiatorId, key }) => ({ initiator_id: initiatorId, key: hex(key) })),
    recipient: hex(recipient),
    sealed: base64(sealed),
    intent_id: document.intentId === undefined ? undefined : hex(document.intentId),
  };
}

const checksumOf = (body: CanonicalValue): string => hex(sha256(utf8(canonicalJson(body))));

/**
 * Reads a document. It says nothing of whether the parts fit together (`checkBackup`). Throws
 * `backup/foreign` for something else, `backup/newer-version`, and `backup/damaged` for a document
 * of which any byte is another.
 */
export function decodeBackup(bytes: Uint8Array): BackupDocument {
  const found = jsonIn(bytes);
  if (found === undefined || found.format !== format)
    throw new CovaultError("backup/foreign", "This is no sealed backup of a share, or only a part of one.");
  if (typeof found.version === "number" && found.version > version)
    throw new CovaultError("backup/newer-version", `The backup has version ${found.version}, and this program reads version ${version}.`);
  const { sha256: checksum, ...body } = found;
  try {
    const document = read(body);
    // What has one reading is the same again when it is written. So no byte can be another.
    if (checksum === checksumOf(bodyOf(document)) && same(encodeBackup(document), bytes)) return document;
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError) && asCovaultError(error) === undefined) throw error;
  }
  throw new CovaultError("backup/damaged", "The backup is damaged: its bytes are not those that were written.");
}

function jsonIn(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

/** Throws a TypeError for a field that has another form. */
function read(body: Readonly<Record<string, unknown>>): BackupDocument {
  const text = (name: string, from = body): string => {
    const value = from[name];
    if (typeof value !== "string") throw new TypeError(name);
    return value;
  };
  const number = (name: string, max: number): number => {
    const value = body[name];
    if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > max) throw new TypeError(name);
    return value;
  };
  const bytes = (name: string, length: number, from = body): Uint8Array => {
    const value = fromHex(text(name, from));
    if (value.length !== length) throw new TypeError(name);
    return value;
  };
  // People are shown it, and any other text might be one that a terminal acts upon.
  const party = (id: string): string => {
    if (!isPartyId(id)) throw new TypeError("party_id");
    return id;
  };
  const list = (name: string): readonly unknown[] => {
    const value = body[name];
    if (!Array.isArray(value)) throw new TypeError(name);
    return value;
  };
  const scheme = schemeNames.find((each) => each === body.scheme);
  if (scheme === undefined) throw new TypeError("scheme");
  return {
    scheme,
    keyId: bytes("key_id", 32),
    epoch: bytes("epoch", 32),
    epochNumber: number("epoch_number", 2 ** 32 - 1),
    partyId: party(text("party_id")),
    shareIndex: number("share_index", 65_535),
    record: fromBase64(text("record")),
    certificates: list("certificates").map((each) => fromBase64(each as string)),
    initiators: list("initiators").map((each) => {
      const entry = Object(each) as Readonly<Record<string, unknown>>;
      return { initiatorId: text("initiator_id", entry), key: bytes("key", 32, entry) };
    }),
    recipient: bytes("recipient", 33),
    sealed: fromBase64(text("sealed")),
    ...(body.intent_id === undefined ? {} : { intentId: bytes("intent_id", 32) }),
  };
}

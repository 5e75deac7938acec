// This file holds the checks on the fields of statements that have verified. Each check is one
// word. A failure names the field and what is wrong with it.
import { type DescMessage, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { hex, isBytes, isEd25519Key, same } from "@covault/crypto";
import { CovaultError, type ErrorCode } from "@covault/errors";
import { isPartyId, type Member } from "@covault/wire";
import { claimsToBeDevice, deviceIdOf } from "./device-id.ts";
import { type SchemeName, schemeOf } from "./schemes/index.ts";

const roles = ["persistent", "delegate", "temporary", "co-managed", "device"] as const;
/** The most holders of one key. */
export const holdersMax = 20;
/** The most that clocks may differ by, in milliseconds. */
export const skewMs = 60_000;

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

export interface FieldChecks {
  /** What the checks throw, and what they are of, as in "The intent". */
  readonly code: ErrorCode;
  readonly what: string;
  readonly fail: (text: string, facts?: Record<string, string | number>) => never;
  readonly that: (holds: boolean, text: string) => void;
  readonly bytes: (value: Uint8Array, length: number, field: string) => void;
  readonly bytesOrNone: (value: Uint8Array, length: number, field: string) => void;
  readonly name: (value: string, field: string) => void;
  readonly initiatorId: (value: string, field: string) => void;
  readonly partyId: (value: string, field: string) => void;
  readonly word: <W extends string>(value: string, words: readonly W[], field: string) => W;
  readonly distinct: (values: readonly string[], field: string) => void;
  readonly idpk: (value: Uint8Array, field: string) => void;
  readonly publicKey: (scheme: SchemeName, value: Uint8Array, field: string) => void;
  readonly threshold: (t: number, n: number, field: string) => void;
  readonly ascending: (indices: readonly number[], field: string) => void;
  readonly members: (members: readonly Member[], field: string) => void;
}

/** Gives all checks, which throw `code`. `what` begins the message, such as "The intent". */
export function fieldChecks(code: ErrorCode, what: string): FieldChecks {
  const fail = (text: string, facts: Record<string, string | number> = {}): never => {
    throw new CovaultError(code, `${what} is refused: ${text}.`, { facts });
  };
  const that = (holds: boolean, text: string): void => {
    if (!holds) fail(text);
  };
  const bytes = (value: Uint8Array, length: number, field: string): void =>
    that(value.length === length, `${field} has ${value.length} bytes, not ${length}`);
  const bytesOrNone = (value: Uint8Array, length: number, field: string): void => {
    if (value.length > 0) bytes(value, length, field);
  };
  const name = (value: string, field: string): void =>
    that(namePattern.test(value), `${field} is not a name of 1 to 128 letters, digits and . _ : -`);
  const initiatorId = (value: string, field: string): void => {
    name(value, field);
    that(!claimsToBeDevice(value), `${field} is a device, which no list of initiators names`);
  };
  const partyId = (value: string, field: string): void => that(isPartyId(value), `${field} is not a party id`);
  const word = <W extends string>(value: string, words: readonly W[], field: string): W => {
    const found = words.find((known) => known === value);
    return found ?? fail(`${field} is none of ${words.join(", ")}`);
  };
  const distinct = (values: readonly string[], field: string): void =>
    that(new Set(values).size === values.length, `${field} names one twice`);
  const idpk = (value: Uint8Array, field: string): void => {
    bytes(value, 32, field);
    that(isEd25519Key(value), `${field} is not an Ed25519 key`);
  };
  const publicKey = (scheme: SchemeName, value: Uint8Array, field: string): void =>
    that(schemeOf(scheme).publicKey.is(value), `${field} is not a public key of ${scheme}`);
  const threshold = (t: number, n: number, field: string): void => that(t >= 2 && t <= n, `${field} is ${t} of ${n}, not 2 <= t <= n`);
  const ascending = (indices: readonly number[], field: string): void =>
    that(
      indices.every((index, at) => index > (indices[at - 1] ?? 0) && index <= 65535),
      `${field} is not ascending in 1..65535`,
    );
  const members = (list: readonly Member[], field: string): void => {
    // Each key is a point of a curve. So the number of keys is checked before any of them is looked
    // at.
    that(list.length <= holdersMax, `${field} has ${list.length} entries, more than ${holdersMax}`);
    ascending(
      list.map((member) => member.shareIndex),
      `${field}.share_index`,
    );
    for (const [at, member] of list.entries()) {
      partyId(member.partyId, `${field}[${at}].party_id`);
      idpk(member.idpk, `${field}[${at}].idpk`);
      const role = word(member.role, roles, `${field}[${at}].role`);
      const isDevice = claimsToBeDevice(member.partyId) && member.partyId === deviceIdOf(member.idpk);
      that(isDevice || !claimsToBeDevice(member.partyId), `${field}[${at}].party_id is not that of its idpk`);
      that((role === "device") === isDevice, `${field}[${at}].role is device for a party that is none, or another for a device`);
    }
    distinct(
      list.map((member) => member.partyId),
      `${field}.party_id`,
    );
    distinct(
      list.map((member) => hex(member.idpk)),
      `${field}.idpk`,
    );
  };
  const about = { code, what, fail, that };
  return { ...about, bytes, bytesOrNone, name, initiatorId, partyId, word, distinct, idpk, publicKey, threshold, ascending, members };
}

/**
 * Parses verified bytes that have exactly one reading, and gives undefined for other bytes. Unknown
 * fields, fields given twice and other encodings of the same value are refused, so that no two
 * readers can see different statements.
 */
export function parseExact<D extends DescMessage>(schema: D, body: Uint8Array): MessageShape<D> | undefined {
  try {
    const message = fromBinary(schema, body);
    return same(toBinary(schema, message, { writeUnknownFields: false }), body) ? message : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Gives a message from itself or from its bytes. Gives undefined when it has fields that are not
 * known here, or when its bytes have more than one reading.
 */
export function reread<D extends DescMessage>(schema: D, given: MessageShape<D> | Uint8Array): MessageShape<D> | undefined {
  try {
    return parseExact(schema, isBytes(given) ? given : toBinary(schema, given));
  } catch {
    return undefined;
  }
}

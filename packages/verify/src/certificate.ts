// The commit certificate: the intent and one acknowledgement of every member (dkls23-spec 7 "Commit"; docs/decisions/0001). Only it makes a
// key or an epoch usable, so it is checked as a whole by everybody who acts on it.
import { fromBinary } from "@bufbuild/protobuf";
import { asCovaultError, CovaultError } from "@covault/errors";
import { type Ack, type Certificate, CertificateSchema, type Intent, type Member, type Roster } from "@covault/wire";
import { isBytes } from "./bytes.ts";
import { fieldChecks, isPublicKey, type Scheme, same, schemes } from "./fields.ts";
import { type OpenedIntent, openIntent } from "./intent.ts";
import { rosterInitiator } from "./roster.ts";
import { verifyAck } from "./statements.ts";

export interface ExpectedCertificate {
  /** Whose initiators may have signed the intent; `initiatorKeys`, 32 bytes each, is for who knows the keys themselves. One of both is needed. */
  readonly roster?: Roster;
  readonly initiatorKeys?: readonly Uint8Array[];
  /**
   * The intent that it must answer, 32 bytes (`intentIdOf`); without it the certificate of another key of the same members would do.
   * `any`: the caller compares the key id or the intent in the result with what it knows.
   */
  readonly intentId: Uint8Array | "any";
}

export interface VerifiedCertificate {
  readonly keyId: Uint8Array;
  readonly epoch: Uint8Array;
  readonly h2: Uint8Array;
  /** 33 bytes (secp256k1) or 32. */
  readonly publicKey: Uint8Array;
  readonly chain: Uint8Array;
  readonly threshold: number;
  readonly members: readonly Member[];
  readonly scheme: Scheme;
  readonly intentId: Uint8Array;
  readonly sessionId: string;
  readonly intent: Intent;
}

/** Throws `trust/bad-certificate`. */
export function verifyCertificate(certificate: Certificate | Uint8Array, expected: ExpectedCertificate): VerifiedCertificate {
  const check = fieldChecks("trust/bad-certificate", "The certificate");
  const read = (isBytes(certificate) ? parse(certificate) : certificate) ?? check.fail("its bytes cannot be read");
  const opened = openedIntent(read, expected);
  const { intentId } = expected;
  check.that(intentId === "any" || (isBytes(intentId) && same(intentId, opened.intentId)), "it answers another intent");
  const terms = termsOf(opened.intent) ?? check.fail("its intent makes no key and no epoch");
  const { members } = terms;
  check.that(read.acks.length === members.length, `it has ${read.acks.length} acknowledgements for ${members.length} members`);
  const context = { members, intentId: opened.intentId, sessionId: opened.intent.sessionId, scheme: terms.scheme };
  const acks = read.acks.map((signed) => verifyAck(signed, context, "trust/bad-certificate"));
  check.that(
    acks.every((ack, at) => ack.shareIndex === members[at]?.shareIndex),
    "its acknowledgements are not one of each member, ascending",
  );
  const first = acks[0] ?? check.fail("it has no acknowledgements");
  check.that(
    acks.every((ack) => agree(ack, first)),
    "its acknowledgements are of different keys or epochs",
  );
  const { action } = opened.intent;
  if (action.case === "refresh") {
    check.that(
      same(first.publicKey, action.value.publicKey) && same(first.chain, action.value.chain),
      "its key is another than the one to refresh",
    );
    check.that(!same(first.epoch, action.value.oldEpoch), "its epoch is the old one");
  }
  const { keyId, epoch, h2, publicKey, chain } = first;
  const { intent } = opened;
  return { keyId, epoch, h2, publicKey, chain, intent, intentId: opened.intentId, sessionId: intent.sessionId, ...terms };
}

function openedIntent(certificate: Certificate, expected: ExpectedCertificate): OpenedIntent {
  const { roster, initiatorKeys = [] } = expected;
  const keysOf = (id: string): readonly Uint8Array[] => [
    ...initiatorKeys,
    ...(roster === undefined ? [] : rosterInitiator(roster, id).map((entry) => entry.key)),
  ];
  const check = fieldChecks("trust/bad-certificate", "The certificate");
  try {
    return openIntent(certificate.intent ?? check.fail("it has no intent"), keysOf, undefined);
  } catch (error) {
    const known = asCovaultError(error);
    if (known === undefined || known.code === "trust/bad-certificate") throw error;
    throw new CovaultError("trust/bad-certificate", `The certificate is refused: ${known.message}`, { cause: error });
  }
}

interface Terms {
  readonly threshold: number;
  readonly members: readonly Member[];
  readonly scheme: Scheme;
}

function termsOf({ action }: Intent): Terms | undefined {
  if (action.case !== "keygen" && action.case !== "refresh") return undefined;
  const { threshold, members } = action.value;
  if (action.case === "keygen") return { threshold, members, scheme: action.value.scheme as Scheme };
  // A refresh intent does not name the scheme: the first whose keys these are. The holders know it from the share.
  const keys = [action.value.publicKey, ...action.value.oldPublicShares];
  const scheme = schemes.find((candidate) => keys.every((key) => isPublicKey(candidate, key)));
  return scheme === undefined ? undefined : { threshold, members, scheme };
}

function agree(a: Ack, b: Ack): boolean {
  return same(a.keyId, b.keyId) && same(a.epoch, b.epoch) && same(a.h2, b.h2) && same(a.publicKey, b.publicKey) && same(a.chain, b.chain);
}

function parse(bytes: Uint8Array): Certificate | undefined {
  try {
    return fromBinary(CertificateSchema, bytes);
  } catch {
    return undefined;
  }
}

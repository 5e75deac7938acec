// The commit certificate is the intent and one acknowledgement of every member. For a reshare it
// has one of every dealer that leaves as well (dkls23-spec 7 "Commit"; docs/decisions/0001). Only a
// certificate makes a key or an epoch usable, so everybody who acts on it checks it as a whole.
// Whether it continues a key is for `openKey` to decide.

import { isBytes, same } from "@covault/crypto";
import { type Ack, type Certificate, CertificateSchema, type Intent, type Member } from "@covault/wire";
import { certifiedIntent } from "./certified-intent.ts";
import { type FieldChecks, fieldChecks, reread } from "./fields.ts";
import { foundingOf } from "./founding.ts";
import { type Kind, kindOf } from "./kinds.ts";
import type { InitiatorKeys } from "./roster.ts";
import type { SchemeName } from "./schemes/index.ts";
import { type ExpectedAck, verifyAck } from "./statements.ts";

export interface ExpectedCertificate {
  /**
   * The keys that may have signed the intent: `keysOf(roster)`. A certificate stays good when a key
   * is retired or revoked.
   */
  readonly keysOf: InitiatorKeys;
  /**
   * The id of the intent that the certificate must answer, 32 bytes (`intentIdOf`). Without it, the
   * certificate of another key of the same members would be accepted. `any` means that the caller
   * compares the key id or the intent in the result with what it knows.
   */
  readonly intentId: Uint8Array | "any";
  /**
   * The holders of the epoch before. A device among them may have signed the intent. When it is
   * undefined, no device may have signed it.
   */
  readonly devices?: readonly Member[] | undefined;
}

export interface VerifiedCertificate {
  readonly kind: Exclude<Kind, "sign" | "renew" | "repair" | "export">;
  readonly keyId: Uint8Array;
  readonly scheme: SchemeName;
  /** The joint public key, in the scheme's form. */
  readonly publicKey: Uint8Array;
  readonly chain: Uint8Array;
  readonly epoch: Uint8Array;
  /** The number of the epoch. It is 0 for a keygen. */
  readonly epochNumber: number;
  readonly h2: Uint8Array;
  readonly threshold: number;
  /** The holders of this epoch. */
  readonly members: readonly Member[];
  readonly intentId: Uint8Array;
  readonly sessionId: string;
  readonly intent: Intent;
  /** The initiator's key that signed the intent, 32 bytes. */
  readonly initiatorKey: Uint8Array;
  readonly certificate: Certificate;
}

/** Verifies a certificate, given as the message or its bytes. Throws `trust/bad-certificate`. */
export function verifyCertificate(certificate: Certificate | Uint8Array, expected: ExpectedCertificate): VerifiedCertificate {
  const check = fieldChecks("trust/bad-certificate", "The certificate");
  const read = reread(CertificateSchema, certificate) ?? check.fail("it cannot be read in exactly one way");
  const opened = certifiedIntent(read, expected, check);
  const { intentId } = expected;
  check.that(intentId === "any" || (isBytes(intentId) && same(intentId, opened.intentId)), "it answers another intent");
  const terms = termsOf(opened.intent) ?? check.fail("its intent makes no key and no epoch");
  const { members, leaving, ...facts } = terms;
  const { scheme, epochNumber } = facts;
  const context = { intentId: opened.intentId, sessionId: opened.intent.sessionId, scheme, epochNumber };
  const acks = [
    ...verifyAcks(read.acks, { ...context, members }, "acknowledgements", check),
    ...verifyAcks(read.dealerAcks, { ...context, members: leaving }, "acknowledgements of dealers that leave", check),
  ];
  const first = acks[0] ?? check.fail("it has no acknowledgements");
  // An epoch is made of its key id and h2, and a key id of scheme, public key and chain
  // (`verifyAck`). So one epoch fixes every other field.
  check.that(
    acks.every((ack) => same(ack.epoch, first.epoch)),
    "its acknowledgements are of different keys or epochs",
  );
  const { action } = opened.intent;
  if (action.case === "refresh") {
    check.that(same(first.keyId, action.value.keyId), "its key is another than the one to refresh");
    check.that(!same(first.epoch, action.value.oldEpoch), "its epoch is the old one");
  }
  // So the certificate of an import is that of the key which its intent names.
  if (action.case === "import")
    check.that(
      same(first.publicKey, action.value.publicKey) && same(first.chain, action.value.chain),
      "its key is another than the one to import",
    );
  const { keyId, epoch, h2, publicKey, chain } = first;
  const { intent, key: initiatorKey } = opened;
  const { sessionId } = intent;
  return {
    ...facts,
    members,
    keyId,
    epoch,
    h2,
    publicKey,
    chain,
    intent,
    intentId: opened.intentId,
    sessionId,
    initiatorKey,
    certificate: read,
  };
}

/** Verifies one acknowledgement of each of `expected.members`, in their order. */
function verifyAcks(acks: Certificate["acks"], expected: ExpectedAck, what: string, check: FieldChecks): readonly Ack[] {
  const { members } = expected;
  check.that(acks.length === members.length, `it has ${acks.length} ${what} for ${members.length}`);
  const verified = acks.map((signed) => verifyAck(signed, expected, "trust/bad-certificate"));
  check.that(
    verified.every((ack, at) => ack.shareIndex === members[at]?.shareIndex),
    `its ${what} are not one of each, ascending`,
  );
  return verified;
}

interface Terms {
  readonly kind: VerifiedCertificate["kind"];
  readonly threshold: number;
  readonly members: readonly Member[];
  /** The dealers of a reshare that are no longer holders. */
  readonly leaving: readonly Member[];
  readonly scheme: SchemeName;
  readonly epochNumber: number;
}

function termsOf(intent: Intent): Terms | undefined {
  const { action } = intent;
  const founding = foundingOf(intent);
  const terms = founding ?? (action.case === "refresh" ? action.value : undefined);
  if (terms === undefined) return undefined;
  const kind = kindOf(intent) as Terms["kind"];
  const { threshold, members } = terms;
  const scheme = terms.scheme as SchemeName;
  if (action.case !== "refresh") return { kind, threshold, members, leaving: [], scheme, epochNumber: 0 };
  const { dealers, oldMembers, epochNumber } = action.value;
  const leaving = oldMembers.filter(
    ({ shareIndex }) => dealers.includes(shareIndex) && !members.some((member) => member.shareIndex === shareIndex),
  );
  return { kind, threshold, members, leaving, scheme, epochNumber };
}

// A key is a charter and a chain of certificates (docs/decisions/0036). The charter says what never
// changes of a key, and who may ask for it. The founding certificate makes the charter, and only a
// later certificate whose intent says so amends it. Each later certificate continues the epoch
// before it, so the highest one says which epoch the key is in.
import { isBytes, same } from "@covault/crypto";
import { asCovaultError, CovaultError } from "@covault/errors";
import type { Certificate, KeygenAction, Member, RefreshAction } from "@covault/wire";
import type { Custody } from "./actions/keygen.ts";
import { compareBytes } from "./bytes.ts";
import { type VerifiedCertificate, verifyCertificate } from "./certificate.ts";
import { type FieldChecks, fieldChecks } from "./fields.ts";
import { foundingOf } from "./founding.ts";
import type { OpenedIntent } from "./intent.ts";
import { isInitiatorOf } from "./may-ask.ts";
import type { InitiatorKeys } from "./roster.ts";
import type { SchemeName } from "./schemes/index.ts";

export interface Charter {
  readonly keyId: Uint8Array;
  readonly scheme: SchemeName;
  /** The joint public key, in the scheme's form. */
  readonly publicKey: Uint8Array;
  readonly chain: Uint8Array;
  readonly tenantId: string;
  readonly accountId: string;
  readonly custody: Custody;
  /** The ids of the parties that are in every quorum. */
  readonly required: readonly string[];
  /**
   * The ids of the initiators that may ask. The rule `devices` stands for the device members of the
   * current certificate.
   */
  readonly initiators: readonly string[] | "devices";
  /** The policy root, 32 bytes. It is empty at policy version 0, where raw digests are granted. */
  readonly policyRoot: Uint8Array;
  /** The SHA-256 of the policy's version 1. It is empty when there is none. */
  readonly policyDocument: Uint8Array;
  /** The user's keys. They are defined for the custody `delegate` alone. */
  readonly user: { readonly hpkeKey: Uint8Array; readonly signingKey: Uint8Array } | undefined;
  readonly foundingIntentId: Uint8Array;
  /** The key existed in one place before, and one of its holders has dealt it. */
  readonly isImported: boolean;
  /**
   * A later certificate says that the key has been exported, or may have been. It stays so. A key
   * that was exported since its last certificate has no such word yet.
   */
  readonly isExported: boolean;
}

export interface VerifiedKey {
  /** The charter as the chain has amended it. */
  readonly charter: Charter;
  /** The epoch of the highest certificate. The fields that follow are of the same certificate. */
  readonly epoch: Uint8Array;
  readonly epochNumber: number;
  readonly h2: Uint8Array;
  readonly threshold: number;
  readonly members: readonly Member[];
  readonly intentId: Uint8Array;
  readonly sessionId: string;
  readonly certificate: Certificate;
  /**
   * The highest share index that any epoch of the chain has had. The index of a newcomer is above
   * it.
   */
  readonly indexMax: number;
}

export interface ExpectedKey {
  /**
   * The keys that may have signed the intents: `keysOf(roster)`. Certificates stay good when a key
   * is retired or revoked.
   */
  readonly keysOf: InitiatorKeys;
  /**
   * The id of the key, 32 bytes. One of this and the next field is needed. Without them, the chain
   * of another key of the same members would be accepted. `any` means that the caller compares.
   */
  readonly keyId?: Uint8Array | undefined;
  readonly foundingIntentId?: Uint8Array | "any" | undefined;
}

type CertificateOrBytes = Certificate | Uint8Array;

/**
 * Opens a key. `founding` is the certificate of the keygen, and `later` is every further
 * certificate of the chain, ascending. Throws `trust/bad-chain`.
 *
 * One thing is not checked, as it takes the mathematics: that the public shares of a later intent
 * are those of the epoch before. Every party checks it.
 */
export function openKey(founding: CertificateOrBytes, later: readonly CertificateOrBytes[], expected: ExpectedKey): VerifiedKey {
  const check = fieldChecks("trust/bad-chain", "The key's chain of certificates");
  const { keyId, foundingIntentId, keysOf } = expected;
  const first = verified(founding, { keysOf, intentId: "any" }, 0);
  const keygen = foundingOf(first.intent) ?? check.fail("it does not begin with the certificate of a keygen");
  check.that(foundingIntentId !== undefined || keyId !== undefined, "nothing says which key it should be of");
  check.that(keyId === undefined || (isBytes(keyId) && same(keyId, first.keyId)), "it is that of another key");
  check.that(
    foundingIntentId === undefined || foundingIntentId === "any" || (isBytes(foundingIntentId) && same(foundingIntentId, first.intentId)),
    "it is that of another founding intent",
  );
  const founded = keyOf(charterOf(first, keygen), first, 0);
  return later.reduce<VerifiedKey>((key, certificate, at) => continueKey(key, certificate, keysOf, at + 1), founded);
}

/**
 * Gives the key after one more certificate of its chain, so that a caller that keeps an opened key
 * need not open all of it again. `at` is the certificate's place in the chain, for the message of
 * an error. The founding certificate's place is 0. Throws `trust/bad-chain`.
 */
export function continueKey(
  key: VerifiedKey,
  certificate: CertificateOrBytes,
  keysOf: InitiatorKeys,
  at: number | "next" = "next",
): VerifiedKey {
  const next = verified(certificate, { keysOf, intentId: "any", devices: key.members }, at);
  const link = fieldChecks("trust/bad-chain", `Certificate ${at} of the key's chain`);
  return keyOf(continued(key, next, link), next, key.indexMax);
}

/**
 * Checks an intent that has no certificate yet as `continueKey` will check its certificate: it
 * continues this key in this epoch, and amends the charter only where that is allowed. Gives the
 * charter as it will be. Throws `trust/bad-intent`.
 */
export function checkContinues(key: VerifiedKey, { intent, key: initiatorKey }: Pick<OpenedIntent, "intent" | "key">): Charter {
  return continued(key, { intent, initiatorKey }, fieldChecks("trust/bad-intent", "The intent"));
}

/**
 * Compares two epochs of a key (dkls23-spec 7, rule 1). The result is above 0 when `a` is the
 * higher one. The highest certified epoch is the key's epoch.
 */
export function compareEpochs(a: Pick<VerifiedKey, "epochNumber" | "epoch">, b: Pick<VerifiedKey, "epochNumber" | "epoch">): number {
  return a.epochNumber - b.epochNumber || compareBytes(a.epoch, b.epoch);
}

function verified(
  certificate: CertificateOrBytes,
  expected: Parameters<typeof verifyCertificate>[1],
  at: number | "next",
): VerifiedCertificate {
  try {
    return verifyCertificate(certificate, expected);
  } catch (error) {
    const known = asCovaultError(error);
    if (known === undefined) throw error;
    throw new CovaultError("trust/bad-chain", `Certificate ${at} of the key's chain: ${known.message}`, { cause: error });
  }
}

function keyOf(charter: Charter, certificate: VerifiedCertificate, indexMaxBefore: number): VerifiedKey {
  const { epoch, epochNumber, h2, threshold, members, intentId, sessionId } = certificate;
  const indexMax = Math.max(indexMaxBefore, ...members.map(({ shareIndex }) => shareIndex));
  return { charter, epoch, epochNumber, h2, threshold, members, intentId, sessionId, certificate: certificate.certificate, indexMax };
}

function charterOf(founding: VerifiedCertificate, keygen: KeygenAction): Charter {
  const { keyId, scheme, publicKey, chain, intent, intentId } = founding;
  const { custody, required, initiators, initiatorsRule, policyRoot, policyDocument, user } = keygen;
  return {
    keyId,
    scheme,
    publicKey,
    chain,
    tenantId: intent.tenantId,
    accountId: intent.accountId,
    custody: custody as Custody,
    required,
    initiators: initiatorsRule === "devices" ? initiatorsRule : initiators,
    policyRoot,
    policyDocument,
    user: user === undefined ? undefined : { hpkeKey: user.hpkeKey, signingKey: user.signingKey },
    foundingIntentId: intentId,
    isImported: intent.action.case === "import",
    isExported: false,
  };
}

/** Gives the charter after `next`, which must continue the epoch that `key` is in. */
function continued(key: VerifiedKey, next: Pick<VerifiedCertificate, "intent" | "initiatorKey">, check: FieldChecks): Charter {
  const { charter } = key;
  const { intent } = next;
  const { action } = intent;
  if (action.case !== "refresh") return check.fail("it founds a key and does not continue one");
  const terms = action.value;
  // A key id is made of scheme, public key and chain (`openIntent`), so none of them can differ.
  checkOfKey(key, { intent, key: next.initiatorKey }, terms.keyId, check);
  check.that(terms.epochNumber > key.epochNumber, `epoch_number is ${terms.epochNumber}, not above ${key.epochNumber}`);
  check.that(same(terms.oldEpoch, key.epoch), "old_epoch is not the epoch before it in the chain");
  check.that(terms.oldThreshold === key.threshold, "old_threshold is not that of the epoch before");
  check.that(sameMembers(terms.oldMembers, key.members), "old_members are not the holders of the epoch before");
  const old = new Set(key.members.map(({ shareIndex }) => shareIndex));
  check.that(
    terms.members.every(({ shareIndex }) => old.has(shareIndex) || shareIndex > key.indexMax),
    "members has a newcomer with an index that a former holder had",
  );
  return amended(charter, terms, check);
}

/** Checks that an intent is about this key, and that one of the key's initiators has signed it. */
export function checkOfKey(
  key: VerifiedKey,
  { intent, key: initiatorKey }: Pick<OpenedIntent, "intent" | "key">,
  keyId: Uint8Array,
  check: FieldChecks,
): void {
  const { charter } = key;
  check.that(same(keyId, charter.keyId), "it is that of another key");
  check.that(intent.tenantId === charter.tenantId && intent.accountId === charter.accountId, "it is of another tenant or account");
  check.that(isInitiatorOf(key, intent.initiatorId, initiatorKey), `its initiator ${intent.initiatorId} is none of the key's`);
}

/**
 * Gives the amended charter. Only what the intent names changes, and only where a change is
 * allowed.
 */
function amended(charter: Charter, terms: RefreshAction, check: FieldChecks): Charter {
  check.that(terms.policyRoot.length === 0 || charter.policyRoot.length === 0, "policy_root is set where there is one");
  const custody = (terms.custody || charter.custody) as Custody;
  const required = terms.amendsRequired ? terms.required : charter.required;
  check.that(terms.custody !== charter.custody, "custody is amended to what it is");
  if (custody !== charter.custody) {
    // An amendment cannot name initiators or a user. So only changes that need neither are
    // possible.
    check.that(custody !== "delegate", "custody becomes delegate, and nobody says whose the share would be");
    check.that(charter.custody !== "co-managed", "custody stops to be co-managed, and nobody says who might ask then");
  }
  check.that(
    custody !== "co-managed" || terms.members.some(({ role }) => role === "device"),
    "members has no device: nobody could ever use the key",
  );
  check.that(
    required.every((partyId) => terms.members.some((member) => member.partyId === partyId)),
    "a required party is not a member any more",
  );
  check.that(required.length <= terms.threshold, "more parties are required than sign");
  return {
    ...charter,
    custody,
    required,
    initiators: custody === "co-managed" ? "devices" : charter.initiators,
    policyRoot: terms.policyRoot.length > 0 ? terms.policyRoot : charter.policyRoot,
    user: custody === "delegate" ? charter.user : undefined,
    isExported: charter.isExported || terms.exported,
  };
}

function sameMembers(a: readonly Member[], b: readonly Member[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ partyId, shareIndex, idpk, role }, at) => {
      const other = b[at] as Member;
      return partyId === other.partyId && shareIndex === other.shareIndex && role === other.role && same(idpk, other.idpk);
    })
  );
}

// A key's certificates in their order, as bytes that were verified before or are about to be.
// Nothing here verifies anything.

import { fromBinary } from "@bufbuild/protobuf";
import { same } from "@covault/crypto";
import { parseExact } from "@covault/trust";
import { AckSchema, type Certificate, CertificateSchema, type Intent, IntentSchema, type RefreshAction } from "@covault/wire";

/**
 * Gives the intent that a certificate answers, as the certificate itself says. Gives undefined when
 * there is none, or none that can be read in one way.
 */
export function certified(certificate: Certificate | Uint8Array): Intent | undefined {
  const { intent } = certificate instanceof Uint8Array ? (parseExact(CertificateSchema, certificate) ?? {}) : certificate;
  return intent && parseExact(IntentSchema, intent.body);
}

/** Gives what the intent says of the key that it continues, and undefined when it founds one. */
export const continuing = (intent: Intent | undefined): RefreshAction | undefined =>
  intent?.action.case === "refresh" ? intent.action.value : undefined;

/**
 * Gives the chain that `shown` ends. That is all of `shown` when it begins with the founding
 * certificate. Otherwise `shown` continues one of `held`, which need not be the last. Gives
 * undefined when there are certificates between them that are not here.
 */
export function chainTo(held: readonly Uint8Array[], shown: readonly Uint8Array[]): readonly Uint8Array[] | undefined {
  const terms = continuing(certified(shown[0] ?? new Uint8Array()));
  if (terms === undefined) return shown;
  const at = held.findIndex((each) => same(epochOf(each), terms.oldEpoch));
  return at < 0 ? undefined : [...held.slice(0, at + 1), ...shown];
}

/**
 * Gives what follows the certificate of this epoch, and all of the chain when it has no such
 * certificate.
 */
export const chainAfter = (chain: readonly Uint8Array[], epoch: Uint8Array): readonly Uint8Array[] =>
  chain.slice(chain.findIndex((each) => same(epochOf(each), epoch)) + 1);

/** Tells whether the certificate is that of this epoch. */
export const isOfEpoch = (certificate: Uint8Array, epoch: Uint8Array): boolean => same(epochOf(certificate), epoch);

/**
 * Tells whether a member gets a share of a key and had none of the epoch before. Such a member has
 * no certificate of the key either.
 */
export function isNewcomer(intent: Intent, partyId: string): boolean {
  const terms = continuing(intent);
  if (terms === undefined) return false;
  const isIn = (members: readonly { readonly partyId: string }[]): boolean => members.some((member) => member.partyId === partyId);
  return isIn(terms.members) && !isIn(terms.oldMembers);
}

/**
 * Gives the key that a certificate is of, as its first acknowledgement says. Nothing is verified.
 */
export const keyIdOf = ({ acks: [ack] }: Certificate): Uint8Array => (ack && parseExact(AckSchema, ack.body)?.keyId) ?? new Uint8Array();

/** Gives the epoch of a certificate that was verified before. */
export function epochOf(certificate: Uint8Array): Uint8Array {
  const [ack] = fromBinary(CertificateSchema, certificate).acks;
  return ack === undefined ? new Uint8Array() : fromBinary(AckSchema, ack.body).epoch;
}

// A key's certificates in their order, as bytes that were verified before or are about to be: nothing here verifies anything.

import { fromBinary } from "@bufbuild/protobuf";
import { same } from "@covault/crypto";
import { AckSchema, type Certificate, CertificateSchema, type Intent, IntentSchema } from "@covault/wire";

/** The intent that a certificate answers. */
export function certified(certificate: Certificate | Uint8Array): Intent {
  const { intent } = certificate instanceof Uint8Array ? fromBinary(CertificateSchema, certificate) : certificate;
  return fromBinary(IntentSchema, intent?.body ?? new Uint8Array());
}

/**
 * The chain that ends with this certificate of an intent: it continues whichever epoch of `held` the intent says, which need not be the last. Of a key
 * whose certificates are not here, as at a newcomer, only a keygen's own is one: the others come with an invite.
 */
export function chainTo(held: readonly Uint8Array[], { action }: Intent, certificate: Uint8Array): readonly Uint8Array[] {
  if (action.case !== "refresh") return [certificate];
  const { oldEpoch } = action.value;
  return [...held.slice(0, held.findIndex((each) => same(epochOf(each), oldEpoch)) + 1), certificate];
}

function epochOf(certificate: Uint8Array): Uint8Array {
  const [ack] = fromBinary(CertificateSchema, certificate).acks;
  return ack === undefined ? new Uint8Array() : fromBinary(AckSchema, ack.body).epoch;
}

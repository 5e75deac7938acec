// What the acknowledgements of one renewal must fit, and its messages (dkls23-spec 7.1). Nothing is
// verified here.
import { create, fromBinary } from "@bufbuild/protobuf";
import { type ExpectedPairAck, holderKeysOf } from "@covault/trust";
import {
  type Intent,
  type Member,
  PairAcknowledgedSchema,
  type PairCertificate,
  PairCommittedSchema,
  PairRequestSchema,
  type Roster,
  SignedSchema,
} from "@covault/wire";
import { renewing } from "../attempt/attempt-terms.ts";
import { envelope } from "../attempt/mail.ts";
import type { StoredRenewal } from "../ports/pairs.ts";

/**
 * Gives the terms of an intent that was verified. `members` have the two ends among them. Gives
 * undefined when the intent renews no pair, or when an end is missing.
 */
export function pairTermsOf(
  intent: Pick<Intent, "action" | "sessionId">,
  intentId: Uint8Array,
  members: readonly Member[],
  roster: Roster,
): ExpectedPairAck | undefined {
  const renew = renewing(intent);
  if (renew === undefined) return undefined;
  const { keyId, epoch, shareIndexLo, shareIndexHi, generation, oldPairId } = renew;
  const [lo, hi] = [shareIndexLo, shareIndexHi].map((index) => members.find(({ shareIndex }) => shareIndex === index));
  return (
    lo &&
    hi && { ends: [lo, hi], holderKeys: holderKeysOf(roster), keyId, epoch, generation, oldPairId, intentId, sessionId: intent.sessionId }
  );
}

export const acknowledged = ({ sessionId, ack }: StoredRenewal): Uint8Array =>
  envelope({ case: "pairAcknowledged", value: create(PairAcknowledgedSchema, { sessionId, ack: fromBinary(SignedSchema, ack) }) });
export const committed = ({ sessionId }: Pick<StoredRenewal, "sessionId">, certificate: PairCertificate): Uint8Array =>
  envelope({ case: "pairCommitted", value: create(PairCommittedSchema, { sessionId, certificate }) });
export const request = ({ sessionId, intentId }: StoredRenewal): Uint8Array =>
  envelope({ case: "pairRequest", value: create(PairRequestSchema, { sessionId, intentId }) });

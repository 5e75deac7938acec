// What parties say to each other about a commit: acknowledgements, certificates, and questions for
// certificates, each as an envelope.
import { create, fromBinary } from "@bufbuild/protobuf";
import {
  AcknowledgedSchema,
  type Certificate,
  CertificateRequestSchema,
  CertificateSchema,
  CommittedSchema,
  type Intent,
  type Member,
  SignedSchema,
} from "@covault/wire";
import { type Holders, holdersOf } from "../attempt/attempt-terms.ts";
import { coordinator, envelope, post, ttlMs } from "../attempt/mail.ts";
import type { PartyDeps } from "../deps.ts";
import type { StoredShare } from "../ports/store.ts";
import type { Address } from "../ports/transport.ts";
import { certified } from "./chain.ts";

/** The most certificates of one answer. Who gets so many asks on from the last one. */
export const pageMax = 32;

export const acknowledged = ({ sessionId, ack }: StoredShare): Uint8Array =>
  envelope({ case: "acknowledged", value: create(AcknowledgedSchema, { sessionId, ack: fromBinary(SignedSchema, ack) }) });

export const request = (sessionId: string, epoch: Uint8Array | undefined): Uint8Array =>
  envelope({
    case: "certificateRequest",
    value: create(CertificateRequestSchema, { sessionId, ...(epoch === undefined ? {} : { epoch }) }),
  });

/** Gives the envelope of the last certificate, with those before it. */
export function committed(certificates: readonly Uint8Array[]): Uint8Array {
  const read = certificates.map((each) => fromBinary(CertificateSchema, each));
  const certificate = read.at(-1) as Certificate;
  const sessionId = certified(certificate)?.sessionId ?? "";
  return envelope({ case: "committed", value: create(CommittedSchema, { sessionId, certificate, earlier: read.slice(0, -1) }) });
}

/** Gives everybody whose acknowledgement the certificate needs. They are all members of the run. */
export const ackersOf = ({ members, leaving }: Holders): readonly Member[] => [...members, ...leaving];
/** Gives those, and the holders before that take no part. */
export const everybodyOf = (holders: Holders): readonly Member[] => [...ackersOf(holders), ...holders.leftOut];

/** Tells whether a party is one of everybody that the run of an intent concerns. */
export function concerns(intent: Intent, partyId: string): boolean {
  const holders = holdersOf(intent);
  return holders !== undefined && everybodyOf(holders).some((member) => member.partyId === partyId);
}

/** Sends to these members, and to the coordinator as well. */
export function tell(deps: PartyDeps, members: readonly Member[], bytesFor: (to: Address) => Uint8Array): void {
  for (const { partyId } of members)
    if (partyId !== deps.partyId) {
      const to = { partyId, instanceId: "" };
      post(deps, to, bytesFor(to), ttlMs.stored);
    }
  post(deps, coordinator, bytesFor(coordinator), ttlMs.stored);
}

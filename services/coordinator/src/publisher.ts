// Sends to parties what `outgoing` lists, as envelopes through the broker. A message that cannot be
// published is logged, and a later tick says it again. The stream is the truth, and the queue is
// not.

import type { MessageInitShape } from "@bufbuild/protobuf";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { fromBase64, fromHex } from "@covault/crypto";
import { type Broker, partyQueue } from "@covault/service-kit/messages";
import type { Logger } from "@covault/service-kit/run";
import {
  CertificateSchema,
  coordinatorAddress,
  EnvelopeSchema,
  newId,
  PairCertificateSchema,
  RoutedMessageSchema,
  SignedSchema,
} from "@covault/wire";
import { type JoinTokens, tokenLifeMs } from "./join-token.ts";
import type { KeyChains } from "./key-chains.ts";
import type { Outgoing } from "./session/outgoing.ts";
import { epochOfPlan, isDevice } from "./session/plan.ts";
import type { SessionState } from "./session/state.ts";

/**
 * How long a message of an attempt may wait for its receiver. After this time a tick has said it
 * again.
 */
const attemptTtlMs = 10_000;
/** How long certificates and abandonments wait. A party that was away longer asks for them. */
const outcomeTtlMs = 3_600_000;

/** The most certificates of one answer. A party that lacks more asks on from the last one. */
const certificatesMax = 32;

const outcomes: readonly Outgoing["say"]["kind"][] = [
  "committed",
  "onward",
  "abandoned",
  "pairCommitted",
  "newestPair",
  "pairAcknowledged",
];

export interface PublisherOptions {
  readonly broker: Broker;
  readonly tokens: JoinTokens;
  readonly chains: Pick<KeyChains, "leadingTo" | "leadingOn" | "newestPair">;
  readonly logger: Logger;
  readonly nowMs: () => number;
  readonly random: (bytes: number) => Uint8Array;
}
export type EnvelopeBody = NonNullable<MessageInitShape<typeof EnvelopeSchema>["body"]>;
export type Publish = (says: readonly Outgoing[], state: SessionState) => Promise<void>;

/** Publishes one envelope to a party, or to the instance that is named. */
export async function publishEnvelope(
  { broker, random, nowMs }: Pick<PublisherOptions, "broker" | "random" | "nowMs">,
  { partyId, instanceId }: Pick<Outgoing, "partyId" | "instanceId">,
  body: EnvelopeBody,
  { ttlMs, durable = false }: { readonly ttlMs: number; readonly durable?: boolean },
): Promise<void> {
  const payload = toBinary(EnvelopeSchema, create(EnvelopeSchema, { body }));
  const messageId = newId("msg", random(10), nowMs());
  const from = { partyId: coordinatorAddress, instanceId: "" };
  const routed = create(RoutedMessageSchema, { from, to: { partyId, instanceId }, payload, messageId });
  await broker.publish(partyQueue(partyId, instanceId), toBinary(RoutedMessageSchema, routed), { messageId, ttlMs, durable });
}

export function publisher(options: PublisherOptions): Publish {
  const { tokens, chains, logger } = options;

  async function publishOne(say: Outgoing, state: SessionState): Promise<void> {
    const lifeMs = Math.max(1_000, (state.plan?.expiresAtMs ?? 0) - state.updatedAtMs);
    const patient = isDevice(say.partyId);
    const invitation = { sessionId: state.plan?.sessionId ?? "", partyId: say.partyId };
    const issue = (attempt: number, rid: string) => tokens.issue({ ...invitation, attempt, rid }, tokenLifeMs(say.partyId, lifeMs));
    const body = await bodyOf(say.say, state, { issue, chains });
    if (body === undefined) return;
    const isOutcome = outcomes.includes(say.say.kind);
    const ttlMs = isOutcome ? outcomeTtlMs : patient ? lifeMs : Math.min(lifeMs, attemptTtlMs);
    await publishEnvelope(options, say, body, { ttlMs, durable: isOutcome || patient });
  }

  return async (says, state) => {
    const results = await Promise.allSettled(says.map((say) => publishOne(say, state)));
    for (const [index, result] of results.entries())
      if (result.status === "rejected") {
        const { partyId, say } = says[index]!;
        logger.warn({ err: result.reason, session_id: state.plan?.sessionId, party_id: partyId, kind: say.kind }, "not published");
      }
  };
}

/** Gives the body of a message, or undefined when there is nothing to say. */
async function bodyOf(
  say: Outgoing["say"],
  state: SessionState,
  { issue, chains }: { readonly issue: (attempt: number, rid: string) => Promise<string> } & Pick<PublisherOptions, "chains">,
): Promise<EnvelopeBody | undefined> {
  const sessionId = state.plan?.sessionId ?? "";
  const signed = (text: string) => fromBinary(SignedSchema, fromBase64(text));
  switch (say.kind) {
    case "invite": {
      const { attempt, signers } = say;
      const value = { sessionId, attempt, rid: fromHex(say.rid), intent: signed(state.intent), signers: [...signers] };
      return { case: "invite", value: { ...value, ...(await epochOfInvite(state, chains)), joinToken: await issue(attempt, say.rid) } };
    }
    case "start":
      return { case: "start", value: { sessionId, attempt: say.attempt, rid: fromHex(say.rid), joins: say.joins.map(signed) } };
    case "cancel":
      return { case: "cancel", value: { sessionId, attempt: say.attempt, rid: fromHex(say.rid), code: say.code } };
    case "committed":
      return { case: "committed", value: { sessionId, certificate: fromBinary(CertificateSchema, fromBase64(say.certificate)) } };
    case "onward": {
      const page = (await chains.leadingOn(say.key, say.from)).slice(0, certificatesMax);
      const certificates = page.map((each) => fromBinary(CertificateSchema, each));
      const certificate = certificates.at(-1);
      return certificate && { case: "committed", value: { sessionId, certificate, earlier: certificates.slice(0, -1) } };
    }
    case "pairCommitted":
      return { case: "pairCommitted", value: { sessionId, certificate: fromBinary(PairCertificateSchema, fromBase64(say.certificate)) } };
    case "newestPair": {
      const newest = await chains.newestPair(say.key, say.pair);
      return newest && { case: "pairCommitted", value: { ...newest, certificate: fromBinary(PairCertificateSchema, newest.certificate) } };
    }
    case "pairAcknowledged":
      return { case: "pairAcknowledged", value: { sessionId, ack: signed(say.ack) } };
    case "holds":
      return { case: "holdingRequest", value: { keyId: fromHex(say.keyId), nonce: fromHex(say.rid) } };
    case "abandoned":
      return { case: "abandoned", value: { sessionId, abandonment: signed(say.abandonment) } };
  }
}

/**
 * The epoch of an invite, and its certificate. It is the epoch that signs, or the one that the
 * session continues. A party that lacks earlier certificates asks for them, so that no invite grows
 * with the age of its key.
 */
async function epochOfInvite({ plan }: SessionState, chains: PublisherOptions["chains"]) {
  const key = plan && epochOfPlan(plan);
  if (key === undefined) return {};
  const { epoch, epochNumber } = key;
  const last = (await chains.leadingTo(key)).at(-1);
  return { epoch: fromHex(epoch), epochNumber, certificates: last === undefined ? [] : [fromBinary(CertificateSchema, last)] };
}

// The two acknowledgements of a renewal become a pair certificate (dkls23-spec 7.1 "Commit"). Each
// is verified by itself, and the certificate that both make is verified as a whole.

import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { base64, fromBase64, fromHex, hex } from "@covault/crypto";
import { asCovaultError } from "@covault/errors";
import type { Logger } from "@covault/service-kit/run";
import { type Ends, verifyPairAck } from "@covault/trust";
import { type PairCertificate, PairCertificateSchema, type Signed, SignedSchema } from "@covault/wire";
import type { KeyChains } from "./key-chains.ts";
import type { Command } from "./session/commands.ts";
import { storedIntent } from "./session/plan-of-intent.ts";
import type { SessionState } from "./session/state.ts";

/**
 * Gives the command for an acknowledgement, or undefined when the session renews no pair or is
 * done. Throws trust/bad-pair-ack.
 */
export async function pairAcknowledgement(
  chains: KeyChains,
  state: SessionState,
  ack: Signed,
  logger: Logger,
): Promise<Command | undefined> {
  const { plan } = state;
  if (plan === undefined || state.pairCertificate !== undefined) return undefined;
  const intent = storedIntent(state.intent);
  if (intent.action.case !== "renew") return undefined;
  const { keyId, epoch, generation, oldPairId, shareIndexLo, shareIndexHi } = intent.action.value;
  const { members } = await chains.at(keyId, hex(epoch));
  const [lo, hi] = [shareIndexLo, shareIndexHi].map((index) => members.find(({ shareIndex }) => shareIndex === index));
  if (lo === undefined || hi === undefined) return undefined;
  const ends: Ends = [lo, hi];
  const named = { keyId, epoch, generation, oldPairId, intentId: fromHex(plan.intentId), sessionId: plan.sessionId };
  const expected = { ends, holderKeys: chains.holderKeys(), ...named };
  const said = verifyPairAck(ack, expected);
  const material = hex(said.pairId);
  const text = base64(toBinary(SignedSchema, ack));
  const data = { partyId: ack.signer, shareIndex: said.shareIndex, material, ack: text };
  const all: Readonly<Record<number, string>> = {
    ...state.acks[material],
    [said.shareIndex]: state.acks[material]?.[said.shareIndex] ?? text,
  };
  const acks = ends.flatMap(({ shareIndex }) => all[shareIndex] ?? []);
  if (acks.length < ends.length) return { type: "Acknowledge", data };
  try {
    const pair = await chains.verifiedPair(pairCertificateOf(state.intent, acks), fromHex(plan.intentId));
    return { type: "Acknowledge", data: { ...data, pair } };
  } catch (error) {
    // A part that is away may come back, so the message is tried again.
    if (asCovaultError(error)?.kind !== "usage") throw error;
    logger.error({ err: error, session_id: plan.sessionId }, "both acknowledgements are there and make no pair certificate");
    return { type: "Acknowledge", data };
  }
}

/** The intent with both acknowledgements, that of the lower share index first. Not verified yet. */
function pairCertificateOf(intent: string, acks: readonly string[]): PairCertificate {
  const signed = (text: string) => fromBinary(SignedSchema, fromBase64(text));
  return create(PairCertificateSchema, { intent: signed(intent), acks: acks.map(signed) });
}

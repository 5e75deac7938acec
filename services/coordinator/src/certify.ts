// Acknowledgements become a certificate (dkls23-spec 7 "Commit"). Each of them is verified, and
// those of one key material are gathered. The certificate that all of them make is verified as a
// whole before it is appended.

import { toBinary } from "@bufbuild/protobuf";
import { base64, fromHex, hex, sha256, utf8 } from "@covault/crypto";
import { asCovaultError, type CovaultError, type ErrorCode } from "@covault/errors";
import type { Logger } from "@covault/service-kit/run";
import { type SchemeName, verifyAck } from "@covault/trust";
import { type Ack, type Signed, SignedSchema } from "@covault/wire";
import type { KeyChains } from "./key-chains.ts";
import type { Command } from "./session/commands.ts";
import { certificateOf, epochTerms, leavingDealers, storedIntent } from "./session/plan-of-intent.ts";
import type { SessionState } from "./session/state.ts";

/**
 * Gives the command for an acknowledgement, or undefined when the session makes no epoch or is
 * done. Throws trust/bad-ack.
 */
export async function acknowledgement(chains: KeyChains, state: SessionState, ack: Signed, logger: Logger): Promise<Command | undefined> {
  const { plan } = state;
  if (plan === undefined || plan.ackers.length === 0 || state.certificate !== undefined) return undefined;
  const intent = storedIntent(state.intent);
  const terms = epochTerms(intent);
  if (terms === undefined) return undefined;
  const intentId = fromHex(plan.intentId);
  const members = [...terms.members, ...leavingDealers(intent)];
  const { sessionId } = plan;
  const said = verifyAck(ack, { members, intentId, sessionId, scheme: plan.scheme as SchemeName, epochNumber: terms.epochNumber });
  const material = materialOf(said);
  const text = base64(toBinary(SignedSchema, ack));
  const data = { partyId: ack.signer, shareIndex: said.shareIndex, material, ack: text };
  const all: Readonly<Record<number, string>> = {
    ...state.acks[material],
    [said.shareIndex]: state.acks[material]?.[said.shareIndex] ?? text,
  };
  const [acks, dealerAcks] = [plan.ackers, plan.leaving].map((indices) => indices.flatMap((index) => all[index] ?? []));
  if (acks?.length !== plan.ackers.length || dealerAcks?.length !== plan.leaving.length) return { type: "Acknowledge", data };
  try {
    const certificate = await chains.verified(certificateOf(state.intent, acks, dealerAcks), intentId);
    return { type: "Acknowledge", data: { ...data, certificate } };
  } catch (error) {
    // A part that is away may come back, so the message is tried again.
    if (asCovaultError(error)?.kind !== "usage") throw error;
    logger.error({ err: error, session_id: sessionId }, "all acknowledgements are there and make no certificate");
    const { code, message } = asCovaultError(error) as CovaultError;
    // No other acknowledgements can help a session whose key another intent has founded.
    const refused = code === ("coordinator/key-founded" satisfies ErrorCode) ? { code, message } : undefined;
    return { type: "Acknowledge", data: { ...data, refused } };
  }
}

/**
 * What the acknowledgement vouches for. The acknowledgements of one certificate agree in all of it.
 */
function materialOf({ keyId, epoch, h2, publicKey, chain }: Ack): string {
  const text = [keyId, epoch, h2, publicKey, chain].map(hex).join(".");
  return hex(sha256(utf8(text)));
}

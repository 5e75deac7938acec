// Acknowledgements become a certificate (dkls23-spec 7 "Commit"): each is verified, those of one key material are gathered, and the
// certificate that all of them make is verified as a whole before it is appended.
import { createHash } from "node:crypto";
import { toBinary } from "@bufbuild/protobuf";
import { asCovaultError } from "@covault/errors";
import type { Logger } from "@covault/service-kit";
import { keysOf, type SchemeName, verifyAck, verifyCertificate } from "@covault/trust";
import { type Ack, type Certificate, CertificateSchema, type Roster, type Signed, SignedSchema } from "@covault/wire";
import { base64, fromHex, hex } from "./session/bytes.ts";
import type { Command, VerifiedCertificate } from "./session/commands.ts";
import { certificateBytes, storedIntent } from "./session/plan-of-intent.ts";
import type { SessionState } from "./session/state.ts";

/** Undefined: the session makes no epoch, or is done. Throws trust/bad-ack. */
export function acknowledgement(roster: Roster, state: SessionState, ack: Signed, logger: Logger): Command | undefined {
  const { plan } = state;
  if (plan === undefined || plan.ackers.length === 0 || state.certificate !== undefined) return undefined;
  const { action } = storedIntent(state.intent);
  if (action.case !== "keygen" && action.case !== "refresh") return undefined;
  const { members } = action.value;
  const epochNumber = action.case === "refresh" ? action.value.epochNumber : 0;
  const intentId = fromHex(plan.intentId);
  const expected = { members, intentId, sessionId: plan.sessionId, scheme: plan.scheme as SchemeName, epochNumber };
  const said = verifyAck(ack, expected);
  const material = materialOf(said);
  const text = base64(toBinary(SignedSchema, ack));
  const data = { partyId: ack.signer, shareIndex: said.shareIndex, material, ack: text };
  const all: Readonly<Record<number, string>> = {
    ...state.acks[material],
    [said.shareIndex]: state.acks[material]?.[said.shareIndex] ?? text,
  };
  const acks = plan.ackers.map((index) => all[index]);
  if (!acks.every((one) => one !== undefined)) return { type: "Acknowledge", data };
  try {
    const certificate = verifiedCertificate(roster, state, certificateBytes(state.intent, acks));
    return { type: "Acknowledge", data: { ...data, certificate } };
  } catch (error) {
    if (asCovaultError(error) === undefined) throw error;
    logger.error({ err: error, session_id: plan.sessionId }, "all acknowledgements are there and make no certificate");
    return { type: "Acknowledge", data };
  }
}

/** Throws trust/bad-certificate. */
export function verifiedCertificate(roster: Roster, state: SessionState, certificate: Certificate | Uint8Array): VerifiedCertificate {
  const verified = verifyCertificate(certificate, { keysOf: keysOf(roster), intentId: fromHex(state.plan?.intentId ?? "") });
  const bytes = certificate instanceof Uint8Array ? certificate : toBinary(CertificateSchema, certificate);
  return { certificate: base64(bytes), keyId: hex(verified.keyId), epoch: hex(verified.epoch), publicKey: hex(verified.publicKey) };
}

/** What the acknowledgement vouches for: those of one certificate agree in all of it. */
function materialOf({ keyId, epoch, h2, publicKey, chain }: Ack): string {
  const text = [keyId, epoch, h2, publicKey, chain].map(hex).join(".");
  return createHash("sha256").update(text).digest("hex");
}

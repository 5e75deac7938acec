// What a certificate says of its epoch, read and not verified. A chain is put together by it, and
// is then opened as a whole.
import { hex } from "@covault/crypto";
import { intentIdOf, parseExact } from "@covault/trust";
import { AckSchema, CertificateSchema, IntentSchema } from "@covault/wire";
import { continuationOf } from "../intent/continuation.ts";

export interface CertificateFacts {
  /** 32 bytes. */
  readonly epoch: Uint8Array;
  readonly epochNumber: number;
  /** The epoch that it continues, hex. It is undefined for a founding certificate. */
  readonly oldEpoch: string | undefined;
  readonly sessionId: string;
  /** The id of the intent that it answers, 32 bytes. */
  readonly intentId: Uint8Array;
}

/** Gives undefined when the bytes cannot be read in exactly one way. */
export function certificateFacts(certificate: Uint8Array): CertificateFacts | undefined {
  const { intent: signed, acks = [] } = parseExact(CertificateSchema, certificate) ?? {};
  const ack = acks[0] && parseExact(AckSchema, acks[0].body);
  const intent = signed && parseExact(IntentSchema, signed.body);
  if (ack === undefined || intent === undefined || signed === undefined) return undefined;
  const before = continuationOf(intent)?.oldEpoch;
  const { epoch, epochNumber } = ack;
  return { epoch, epochNumber, oldEpoch: before && hex(before), sessionId: intent.sessionId, intentId: intentIdOf(signed.body) };
}

/** Gives the certificate of a chain that answers this intent. */
export const certificateOf = (chain: readonly Uint8Array[], intentId: Uint8Array): Uint8Array | undefined =>
  chain.find((certificate) => hex(certificateFacts(certificate)?.intentId ?? new Uint8Array()) === hex(intentId));

/**
 * Gives the chain that goes on with `shown`: the part of `held` up to the epoch that the first
 * shown certificate continues, and what is shown. Undefined when it continues none of them.
 */
export function chainWith(held: readonly Uint8Array[], shown: readonly Uint8Array[]): readonly Uint8Array[] | undefined {
  const [first] = shown;
  const before = first && certificateFacts(first)?.oldEpoch;
  if (before === undefined) return undefined;
  const at = held.findIndex((certificate) => hex(certificateFacts(certificate)?.epoch ?? new Uint8Array()) === before);
  return at < 0 ? undefined : [...held.slice(0, at + 1), ...shown];
}

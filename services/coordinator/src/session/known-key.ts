// The certificates that this coordinator has of a key, and the chain among them that leads to an epoch. They are a tree: a run that was in doubt
// was passed by with a higher number, and may have its certificate all the same. The highest epoch is the key's (dkls23-spec 7, rule 4).

import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { base64, hex } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import { continueKey, type InitiatorKeys, intentIdOf, openKey, parseExact, type VerifiedKey } from "@covault/trust";
import { type Certificate, CertificateSchema, IntentSchema } from "@covault/wire";
import type { CommittedEpoch } from "./events.ts";

/** Hex. `oldEpoch`: null for the epoch that founds a key. */
export interface StoredCertificate {
  readonly epoch: string;
  readonly oldEpoch: string | null;
  /** Encoded Certificate. */
  readonly certificate: Uint8Array;
}

/** The founding certificate and every later one up to `epoch`. Undefined: one of them is missing. */
export function chainTo(stored: readonly StoredCertificate[], epoch: string): readonly Uint8Array[] | undefined {
  const byEpoch = new Map(stored.map((entry) => [entry.epoch, entry]));
  const chain: Uint8Array[] = [];
  // As many steps as there are certificates: rows that somebody altered may lead in a circle.
  for (let at: string | null = epoch; at !== null && chain.length <= stored.length; ) {
    const entry = byEpoch.get(at);
    if (entry === undefined) return undefined;
    chain.unshift(entry.certificate);
    if (entry.oldEpoch === null) return chain;
    at = entry.oldEpoch;
  }
  return undefined;
}

/** The key in an epoch (hex). Throws `trust/bad-chain`. */
export function keyAt(stored: readonly StoredCertificate[], epoch: string, keyId: Uint8Array, keysOf: InitiatorKeys): VerifiedKey {
  const [founding, ...later] = chainTo(stored, epoch) ?? [];
  if (founding === undefined) throw noChain(epoch);
  return openKey(founding, later, { keysOf, keyId });
}

/** The key that a certificate continues, as it says itself; undefined when it continues none. Nothing is verified. */
export function continuedKey({ intent }: Certificate): { readonly keyId: Uint8Array; readonly oldEpoch: Uint8Array } | undefined {
  const action = intent && parseExact(IntentSchema, intent.body)?.action;
  return action?.case === "refresh" ? action.value : undefined;
}

/**
 * `before`: the key in the epoch that it continues; undefined when it continues none. `intentId`: of the session that it should end, 32 bytes; undefined
 * for one that is known elsewhere, which continues a key and founds none. Throws `trust/bad-chain`.
 */
export function verifiedEpoch(
  certificate: Certificate,
  before: VerifiedKey | undefined,
  keysOf: InitiatorKeys,
  intentId: Uint8Array | undefined,
): VerifiedKey & { readonly committed: CommittedEpoch } {
  const bytes = toBinary(CertificateSchema, certificate);
  // Whoever founds a key here asked for it here, by this very intent: else anybody with a key of any initiator could found another's.
  if (before === undefined && intentId === undefined)
    throw new CovaultError("trust/bad-chain", "The certificate founds a key in a session that is not known here.");
  const key = before === undefined ? openKey(bytes, [], { keysOf, foundingIntentId: intentId }) : continueKey(before, bytes, keysOf);
  if (intentId !== undefined && hex(key.intentId) !== hex(intentId))
    throw new CovaultError("trust/bad-chain", "The certificate answers another intent than the session's.");
  const oldEpoch = before === undefined ? null : hex(before.epoch);
  const { charter, epoch, epochNumber } = key;
  const committed = {
    certificate: base64(bytes),
    keyId: hex(charter.keyId),
    epoch: hex(epoch),
    epochNumber,
    oldEpoch,
    publicKey: hex(charter.publicKey),
  };
  return { ...key, committed };
}

/** One founding intent for each key id, whoever comes first: a second one neither replaces nor shadows it. Throws coordinator/key-founded. */
export function checkFounding(keyId: string, intentId: Uint8Array, stored: readonly StoredCertificate[]): void {
  const founding = stored.find(({ oldEpoch }) => oldEpoch === null);
  const intent = founding && fromBinary(CertificateSchema, founding.certificate).intent;
  if (intent !== undefined && hex(intentIdOf(intent.body)) !== hex(intentId)) throw foundedBefore(keyId);
}

export const foundedBefore = (keyId: string): CovaultError =>
  new CovaultError("coordinator/key-founded", `Another intent has founded the key ${keyId}.`, { facts: { key_id: keyId } });

/** Nothing that is known here leads to the epoch (hex). */
const noChain = (epoch: string): CovaultError =>
  new CovaultError("trust/bad-chain", `No chain of certificates that is known here leads to the epoch ${epoch}.`);

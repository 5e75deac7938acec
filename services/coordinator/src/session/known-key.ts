// The certificates that this coordinator has of a key, and the chain among them that leads to an
// epoch. They are a tree. A run that was in doubt was passed by with a higher number, and may have
// its certificate all the same. The highest epoch is the key's (dkls23-spec 7, rule 4).

import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { base64, hex } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import { continueKey, type InitiatorKeys, intentIdOf, openKey, parseExact, type VerifiedKey } from "@covault/trust";
import { type Certificate, CertificateSchema, IntentSchema } from "@covault/wire";
import type { CommittedEpoch } from "./events.ts";

/**
 * A certificate of a key, by its epoch (hex). `oldEpoch` is null for the epoch that founds a key.
 */
export interface StoredCertificate {
  readonly epoch: string;
  readonly oldEpoch: string | null;
  /** The encoded Certificate. */
  readonly certificate: Uint8Array;
}

/**
 * The founding certificate and every later one up to `epoch`. Undefined when one of them is
 * missing.
 */
export function chainTo(stored: readonly StoredCertificate[], epoch: string): readonly Uint8Array[] | undefined {
  const byEpoch = new Map(stored.map((entry) => [entry.epoch, entry]));
  const chain: Uint8Array[] = [];
  // There are at most as many steps as certificates, because rows that somebody altered may lead in
  // a circle.
  for (let at: string | null = epoch; at !== null && chain.length <= stored.length; ) {
    const entry = byEpoch.get(at);
    if (entry === undefined) return undefined;
    chain.unshift(entry.certificate);
    if (entry.oldEpoch === null) return chain;
    at = entry.oldEpoch;
  }
  return undefined;
}

/** Gives the key in an epoch (hex). Throws `trust/bad-chain`. */
export function keyAt(stored: readonly StoredCertificate[], epoch: string, keyId: Uint8Array, keysOf: InitiatorKeys): VerifiedKey {
  const [founding, ...later] = chainTo(stored, epoch) ?? [];
  if (founding === undefined) throw noChain(epoch);
  return openKey(founding, later, { keysOf, keyId });
}

/**
 * The key that a certificate says that it continues. Undefined when it continues none. Nothing is
 * verified.
 */
export function continuedKey({ intent }: Certificate): { readonly keyId: Uint8Array; readonly oldEpoch: Uint8Array } | undefined {
  const action = intent && parseExact(IntentSchema, intent.body)?.action;
  return action?.case === "refresh" ? action.value : undefined;
}

/**
 * Verifies a certificate and gives the epoch that it makes. `before` is the key in the epoch that
 * it continues, and undefined when it continues none. `intentId` is that of the session that it
 * should end, 32 bytes. Without it the certificate is known elsewhere, continues a key, and founds
 * none. Throws `trust/bad-chain`.
 */
export function verifiedEpoch(
  certificate: Certificate,
  before: VerifiedKey | undefined,
  keysOf: InitiatorKeys,
  intentId: Uint8Array | undefined,
): VerifiedKey & { readonly committed: CommittedEpoch } {
  const bytes = toBinary(CertificateSchema, certificate);
  // A key is founded here only by the very intent that asked for it here. Otherwise anybody with a
  // key of any initiator could found another's key.
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

/**
 * One intent founds a key, and the first one counts. A second one neither replaces nor shadows it.
 * Throws coordinator/key-founded.
 */
export function checkFounding(keyId: string, intentId: Uint8Array, stored: readonly StoredCertificate[]): void {
  const founding = stored.find(({ oldEpoch }) => oldEpoch === null);
  const intent = founding && fromBinary(CertificateSchema, founding.certificate).intent;
  if (intent !== undefined && hex(intentIdOf(intent.body)) !== hex(intentId)) throw foundedBefore(keyId);
}

export const foundedBefore = (keyId: string): CovaultError =>
  new CovaultError("coordinator/key-founded", `Another intent has founded the key ${keyId}.`, { facts: { key_id: keyId } });

/** The error for an epoch (hex) to which nothing that is known here leads. */
export const noChain = (epoch: string): CovaultError =>
  new CovaultError("trust/bad-chain", `No chain of certificates that is known here leads to the epoch ${epoch}.`);

// The certificates that this coordinator has of a key, and the chain among them that leads to an epoch. They are a tree: a run that was in doubt
// was passed by with a higher number, and may have its certificate all the same. The highest epoch is the key's (dkls23-spec 7, rule 4).

import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { base64, hex } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import { type InitiatorKeys, openKey, type VerifiedKey } from "@covault/trust";
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

/** The key in its highest epoch. `stored`: ascending. Undefined: no certificate of it is known. Throws `trust/bad-chain`. */
export function keyOf(stored: readonly StoredCertificate[], keyId: Uint8Array, keysOf: InitiatorKeys): VerifiedKey | undefined {
  const highest = stored.at(-1);
  if (highest === undefined) return undefined;
  const [founding, ...later] = chainTo(stored, highest.epoch) ?? [];
  if (founding === undefined) throw noChain(highest.epoch);
  return openKey(founding, later, { keysOf, keyId });
}

/** The key that a certificate continues, as it says itself; undefined when it continues none. Nothing is verified. */
export function continuedKey({ intent }: Certificate): { readonly keyId: Uint8Array; readonly oldEpoch: Uint8Array } | undefined {
  try {
    const { action } = fromBinary(IntentSchema, intent?.body ?? new Uint8Array());
    return action.case === "refresh" ? action.value : undefined;
  } catch {
    return undefined;
  }
}

/** `stored`: of the key that it continues. Throws `trust/bad-chain` for a certificate that founds no key and continues none that is known. */
export function verifiedEpoch(
  certificate: Certificate,
  stored: readonly StoredCertificate[],
  keysOf: InitiatorKeys,
): VerifiedKey & { readonly committed: CommittedEpoch } {
  const continued = continuedKey(certificate);
  const bytes = toBinary(CertificateSchema, certificate);
  const oldEpoch = continued === undefined ? null : hex(continued.oldEpoch);
  const chain = oldEpoch === null ? [] : chainTo(stored, oldEpoch);
  if (chain === undefined) throw noChain(oldEpoch ?? "");
  const [founding = bytes, ...later] = [...chain, bytes];
  const key = openKey(founding, later, { keysOf, ...(continued === undefined ? { foundingIntentId: "any" } : { keyId: continued.keyId }) });
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

const noChain = (epoch: string): CovaultError =>
  new CovaultError("trust/bad-chain", `No chain of certificates that is known here leads to the epoch ${epoch}.`);

// The answer to a party that asks for a certificate.
import type { CertificateRequest } from "@covault/wire";
import { intentOf } from "../attempt/attempt-terms.ts";
import { coordinator, post, ttlMs } from "../attempt/mail.ts";
import type { PartyDeps } from "../deps.ts";
import type { Address } from "../ports/transport.ts";
import { chainAfter, isOfEpoch } from "./chain.ts";
import { acknowledged, committed, concerns, pageMax } from "./statements.ts";

/**
 * Answers a party that asks for a certificate. Members may have the certificate and the
 * acknowledgement of this party. Holders of the epoch before may have the certificate, and so may
 * the coordinator. To all others the session is unknown.
 */
export async function answerRequest(deps: PartyDeps, { sessionId, epoch }: CertificateRequest, from: Address): Promise<void> {
  const { store } = deps;
  const isCoordinator = from.partyId === coordinator.partyId;
  const shares = (await store.sharesOfSession(sessionId)).filter(
    (share) => isCoordinator || concerns(intentOf(share.intent), from.partyId),
  );
  if (shares.length === 0) return deps.observe({ kind: "dropped", reason: "unknown-session", from: from.partyId });
  for (const share of shares) {
    if (share.status === "staged") post(deps, from, acknowledged(share), ttlMs.stored);
    else {
      // Most parties ask whether there is more than they have, and there is not. A chain is long,
      // so that it is not read for them.
      const last = await store.lastCertificate(share.keyId);
      if (last === undefined || isOfEpoch(last, epoch)) continue;
      // The answer leads to the highest epoch, whichever run is asked for: the chain leads past
      // runs that were superseded in doubt.
      const certificates = chainAfter(await store.certificates(share.keyId), epoch).slice(0, pageMax);
      if (certificates.length > 0) post(deps, from, committed(certificates), ttlMs.stored);
    }
  }
}

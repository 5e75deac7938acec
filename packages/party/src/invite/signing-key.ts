// Which epoch of the key signs (dkls23-spec 7, rule 3): the one that is committed here, or a higher one whose certificates the invite shows, which is
// committed first. A lower one never signs.
import { toBinary } from "@bufbuild/protobuf";
import { CovaultError } from "@covault/errors";
import { compareEpochs, type VerifiedKey } from "@covault/trust";
import { CertificateSchema, type Invite, type SignAction } from "@covault/wire";
import type { PartyContext } from "../context.ts";

/** What this needs of the commit. */
export interface Adopts {
  /** Commits my staged share of the epoch that a chain leads to. Throws `party/unknown-share` if there is none. */
  adopt(key: VerifiedKey, certificates: readonly Uint8Array[]): Promise<void>;
}

/** Throws `party/unknown-share` and `trust/bad-chain`, and changes nothing then. */
export async function signingKey(context: PartyContext, commits: Adopts, keyId: Uint8Array, invite: Invite): Promise<VerifiedKey> {
  const { epoch, epochNumber } = invite;
  if (epoch.length !== 32) throw new CovaultError("trust/bad-intent", "The invite names no epoch to sign with.");
  const held = await context.store.certificates(keyId);
  const known = held.length === 0 ? undefined : await context.keys.open(held, { keyId });
  if (known !== undefined && compareEpochs({ epoch, epochNumber }, known) <= 0) return known;
  const certificates = invite.certificates.map((certificate) => toBinary(CertificateSchema, certificate));
  if (certificates.length === 0) throw new CovaultError("party/unknown-share", "This party has no certificate of that epoch.");
  // Another key could have the same public key and chain code, and so the same id: the founding intent tells them apart.
  const key = await context.keys.open(certificates, { keyId, foundingIntentId: known?.charter.foundingIntentId });
  if (compareEpochs(key, { epoch, epochNumber }) !== 0)
    throw new CovaultError("trust/bad-chain", "The certificates of the invite lead to another epoch than it names.");
  await commits.adopt(key, certificates);
  return key;
}

/** Whether who invites, or who asks, knows another epoch than the one that is committed here. */
export const isBehind = ({ epochNumberMin }: SignAction, invite: Invite, key: VerifiedKey): boolean =>
  compareEpochs(invite, key) !== 0 || epochNumberMin > key.epochNumber;

// Which epoch of the key signs (dkls23-spec 7, rule 3): the one that is committed here, or a higher
// one whose certificates lead on from it, which is committed first. A lower one never signs.
import { toBinary } from "@bufbuild/protobuf";
import { CovaultError } from "@covault/errors";
import { compareEpochs, type VerifiedKey } from "@covault/trust";
import { CertificateSchema, type Invite, type SignAction } from "@covault/wire";
import { chainTo } from "../commit/chain.ts";
import type { PartyDeps } from "../deps.ts";

/** What an invite needs of the commit. */
export interface Adopter {
  /**
   * Commits this party's staged share of the epoch that a chain leads to. Throws
   * `party/unknown-share` when there is none.
   */
  adopt(key: VerifiedKey, certificates: readonly Uint8Array[]): Promise<void>;
  /**
   * Asks the coordinator for the certificates that lead on from this epoch. Undefined asks for all
   * of the key.
   */
  askOnward(sessionId: string, epoch: Uint8Array | undefined): void;
}

/**
 * The most certificates that an invite shows. What it costs to look at one does not grow with the
 * age of the key.
 */
const shownMax = 4;

/**
 * Gives the key that signs. Throws `party/unknown-share`, `party/chain-missing`, `trust/bad-intent`
 * and `trust/bad-chain`, and then nothing was changed.
 */
export async function signingKey(deps: PartyDeps, commits: Adopter, keyId: Uint8Array, invite: Invite): Promise<VerifiedKey> {
  const { epoch, epochNumber, sessionId } = invite;
  const { keys, store } = deps;
  if (epoch.length !== 32) throw new CovaultError("trust/bad-intent", "The invite names no epoch to sign with.");
  const shownCount = invite.certificates.length;
  if (shownCount > shownMax)
    throw new CovaultError("trust/bad-intent", `The invite shows ${shownCount} certificates, more than ${shownMax}.`);
  const known = await keys.held(store, keyId);
  if (known !== undefined && compareEpochs({ epoch, epochNumber }, known) <= 0) return known;
  if (shownCount === 0) throw new CovaultError("party/unknown-share", "This party has no certificate of that epoch.");
  const shown = invite.certificates.map((certificate) => toBinary(CertificateSchema, certificate));
  const certificates = chainTo(await store.certificates(keyId), shown);
  if (certificates === undefined) {
    if ((await store.share(keyId, epoch)) === undefined)
      throw new CovaultError("party/unknown-share", "This party holds no share of that key and epoch.");
    commits.askOnward(sessionId, known?.epoch);
    throw new CovaultError(
      "party/chain-missing",
      `This party lacks certificates of the key below epoch ${epochNumber}, and has asked for them.`,
    );
  }
  // Another key could have the same public key and chain code, and so the same id. The founding
  // intent tells them apart.
  const key = await keys.open(certificates, { keyId, foundingIntentId: known?.charter.foundingIntentId });
  if (compareEpochs(key, { epoch, epochNumber }) !== 0)
    throw new CovaultError("trust/bad-chain", "The certificates of the invite lead to another epoch than it names.");
  await commits.adopt(key, certificates);
  return key;
}

/**
 * Tells whether the coordinator, or the initiator, knows another epoch than the one that is
 * committed here.
 */
export const isBehind = ({ epochNumberMin }: SignAction, invite: Invite, key: VerifiedKey): boolean =>
  compareEpochs(invite, key) !== 0 || epochNumberMin > key.epochNumber;

// Which epoch of the key an invite is for (dkls23-spec 7, rule 3): the one that is committed here,
// or a higher one whose certificates lead on from it, which is committed first. A lower one never
// signs, and is never continued.
import { toBinary } from "@bufbuild/protobuf";
import { CovaultError } from "@covault/errors";
import { compareEpochs, type VerifiedKey } from "@covault/trust";
import { CertificateSchema, type Invite, type SignAction } from "@covault/wire";
import { chainTo } from "../commit/chain.ts";
import type { LearntChains } from "../commit/learnt-chains.ts";
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
  /**
   * Takes a chain that leads higher than what is committed here: commits its last epoch, or leaves
   * it when this party has no share of it. Gives false when nothing of the key is here. Throws
   * `trust/bad-chain` when the chain may not take the place of what is held.
   */
  follow(key: VerifiedKey, certificates: readonly Uint8Array[]): Promise<boolean>;
  /** The chains of keys of which nothing is here. */
  readonly learnt: LearntChains;
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
  const shown = shownBy(invite);
  const known = await keys.held(store, keyId);
  if (known !== undefined && compareEpochs({ epoch, epochNumber }, known) <= 0) return known;
  if (shown.length === 0) throw new CovaultError("party/unknown-share", "This party has no certificate of that epoch.");
  const certificates = chainTo(await store.certificates(keyId), shown);
  if (certificates === undefined) {
    if ((await store.share(keyId, epoch)) === undefined)
      throw new CovaultError("party/unknown-share", "This party holds no share of that key and epoch.");
    commits.askOnward(sessionId, known?.epoch);
    throw chainMissing(epochNumber);
  }
  const key = await leadingTo(deps, keyId, certificates, invite, known);
  await commits.adopt(key, certificates);
  return key;
}

/** A key that a run continues. */
export interface ContinuedKey {
  readonly key: VerifiedKey;
  /** The key's chain, when this party's store holds none of it. */
  readonly certificates: readonly Uint8Array[];
}

/**
 * Gives the key that a run continues. A party that has nothing of the key learns it from its
 * certificates alone, in memory. It asks for those that it lacks, and joins the next invite. Throws
 * `party/chain-missing`, `trust/bad-intent` and `trust/bad-chain`.
 */
export async function continuedKey(deps: PartyDeps, commits: Adopter, keyId: Uint8Array, invite: Invite): Promise<ContinuedKey> {
  const { keys, store } = deps;
  const { learnt } = commits;
  const shown = shownBy(invite);
  const held = await keys.held(store, keyId);
  if (held !== undefined && compareEpochs(invite, held) <= 0) return { key: held, certificates: [] };
  const known = held === undefined ? learnt.certificates(keyId) : await store.certificates(keyId);
  const isLearnt = held === undefined && isSame(learnt.key(keyId), invite);
  const certificates = isLearnt ? known : following(known, shown);
  if (certificates === undefined) {
    if (held === undefined) learnt.want(keyId, invite);
    commits.askOnward(invite.sessionId, (held ?? learnt.key(keyId))?.epoch);
    throw chainMissing(invite.epochNumber);
  }
  const key = await leadingTo(deps, keyId, certificates, invite, held);
  if (await commits.follow(key, certificates)) return { key, certificates: [] };
  learnt.keep(key, certificates);
  return { key, certificates };
}

const isSame = (learnt: VerifiedKey | undefined, wanted: Pick<Invite, "epoch" | "epochNumber">): boolean =>
  learnt !== undefined && compareEpochs(learnt, wanted) === 0;

const following = (known: readonly Uint8Array[], shown: readonly Uint8Array[]): readonly Uint8Array[] | undefined =>
  shown.length === 0 ? undefined : chainTo(known, shown);

function shownBy({ epoch, certificates }: Invite): readonly Uint8Array[] {
  if (epoch.length !== 32) throw new CovaultError("trust/bad-intent", "The invite names no epoch of its key.");
  if (certificates.length > shownMax)
    throw new CovaultError("trust/bad-intent", `The invite shows ${certificates.length} certificates, more than ${shownMax}.`);
  return certificates.map((certificate) => toBinary(CertificateSchema, certificate));
}

async function leadingTo(
  { keys }: PartyDeps,
  keyId: Uint8Array,
  certificates: readonly Uint8Array[],
  invite: Invite,
  known: VerifiedKey | undefined,
): Promise<VerifiedKey> {
  // Another key could have the same public key and chain code, and so the same id. The founding
  // intent tells them apart.
  const key = await keys.open(certificates, { keyId, foundingIntentId: known?.charter.foundingIntentId });
  if (compareEpochs(key, invite) !== 0)
    throw new CovaultError("trust/bad-chain", "The certificates of the invite lead to another epoch than it names.");
  return key;
}

const chainMissing = (epochNumber: number): CovaultError =>
  new CovaultError("party/chain-missing", `This party lacks certificates of the key below epoch ${epochNumber}, and has asked for them.`);

/**
 * Tells whether the coordinator, or the initiator, knows another epoch than the one that is
 * committed here.
 */
export const isBehind = ({ epochNumberMin }: SignAction, invite: Invite, key: VerifiedKey): boolean =>
  compareEpochs(invite, key) !== 0 || epochNumberMin > key.epochNumber;

// From an invite to an attempt that this party has verified for itself, or to a refusal. Nothing is
// written here. A router that carries invites could make one up, so that the attempt is claimed
// (against replay) when it starts, by the signed word of all its members.

import { fromBinary } from "@bufbuild/protobuf";
import { same } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import {
  asOfNow,
  checkHolders,
  checkMayAsk,
  checkSigners,
  compareEpochs,
  foundingOf,
  intentIdOf,
  type Kind,
  keysOf,
  kindOf,
  type OpenedIntent,
  openIntent,
  signingTerms,
  skewMs,
  type VerifiedKey,
} from "@covault/trust";
import { type Intent, type Invite, type Member, type RefreshAction, type RepairAction, type Signed, SignedSchema } from "@covault/wire";
import { type AttemptTerms, renewedPair, renewing, repairing, type StoredTerms } from "../attempt/attempt-terms.ts";
import { supersededBy } from "../attempt/attempts.ts";
import { continuing } from "../commit/chain.ts";
import type { PartyDeps } from "../deps.ts";
import { dealtBy, importKeyFor } from "../import/import-desk.ts";
import { canSign, hasFailed, type PairName, type StoredPair } from "../ports/pairs.ts";
import type { IntentAnswer, IntentClaim, SignedBefore, StoredShare } from "../ports/store.ts";
import { type Protocol, protocolFor } from "../protocols/protocol.ts";
import { wasRestored } from "../restored.ts";
import { shareOpens } from "../share-opens.ts";
import { checkKeygen, checkSign, findSelf } from "./check.ts";
import { checkRenewable, checkRenewal, checkRuns } from "./check-renewal.ts";
import { checkHelpersRecord, checkRepair } from "./check-repair.ts";
import { checkEpochNumber, checkOwnRecord, checkSuccession, checkSuccessors, type KnownNumbers } from "./check-succession.ts";
import { type Adopter, continuedKey, isBehind, signingKey } from "./signing-key.ts";

/**
 * The attempts of one intent: 8, and as many again that end for a commit. Of those the coordinator
 * keeps the count (docs/decisions/0077).
 */
const attemptsMax = 16;

export type Admission =
  | { readonly kind: "admitted"; readonly terms: AttemptTerms }
  /** This very attempt has started before, and nothing is to be done. */
  | { readonly kind: "known" }
  /** The intent has its signature. All that is left to do is to report it. */
  | { readonly kind: "signed"; readonly before: SignedBefore }
  /**
   * Another epoch of the key is committed here than the one that should sign. The sender of the
   * invite gets its certificate.
   */
  | { readonly kind: "behind"; readonly key: VerifiedKey }
  /** The share that should be repaired is here, and it opens. */
  | { readonly kind: "held"; readonly key: VerifiedKey }
  /**
   * The present pairs with these partners are burned by a failed check, or burned by strikes, or
   * they are lost or not certified yet.
   */
  | { readonly kind: "burned" | "struck" | "lost"; readonly partners: readonly number[] };

/** Verifies an invite. Nothing is written. Throws the usage error to decline it with. */
export async function admit(deps: PartyDeps, commits: Adopter, invite: Invite): Promise<Admission> {
  const signed = invite.intent;
  if (signed === undefined || invite.rid.length !== 32 || invite.attempt < 1 || invite.attempt > attemptsMax)
    throw new CovaultError("trust/bad-intent", "The invite has no intent, or its rid or attempt is not one.");
  const opened = openFor(deps, signed, deps.clock.nowMs());
  if (opened.intent.sessionId !== invite.sessionId) throw new CovaultError("trust/bad-intent", "The intent is that of another session.");
  await deps.restores.ready();
  const { rid, attempt: number, signers } = invite;
  const asked = await keyOf(deps, commits, opened, invite);
  if (asked.isBehind) return { kind: "behind", key: asked.key };
  const terms = await verified(deps, opened, signed, { rid, attempt: number, signers, ...asked });
  if (await holdsShare(deps, terms)) return { kind: "held", key: terms.key as VerifiedKey };
  const unusable = unusablePairs(terms);
  if (unusable !== undefined) return unusable;
  const dealt = dealtBy(terms.intent, terms.self);
  const importKey = dealt && (await importKeyFor(deps, dealt));
  const answer = unused(deps, await deps.store.peekIntent(claimOf(deps, terms)));
  if (answer === "known") return { kind: "known" };
  if (answer !== "new") return { kind: "signed", before: answer };
  const pair = renewedPair(terms);
  if (pair !== undefined) checkRuns(await deps.store.renewalRuns(pair), pair.partner);
  return { kind: "admitted", terms: importKey === undefined ? terms : { ...terms, importKey } };
}

/**
 * Gives the partners with which this party cannot sign. What people have to look into comes before
 * what a renewal by the system makes good.
 */
function unusablePairs({ protocol, signers, self, pairs }: AttemptTerms): Admission | undefined {
  if (protocol.usesPairs !== true) return undefined;
  const ofPartners = signers
    .filter((index) => index !== self)
    .map((partner) => [partner, pairs.find((pair) => pair.partner === partner)] as const)
    .filter(([, pair]) => !canSign(pair));
  const against = {
    burned: ofPartners.filter(([, pair]) => pair !== undefined && hasFailed(pair)),
    struck: ofPartners.filter(([, pair]) => pair?.burn !== undefined),
    lost: ofPartners,
  };
  for (const kind of ["burned", "struck", "lost"] as const)
    if (against[kind].length > 0) return { kind, partners: against[kind].map(([partner]) => partner) };
  return undefined;
}

interface AskedKey {
  readonly key: VerifiedKey | undefined;
  readonly certificates: readonly Uint8Array[];
  readonly isBehind: false;
}

/**
 * Gives the key that an intent asks for, in the epoch that is committed here, and whether the
 * coordinator or the initiator knows another one.
 */
async function keyOf(
  deps: PartyDeps,
  commits: Adopter,
  { intent }: OpenedIntent,
  invite: Invite,
): Promise<AskedKey | { readonly key: VerifiedKey; readonly isBehind: true }> {
  const { action } = intent;
  const terms = inEpoch(intent);
  if (terms !== undefined) {
    if (!same(invite.epoch, terms.epoch))
      throw new CovaultError("trust/bad-intent", "The invite names another epoch than the one that its intent is about.");
    const { key, certificates } = await continuedKey(deps, commits, terms.keyId, invite);
    return compareEpochs(invite, key) !== 0 ? { key, isBehind: true } : { key, certificates, isBehind: false };
  }
  const renew = renewing(intent);
  if (renew !== undefined) {
    if (compareEpochs(invite, renew) !== 0) throw new CovaultError("trust/bad-intent", "The invite names another epoch than its intent.");
    const key = await signingKey(deps, commits, renew.keyId, invite);
    return compareEpochs(invite, key) !== 0 ? { key, isBehind: true } : { key, certificates: [], isBehind: false };
  }
  if (action.case !== "sign") return { key: undefined, certificates: [], isBehind: false };
  const key = await signingKey(deps, commits, action.value.keyId, invite);
  return isBehind(action.value, invite, key) ? { key, isBehind: true } : { key, certificates: [], isBehind: false };
}

/**
 * Gives the key and the epoch of an intent that continues the key, or repairs a share of it: a
 * party takes part in them that may have nothing of the key. Gives undefined for every other
 * intent.
 */
function inEpoch(intent: Intent): { readonly keyId: Uint8Array; readonly epoch: Uint8Array } | undefined {
  const terms = continuing(intent);
  return terms === undefined ? repairing(intent) : { keyId: terms.keyId, epoch: terms.oldEpoch };
}

/**
 * Claims an attempt whose members have all signed for it. Throws when its intent was used up
 * meanwhile, when the roster does not let it start any more, when the store was restored, or when a
 * higher epoch of the key is committed.
 */
export async function claim(deps: PartyDeps, terms: AttemptTerms): Promise<"new" | "known" | SignedBefore> {
  checkByRoster(deps, terms);
  const answer = unused(deps, await deps.store.claimIntent(claimOf(deps, terms)));
  if (deps.restores.era !== terms.era) throw wasRestored();
  // What was committed or acknowledged before the claim is seen.
  if (answer === "new") await checkStillMay(deps, terms);
  return answer;
}

/**
 * The roster may have changed since this attempt was admitted. A coordinator may hold its start
 * back until the intent expires.
 */
function checkByRoster(deps: PartyDeps, { intent, signedBy, key, members }: AttemptTerms): void {
  const [roster, nowMs] = [deps.roster(), deps.clock.nowMs()];
  checkMayAsk({ intent, kind: kindOf(intent), key: signedBy }, roster, key);
  const terms = continuing(intent);
  if (terms !== undefined) checkSuccessors(intent, terms, roster, nowMs);
  else if (key === undefined) checkHolders(roster, [...members.values()], nowMs);
  else checkSigners(roster, [...members.values()], nowMs);
}

/**
 * Checks what another attempt or another instance may have changed since this one was admitted: the
 * committed epoch, the numbers that were acknowledged, and the pair that is renewed. Throws
 * `party/epoch-superseded`, `party/epoch-number`, `party/runs-in-doubt`, `party/pair-generation`
 * and `party/pair-uncleared`.
 */
export async function checkStillMay(deps: PartyDeps, { intent, key, share, self }: AttemptTerms): Promise<void> {
  const { store, keys } = deps;
  if (key === undefined) return;
  const { keyId } = key.charter;
  if (share !== undefined) {
    const { status } = (await store.share(keyId, share.epoch)) ?? {};
    if (status !== "committed")
      throw new CovaultError(
        "party/epoch-superseded",
        `Epoch ${share.epochNumber} of the key is ${status ?? "gone"} since this party joined.`,
      );
  }
  const [renew, pair] = [renewing(intent), renewedPair({ intent, self })];
  if (renew !== undefined && pair !== undefined) checkRenewable(renew, await storedPair(deps, pair));
  // The epoch of a share that is committed here is the highest one.
  if (inEpoch(intent) === undefined) return;
  const held = await keys.held(store, keyId);
  if (held !== undefined && compareEpochs(held, key) > 0) throw supersededBy(held.epochNumber);
  const terms = continuing(intent);
  if (terms !== undefined) checkEpochNumber(kindOf(intent), terms, await knownNumbers(deps, key));
}

async function storedPair({ store }: PartyDeps, { keyId, epoch, partner }: PairName): Promise<StoredPair | undefined> {
  return (await store.pairs(keyId, epoch)).find((pair) => pair.partner === partner);
}

async function knownNumbers({ store }: PartyDeps, { charter, epochNumber }: VerifiedKey): Promise<KnownNumbers> {
  const staged = await store.stagedShares(charter.keyId);
  return { highest: Math.max(epochNumber, ...staged.map((share) => share.epochNumber)), inDoubt: staged.length };
}

function claimOf({ restores }: PartyDeps, { intent, intentId, sessionId, endsAtMs, attempt, rid }: AttemptTerms): IntentClaim {
  const { generation, identity } = restores;
  const issuedAtMs = Number(intent.issuedAtMs);
  return { intentId, sessionId, issuedAtMs, forgetAfterMs: endsAtMs, generation, identity, attempt, rid, attemptsMax };
}

function unused(deps: PartyDeps, answer: IntentAnswer): "new" | "known" | SignedBefore {
  if (answer === "replayed")
    throw new CovaultError("party/intent-replayed", "The intent has been used: for its result, for this attempt, or for all of them.");
  if (answer === "restored") throw new CovaultError("party/restored", "The intent was made before this party's store was restored.");
  if (answer === "behind") {
    deps.restores.suspect();
    throw wasRestored();
  }
  return answer;
}

/**
 * Verifies the intent of a stored attempt once more. Its times alone are not checked again. Throws
 * as `admit` does.
 */
export async function readmit(
  deps: PartyDeps,
  { signed, certificates: kept }: Pick<StoredTerms, "signed" | "certificates">,
  run: { rid: Uint8Array; attempt: number; signers: readonly number[] },
): Promise<AttemptTerms> {
  const opened = openFor(deps, signed, undefined);
  const { keyId } = continuing(opened.intent) ?? renewing(opened.intent) ?? {};
  if (keyId === undefined) return verified(deps, opened, signed, { ...run, key: undefined, certificates: [] });
  const held = await deps.keys.held(deps.store, keyId);
  const key = held ?? (await deps.keys.open(kept, { keyId }));
  return verified(deps, opened, signed, { ...run, key, certificates: held === undefined ? kept : [] });
}

function openFor(deps: PartyDeps, signed: Signed, nowMs: number | undefined): OpenedIntent {
  return openIntent(signed, keysOf(deps.roster()), nowMs);
}

interface Run {
  readonly rid: Uint8Array;
  readonly attempt: number;
  readonly signers: readonly number[];
  /**
   * The key that signs or that is continued, in the epoch that is committed here. Undefined when
   * the intent makes the key.
   */
  readonly key: VerifiedKey | undefined;
  readonly certificates: readonly Uint8Array[];
}

async function verified(deps: PartyDeps, opened: OpenedIntent, signed: Signed, run: Run): Promise<AttemptTerms> {
  const { intent, intentId, kind, key: signedBy } = opened;
  const { action } = intent;
  const own = { partyId: deps.partyId, idpk: deps.identity.publicKey };
  const endsAtMs = Number(intent.expiresAtMs) + skewMs;
  const { rid, attempt, signers, key, certificates } = run;
  const { sessionId } = intent;
  const { era } = deps.restores;
  const common = { rid, attempt, signers, sessionId, signed, intent, intentId, signedBy, endsAtMs, era, key, certificates };
  const founding = foundingOf(intent);
  const protocol = protocolOf(deps, kind, founding?.scheme ?? schemeIn(intent));
  checkMayAsk(opened, deps.roster(), key);
  if (founding !== undefined) {
    const self = checkKeygen(intent, founding, signers, own, deps.roster(), deps.clock.nowMs()).shareIndex;
    const members = byIndex(founding.members);
    return { ...common, protocol, self, members, signing: undefined, share: undefined, pairs: [] };
  }
  const terms = continuing(intent);
  if (terms !== undefined && key !== undefined) {
    const { members, self } = checkSuccession(opened, terms, signers, own, key);
    checkSuccessors(intent, terms, deps.roster(), deps.clock.nowMs());
    checkEpochNumber(kind, terms, await knownNumbers(deps, key));
    const share = await shareToContinue(deps, key, terms, protocol, self.shareIndex);
    const uses = { signing: undefined, share, pairs: [] };
    return { ...common, ...uses, protocol, self: self.shareIndex, members: byIndex(members) };
  }
  // Whoever speaks for a holder now takes part for it. The key itself stays as it was certified.
  const [roster, nowMs] = [deps.roster(), deps.clock.nowMs()];
  const keyNow = key && asOfNow(key, roster, nowMs);
  const repair = repairing(intent);
  if (repair !== undefined && key !== undefined && keyNow !== undefined) {
    const members = checkRepair(opened, repair, signers, keyNow);
    checkSigners(roster, members, nowMs);
    const self = findSelf(members, own).shareIndex;
    const share = repair.helpers.includes(self) ? await shareThatHelps(deps, key, repair, protocol) : undefined;
    return { ...common, protocol, self, members: byIndex(members), signing: undefined, share, pairs: [] };
  }
  const renew = renewing(intent);
  if (renew !== undefined && key !== undefined && keyNow !== undefined) {
    const { members, self } = checkRenewal(opened, signers, own, keyNow);
    checkSigners(roster, members, nowMs);
    const share = await usableShare(deps, key);
    const pairs = await deps.store.pairs(share.keyId, share.epoch);
    checkRenewable(
      renew,
      pairs.find(({ partner }) => partner !== self.shareIndex && signers.includes(partner)),
    );
    return { ...common, protocol, self: self.shareIndex, members: byIndex(members), signing: undefined, share, pairs };
  }
  if (action.case !== "sign" || key === undefined || keyNow === undefined) throw unknownProtocol(kind, protocol.scheme);
  const members = checkSign(opened, action.value, signers, own, keyNow);
  checkSigners(roster, members, nowMs);
  const signing = signingTerms(action.value, key.charter);
  const share = await usableShare(deps, key);
  const pairs = protocol.usesPairs === true ? await deps.store.pairs(share.keyId, share.epoch) : [];
  const self = findSelf(members, own).shareIndex;
  return { ...common, protocol, self, members: byIndex(members), signing, share, pairs };
}

const schemeIn = ({ action }: Intent): string => (action.value !== undefined && "scheme" in action.value ? action.value.scheme : "");

function protocolOf(deps: PartyDeps, kind: Kind, scheme: string): Protocol {
  const protocol = protocolFor(deps.protocols, kind, scheme);
  if (protocol === undefined) throw unknownProtocol(kind, scheme);
  return protocol;
}

const unknownProtocol = (kind: Kind, scheme: string): CovaultError =>
  new CovaultError("party/unknown-protocol", `This party does not run ${kind} for ${scheme}.`);

/**
 * Gives this party's share of the epoch that a run continues, which must be what the intent says of
 * that epoch. A share without pairs, as a restored store has it, serves as well. Gives undefined
 * for a party that need not have one, whose share is made anew: a row that is there may be damaged,
 * and its secret may not open any more. What the intent says, every dealer compares with its own
 * record.
 */
async function shareToContinue(
  deps: PartyDeps,
  key: VerifiedKey,
  terms: RefreshAction,
  { kind, needsShare, publicRecord }: Protocol,
  self: number,
): Promise<StoredShare | undefined> {
  if (needsShare !== true && !terms.dealers.includes(self)) return undefined;
  const share = await usableShare(deps, key);
  if (publicRecord === undefined) throw unknownProtocol(kind, terms.scheme);
  checkOwnRecord(terms, publicRecord(share.record));
  return share;
}

/** Gives a helper's share, which must be what intent and certificate say of the epoch. */
async function shareThatHelps(
  deps: PartyDeps,
  key: VerifiedKey,
  terms: RepairAction,
  { kind, publicRecord }: Protocol,
): Promise<StoredShare> {
  const share = await usableShare(deps, key);
  if (publicRecord === undefined) throw unknownProtocol(kind, terms.scheme);
  checkHelpersRecord(terms, key, publicRecord(share.record));
  return share;
}

/**
 * Tells whether the receiver of a repair has the share that it should get. A row whose secret does
 * not open is a share that is lost.
 */
async function holdsShare(deps: PartyDeps, { intent, key, share: helps }: AttemptTerms): Promise<boolean> {
  if (repairing(intent) === undefined || key === undefined || helps !== undefined) return false;
  const share = await deps.store.share(key.charter.keyId, key.epoch);
  return share?.status === "committed" && (await shareOpens(deps, key, share));
}

/**
 * Gives this party's share of the epoch. Its secret is sealed for the intent that made it, so that
 * no row of a database says who may ask and who holds it.
 */
export async function usableShare(deps: PartyDeps, { charter, epoch, intentId }: VerifiedKey): Promise<StoredShare> {
  const share = await deps.store.share(charter.keyId, epoch);
  if (share === undefined || share.status !== "committed")
    throw new CovaultError(
      "party/unknown-share",
      share === undefined || share.status === "left"
        ? "This party holds no share of that key and epoch."
        : `The share of that epoch is ${share.status}.`,
    );
  if (!same(intentIdOf(fromBinary(SignedSchema, share.intent).body), intentId))
    throw new CovaultError("party/unreadable-secret", "The stored share is that of another intent than its epoch's certificate.");
  return share;
}

const byIndex = (members: readonly Member[]): ReadonlyMap<number, Member> => new Map(members.map((member) => [member.shareIndex, member]));

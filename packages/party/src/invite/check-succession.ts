// What a party asks of an intent that continues a key, beyond its signature and form: whether it
// continues the key as the key stands here, whether everybody in it may have a share, and whether
// its number may be used (dkls23-spec 7). The checks are pure. Every refusal is an error that says
// which check failed.
import { same } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import {
  type Charter,
  checkContinues,
  checkHolders,
  checkSigners,
  type Kind,
  kinds,
  mayHaveRoot,
  type OpenedIntent,
  type VerifiedKey,
} from "@covault/trust";
import type { Member, RefreshAction, Roster } from "@covault/wire";
import { type Holders, holdersOf } from "../attempt/attempt-terms.ts";
import type { PublicRecord } from "../protocols/protocol.ts";
import { findSelf, type OwnIdentity } from "./check.ts";

/** How far above the highest number that a party knows an intent's number may be. */
const numbersMax = 1 << 16;
/** The most acknowledged shares of a key without a certificate before only a reshare is joined. */
const inDoubtMax = 16;
/** Gives that number for a run that it stops, and undefined for another one. */
export const stagedMaxOf = (kind: Kind): number | undefined => (kinds[kind].keepsHolders ? inDoubtMax : undefined);

/**
 * Checks what does not change while the run waits: it continues this key in this epoch, everybody
 * takes part, and the custody is one that this party serves. Gives the members of the run,
 * ascending.
 */
export function checkSuccession(
  opened: Pick<OpenedIntent, "intent" | "key">,
  terms: RefreshAction,
  signers: readonly number[],
  own: OwnIdentity,
  key: VerifiedKey,
): { readonly members: readonly Member[]; readonly self: Member } {
  checkCharter(key.charter, checkContinues(key, opened));
  const { members, leaving } = holdersOf(opened.intent) as Holders;
  if (members.some(({ role }) => role === "device"))
    throw new CovaultError("trust/unknown-party", "A key of custody server has no devices among its members.");
  const everybody = [...members, ...leaving].sort((a, b) => a.shareIndex - b.shareIndex);
  if (signers.length !== everybody.length || everybody.some((member, at) => member.shareIndex !== signers[at]))
    throw new CovaultError("party/bad-quorum", "A run that continues a key needs exactly the dealers and the members of its intent.", {
      facts: { signers: signers.join(", "), dealers: terms.dealers.join(", ") },
    });
  return { members: everybody, self: findSelf(everybody, own) };
}

/** Checks that this party serves a key's custody, as it is and as it will be. */
export function checkCharter(before: Charter, after: Charter): void {
  const other = [before.custody, after.custody].find((custody) => custody !== "server");
  if (other !== undefined) throw new CovaultError("party/unknown-protocol", `This party continues no key of custody ${other}.`);
  if (before.policyRoot.length > 0)
    throw new CovaultError("party/policy-denied", "This key has a policy, and this party has no document of it: it allows nothing.");
}

/**
 * Checks by the roster, as it is now, that everybody who gets a share is who the root key says, and
 * that the dealers still are the parties that they were. Identities never come from a request.
 */
export function checkSuccessors(
  { tenantId }: OpenedIntent["intent"],
  { members, oldMembers, dealers, policyRoot }: RefreshAction,
  roster: Roster,
  nowMs: number,
): void {
  if (policyRoot.length > 0 && !mayHaveRoot(roster, tenantId, policyRoot))
    throw new CovaultError("party/policy-denied", `The roster does not let tenant ${tenantId} have a key with this policy root.`);
  checkHolders(roster, members, nowMs);
  checkSigners(
    roster,
    oldMembers.filter(({ shareIndex }) => dealers.includes(shareIndex)),
    nowMs,
  );
}

/**
 * Compares what the intent says of the epoch before with this party's own record of it. A party
 * that holds a share believes nobody else about it.
 */
export function checkOwnRecord(terms: RefreshAction, record: PublicRecord): void {
  const wrong = (what: string): never => {
    throw new CovaultError("party/wrong-key", `The intent's ${what} is not that of the share.`);
  };
  if (!same(terms.keyId, record.keyId)) wrong("key_id");
  if (!same(terms.oldEpoch, record.epoch)) wrong("old_epoch");
  if (!same(terms.publicKey, record.publicKey)) wrong("public_key");
  if (!same(terms.chain, record.chain)) wrong("chain");
  if (terms.oldThreshold !== record.threshold) wrong("old_threshold");
  const { holders } = record;
  if (terms.oldMembers.length !== holders.length || holders.some(({ index }, at) => terms.oldMembers[at]?.shareIndex !== index))
    wrong("old_members");
  if (holders.some(({ publicShare }, at) => !same(terms.oldPublicShares[at] ?? new Uint8Array(), publicShare))) wrong("old_public_shares");
}

/** What a party knows of the numbers of a key. */
export interface KnownNumbers {
  /** The highest number that it has acknowledged or committed. */
  readonly highest: number;
  /** How many acknowledged shares it has that no certificate has decided. */
  readonly inDoubt: number;
}

/** Checks rules 1, 2 and 7 of dkls23-spec 7. */
export function checkEpochNumber(
  kind: Kind,
  { epochNumber }: Pick<RefreshAction, "epochNumber">,
  { highest, inDoubt }: KnownNumbers,
): void {
  const facts = { epoch_number: epochNumber, highest };
  if (epochNumber <= highest)
    throw new CovaultError(
      "party/epoch-number",
      `The intent's epoch_number ${epochNumber} is not above ${highest}, which this party has acknowledged.`,
      { facts },
    );
  if (epochNumber - highest > numbersMax)
    throw new CovaultError("party/epoch-number", `The intent's epoch_number ${epochNumber} is more than ${numbersMax} above ${highest}.`, {
      facts,
    });
  if (inDoubt >= (stagedMaxOf(kind) ?? Infinity))
    throw new CovaultError("party/runs-in-doubt", `This party has acknowledged ${inDoubt} shares of the key that have no certificate.`, {
      facts: { in_doubt: inDoubt },
    });
}

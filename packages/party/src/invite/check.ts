// What a party asks of an intent beyond its signature and form (packages/trust): whether the party
// is meant, whether the quorum is right, whether it is the party's key, and whether the parties
// may. The checks are pure. Every refusal is a usage error that says which check failed. None of
// them needs a coordinator's word.
import { same } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import { checkHolders, mayHaveRoot, type OpenedIntent, type VerifiedKey } from "@covault/trust";
import type { Intent, KeygenAction, Member, Roster, SignAction } from "@covault/wire";

export interface OwnIdentity {
  readonly partyId: string;
  readonly idpk: Uint8Array;
}

/** Gives this party's own entry. Throws `party/not-a-member`. */
export function findSelf(members: readonly Member[], own: OwnIdentity): Member {
  const mine = members.find((member) => member.partyId === own.partyId);
  if (mine === undefined || !same(mine.idpk, own.idpk))
    throw new CovaultError("party/not-a-member", `The intent does not name ${own.partyId} with its identity key.`);
  return mine;
}

/**
 * Checks a keygen: everybody takes part, and every member is the party that the roster names.
 * Identities never come from a coordinator. Gives this party's own entry.
 */
export function checkKeygen(
  { tenantId }: Intent,
  keygen: KeygenAction,
  signers: readonly number[],
  own: OwnIdentity,
  roster: Roster,
  nowMs: number,
): Member {
  const { members, custody, policyRoot } = keygen;
  if (custody !== "server") throw new CovaultError("party/unknown-protocol", `This party makes no key of custody ${custody}.`);
  if (!mayHaveRoot(roster, tenantId, policyRoot))
    throw new CovaultError("party/policy-denied", `The roster does not let tenant ${tenantId} have a key with this policy root.`);
  if (signers.length !== members.length || members.some((member, at) => member.shareIndex !== signers[at]))
    throw new CovaultError("party/bad-quorum", "A key generation needs exactly the members of its intent.");
  if (members.some(({ role }) => role === "device"))
    throw new CovaultError("trust/unknown-party", "A key of custody server has no devices among its members.");
  checkHolders(roster, members, nowMs);
  return findSelf(members, own);
}

/**
 * Checks a signature with this party's share: it is for the key's tenant and account, by exactly t
 * of its eligible holders. `checkMayAsk` says whether the initiator may ask for it.
 */
export function checkSign(
  { intent }: OpenedIntent,
  sign: SignAction,
  signers: readonly number[],
  own: OwnIdentity,
  key: VerifiedKey,
): readonly Member[] {
  const { charter } = key;
  const wrong = (what: string): never => {
    throw new CovaultError("party/wrong-key", `The intent's ${what} is not that of the share.`);
  };
  if (intent.tenantId !== charter.tenantId) wrong("tenant");
  if (intent.accountId !== charter.accountId) wrong("account");
  if (sign.scheme !== charter.scheme) wrong("scheme");
  if (!same(sign.publicKey, charter.publicKey)) wrong("public key");
  if (charter.policyRoot.length > 0)
    throw new CovaultError("party/policy-denied", "This key has a policy, and this party has no document of it: it allows nothing.");
  return checkQuorum(sign, signers, own, key);
}

function checkQuorum(sign: SignAction, signers: readonly number[], own: OwnIdentity, key: VerifiedKey): readonly Member[] {
  const bad = (what: string): never => {
    throw new CovaultError("party/bad-quorum", `The quorum is refused: ${what}.`, { facts: { signers: signers.join(", ") } });
  };
  if (signers.length !== key.threshold) bad(`${key.threshold} sign, not ${signers.length}`);
  if (!signers.every((index, at) => at === 0 || index > (signers[at - 1] as number))) bad("it is not ascending");
  const members = signers.map((index) => key.members.find((member) => member.shareIndex === index) ?? bad(`nobody holds share ${index}`));
  const parties = members.map((member) => member.partyId);
  if (!parties.every((party) => sign.eligible.includes(party))) bad("it has a party that is not eligible");
  if (![...sign.required, ...key.charter.required].every((party) => parties.includes(party))) bad("a required party is not in it");
  findSelf(members, own);
  return members;
}

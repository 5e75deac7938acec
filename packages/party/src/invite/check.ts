// What a party asks of an intent beyond its signature and form (packages/trust): am I meant, is the quorum right, is it my key, may they?
// Pure. Every refusal is a usage error that says which; nothing of it needs a coordinator's word.
import { CovaultError } from "@covault/errors";
import { isEntitled, type OpenedIntent, rosterInitiator, rosterParty } from "@covault/trust";
import type { KeygenAction, Member, Roster, SignAction } from "@covault/wire";
import { same } from "../bytes.ts";
import type { Holders } from "../session/attempt.ts";

export interface Who {
  readonly partyId: string;
  readonly idpk: Uint8Array;
}

/** By the roster's entries of the initiator, with the key that signed. */
export function checkEntitled({ intent, kind, key }: OpenedIntent, roster: Roster): void {
  const { initiatorId, tenantId } = intent;
  if (!isEntitled(rosterInitiator(roster, initiatorId), { initiatorId, key, tenantId, kind }))
    throw new CovaultError("trust/not-entitled", `The initiator ${initiatorId} may not ask for ${kind} on behalf of tenant ${tenantId}.`);
}

/** My own entry. Throws `party/not-a-member`. */
export function findSelf(members: readonly Member[], who: Who): Member {
  const mine = members.find((member) => member.partyId === who.partyId);
  if (mine === undefined || !same(mine.idpk, who.idpk))
    throw new CovaultError("party/not-a-member", `The intent does not name ${who.partyId} with its identity key.`);
  return mine;
}

/** Everybody takes part, and everybody is who the roster says: identities never come from a coordinator. */
export function checkKeygen(keygen: KeygenAction, signers: readonly number[], who: Who, roster: Roster, nowMs: number): Member {
  const { members } = keygen;
  if (signers.length !== members.length || members.some((member, at) => member.shareIndex !== signers[at]))
    throw new CovaultError("party/bad-quorum", "A key generation needs exactly the members of its intent.");
  for (const { partyId, idpk, role } of members) {
    const known = rosterParty(roster, partyId, nowMs);
    if (known === undefined || !same(known.idpk, idpk) || known.role !== role)
      throw new CovaultError("trust/unknown-party", `The roster has no valid party ${partyId} with that identity key and role.`);
  }
  return findSelf(members, who);
}

export interface KnownKey {
  readonly holders: Holders;
  readonly scheme: string;
  readonly publicKey: Uint8Array;
}

/** A signature with my share: by an initiator of the key, for its tenant and account, by exactly t of its eligible holders. */
export function checkSign(opened: OpenedIntent, sign: SignAction, signers: readonly number[], who: Who, key: KnownKey): readonly Member[] {
  const { intent } = opened;
  const { holders } = key;
  checkInitiator(opened, holders);
  const wrong = (what: string): never => {
    throw new CovaultError("party/wrong-key", `The intent's ${what} is not that of the share.`);
  };
  if (intent.tenantId !== holders.intent.tenantId) wrong("tenant");
  if (intent.accountId !== holders.intent.accountId) wrong("account");
  if (sign.scheme !== key.scheme) wrong("scheme");
  // BIP-340 keys are x only in intents, and compressed with an even y in a share's record.
  const known = key.scheme === "schnorr-bip340" ? key.publicKey.subarray(-32) : key.publicKey;
  if (!same(sign.publicKey, known)) wrong("public key");
  if (sign.threshold !== holders.threshold) wrong("threshold");
  return checkQuorum(sign, signers, who, holders);
}

/** The key's own initiators were fixed by the intent that made it. */
function checkInitiator({ intent, key, kind }: OpenedIntent, holders: Holders): void {
  const { action } = holders.intent;
  const initiators = action.case === "keygen" ? action.value.initiators : [];
  const { initiatorId, tenantId } = intent;
  if (!isEntitled(initiators, { initiatorId, key, tenantId, kind }))
    throw new CovaultError("trust/not-entitled", `The initiator ${initiatorId} is none of this key's, or not for ${kind}.`);
  if (action.case === "keygen" && action.value.policyRoot.length > 0)
    throw new CovaultError("party/policy-denied", "This key has a policy, and no rule of it allows a raw digest.");
}

function checkQuorum(sign: SignAction, signers: readonly number[], who: Who, holders: Holders): readonly Member[] {
  const bad = (what: string): never => {
    throw new CovaultError("party/bad-quorum", `The quorum is refused: ${what}.`, { facts: { signers: signers.join(", ") } });
  };
  if (signers.length !== holders.threshold) bad(`${holders.threshold} sign, not ${signers.length}`);
  if (!signers.every((index, at) => at === 0 || index > (signers[at - 1] as number))) bad("it is not ascending");
  const members = signers.map(
    (index) => holders.members.find((member) => member.shareIndex === index) ?? bad(`nobody holds share ${index}`),
  );
  const parties = members.map((member) => member.partyId);
  if (!parties.every((party) => sign.eligible.includes(party))) bad("it has a party that is not eligible");
  if (!sign.required.every((party) => parties.includes(party))) bad("a required party is not in it");
  findSelf(members, who);
  return members;
}

// A recovery makes the lost share of one holder anew, for the same index. The other holders deal.
// Who gets the share is looked up in the roster, together with the identity key.
import { CovaultError } from "@covault/errors";
import { rosterParty } from "@covault/trust";
import type { Member, Roster, RosterParty } from "@covault/wire";
import { requireHolders } from "../accounts/outlook.ts";
import { equal, hex } from "../keys/account-key.ts";
import { actionOf, askedOf, askHolders, continuing, holdsShare, isOfKey, type KeyRequest } from "./continuing.ts";
import type { Operation } from "./operation.ts";

export interface RecoverRequest extends KeyRequest {
  readonly partyId: string;
  /** The identity key that the caller expects the roster to have, 32 bytes. */
  readonly identity: Uint8Array | undefined;
}

function bad(partyId: string, why: string): never {
  throw new CovaultError("account/bad-members", `The share of ${partyId} cannot be recovered: ${why}.`, {
    facts: { pointer: "/party_id", party: partyId },
  });
}

/** Gives the holder and its entry in the roster. Throws account/bad-members. */
function lostHolder(
  roster: Roster,
  nowMs: number,
  members: readonly Member[],
  { partyId, identity }: Pick<RecoverRequest, "partyId" | "identity">,
): { readonly member: Member; readonly known: RosterParty } {
  const member = members.find((candidate) => candidate.partyId === partyId) ?? bad(partyId, "it holds no share of the key");
  const known = rosterParty(roster, partyId, nowMs) ?? bad(partyId, "the roster has no such party");
  if (known.role !== member.role) bad(partyId, `its role in the roster is ${known.role}, and it holds its share as ${member.role}`);
  if (identity !== undefined && !equal(identity, known.idpk)) bad(partyId, `its identity key in the roster is ${hex(known.idpk)}`);
  return { member, known };
}

export const recover = {
  kind: "recover",
  ...continuing,
  async intent(context, request) {
    const { account } = request;
    // It is refused before anybody is asked.
    lostHolder(context.roster(), context.nowMs(), request.key.members, request);
    const said = await askHolders(context, account, request.key);
    const [roster, nowMs] = [context.roster(), context.nowMs()];
    const { threshold, members } = said.key;
    const { member, known } = lostHolder(roster, nowMs, members, request);
    const others = members.filter((one) => one !== member);
    requireHolders(roster, account.account_id, others, nowMs, "a lost share is made anew by the other ones");
    const dealing = others.filter((one) => holdsShare(said, one.partyId));
    if (dealing.length < threshold)
      throw new CovaultError(
        "account/holders-away",
        `${threshold} of the other holders have to deal, and ${dealing.map((one) => one.partyId).join(", ") || "none of them"} said that it holds its share.`,
      );
    const dealers = dealing.map(({ shareIndex }) => shareIndex);
    const renewed = members.map((one) => (one === member ? { ...one, idpk: known.idpk } : one));
    return actionOf(context, said, { kind: "recover", threshold, members: renewed, dealers });
  },
  isOf(request, subject) {
    if (!isOfKey(request, "recover", subject)) return false;
    const { members, dealers } = askedOf(subject.session);
    return members.some(({ partyId, shareIndex }) => partyId === request.partyId && !dealers.includes(shareIndex));
  },
} as const satisfies Operation<RecoverRequest>;

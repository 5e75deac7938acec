// A reshare gives a key other holders, or another threshold. Newcomers come from the roster, and
// get indices that nobody ever had. A holder that is left out has no share afterwards.
import { CovaultError } from "@covault/errors";
import { isStillHolder, rosterParty } from "@covault/trust";
import type { Member, RosterParty } from "@covault/wire";
import { entitled, holderRole } from "../accounts/choose-members.ts";
import type { AccountContext } from "../context.ts";
import { partiesMissing } from "../coordinator/client.ts";
import type { AccountKey } from "../keys/account-key.ts";
import {
  actionOf,
  askedOf,
  askHolders,
  continuing,
  type Holdings,
  holdsShare,
  isOfKey,
  type KeyRequest,
  type NewEpoch,
} from "./continuing.ts";
import type { Operation } from "./operation.ts";

export interface ReshareRequest extends KeyRequest {
  readonly thresholdT: number | undefined;
  readonly thresholdN: number | undefined;
  /** All holders to come, by id. */
  readonly parties: readonly string[] | undefined;
  readonly leaveOut: readonly string[];
  /** What remains, as t-of-n, where no holder could be spared afterwards. */
  readonly force: string | undefined;
}

type Wanted = Omit<ReshareRequest, keyof KeyRequest>;

const thresholdMax = 20;

function bad(field: "parties" | "leave_out", why: string): never {
  throw new CovaultError("account/bad-members", `${field}: ${why}.`, { facts: { pointer: `/${field}` } });
}

/** Gives t and n as they will be. Throws account/bad-threshold and account/too-few-holders. */
export function thresholdsOf(
  { thresholdT, thresholdN, parties, leaveOut, force }: Wanted,
  before: { readonly threshold: number; readonly holders: number; readonly required: readonly string[] },
): { readonly t: number; readonly n: number } {
  const wrong = (field: string, what: string): never => {
    throw new CovaultError("account/bad-threshold", `${field}: ${what}.`, { facts: { pointer: `/${field}` } });
  };
  const t = thresholdT ?? before.threshold;
  const n = thresholdN ?? parties?.length ?? before.holders - leaveOut.length;
  if (parties !== undefined && parties.length !== n)
    wrong("threshold_n", `${n} holders are asked for, and parties names ${parties.length}`);
  if (n < 2 || n > thresholdMax) wrong("threshold_n", `expected 2 to ${thresholdMax}, got ${n}`);
  if (t < 2 || t > n) wrong("threshold_t", `expected 2 to threshold_n (${n}), got ${t}`);
  const { required } = before;
  if (t < required.length)
    wrong("threshold_t", `${required.join(", ")} are in every quorum of the key, so that at least ${required.length} sign, got ${t}`);
  const remains = `${t}-of-${n}`;
  if (n > t || force === remains) return { t, n };
  const text = `A ${remains} key remains, so that the loss of any one holder would be the loss of the key. To have it so all the same: "force": "${remains}".`;
  throw new CovaultError("account/too-few-holders", text, { facts: { remains } });
}

const beforeOf = ({ threshold, members, charter: { required } }: AccountKey) => ({ threshold, holders: members.length, required });

interface Choosing {
  readonly said: Holdings;
  /** The holders before that the roster has. */
  readonly inRoster: readonly Member[];
  readonly wanted: Wanted;
  readonly n: number;
}

/** Gives the holders before that stay, ascending by index. */
function staying({ said, inRoster, wanted: { parties, leaveOut }, n }: Choosing): readonly Member[] {
  const may = inRoster.filter(({ partyId }) => !leaveOut.includes(partyId) && (parties?.includes(partyId) ?? true));
  // Who has said that it holds its share stays first. It costs nobody a share.
  const rank = ({ partyId }: Member): number =>
    holdsShare(said, partyId) ? 0 : said.holdings.some((holding) => holding.partyId === partyId) ? 1 : 2;
  const preferred = [...may].sort((a, b) => rank(a) - rank(b) || a.shareIndex - b.shareIndex);
  return preferred.slice(0, n).sort((a, b) => a.shareIndex - b.shareIndex);
}

/**
 * Gives the share indices that deal: of those that stay and hold their shares, and where these are
 * fewer than sign, of others as well.
 */
function dealersOf({ said, inRoster, wanted: { leaveOut } }: Choosing, stays: readonly Member[]): readonly number[] {
  const holding = inRoster.filter(({ partyId }) => holdsShare(said, partyId));
  const willing = holding.filter((member) => stays.includes(member));
  // A holder that is left out deals only when nobody else can.
  const leaving = holding.filter((member) => !stays.includes(member)).sort((a, b) => rankOut(a, leaveOut) - rankOut(b, leaveOut));
  const missing = Math.max(0, said.key.threshold - willing.length);
  return [...willing, ...leaving.slice(0, missing)].map(({ shareIndex }) => shareIndex).sort((a, b) => a - b);
}

const rankOut = ({ partyId, shareIndex }: Member, leaveOut: readonly string[]): number =>
  shareIndex + (leaveOut.includes(partyId) ? 65_536 : 0);

/** Gives the newcomers that are named, or so many of those that are connected. */
async function newcomers(
  context: AccountContext,
  { said, wanted, n }: Choosing,
  stays: readonly Member[],
): Promise<readonly RosterParty[]> {
  const [roster, nowMs] = [context.roster(), context.nowMs()];
  const isHolder = (partyId: string): boolean => said.key.members.some((member) => member.partyId === partyId);
  const known = (partyId: string): RosterParty | undefined => {
    const party = rosterParty(roster, partyId, nowMs);
    return party !== undefined && entitled(party, nowMs) ? party : undefined;
  };
  const count = n - stays.length;
  if (wanted.parties !== undefined) {
    const named = wanted.parties.filter((partyId) => stays.every((member) => member.partyId !== partyId));
    const gone = named.find(isHolder);
    if (gone !== undefined) bad("parties", `${gone} is not in the roster with the identity key that it holds its share with`);
    return named.map((partyId) => known(partyId) ?? bad("parties", `the roster has no party ${partyId} that may hold a share`));
  }
  if (count === 0) return [];
  const further = roster.parties.filter((party) => entitled(party, nowMs) && !isHolder(party.partyId));
  if (further.length < count) {
    const text = `threshold_n: ${count} further parties are asked for, and the roster has ${further.length} that hold no share of the key.`;
    throw new CovaultError("account/bad-threshold", text, { facts: { pointer: "/threshold_n" } });
  }
  const { candidates, absent } = await context.coordinator.candidates(holderRole, thresholdMax);
  const free = candidates.map(({ party_id }) => party_id).filter((partyId) => !isHolder(partyId));
  const chosen = free.flatMap((partyId) => known(partyId) ?? []).slice(0, count);
  if (chosen.length === count) return chosen;
  const away = absent.filter((partyId) => !isHolder(partyId));
  throw partiesMissing(away, `${count} further parties are asked for, and ${chosen.length} that hold no share of the key are connected.`);
}

/** Gives the epoch to come. */
async function newEpoch(context: AccountContext, said: Holdings, wanted: Wanted): Promise<NewEpoch> {
  const { key } = said;
  const { t, n } = thresholdsOf(wanted, beforeOf(key));
  const inRoster = key.members.filter((member) => isStillHolder(context.roster(), member, context.nowMs()));
  const choosing: Choosing = { said, inRoster, wanted, n };
  const stays = staying(choosing);
  const comes = (await newcomers(context, choosing, stays)).map(({ partyId }) => partyId).sort();
  const dealers = dealersOf(choosing, stays);
  if (dealers.length < key.threshold)
    throw new CovaultError(
      "account/holders-away",
      `${key.threshold} holders of the roster have to deal, and ${dealers.length} of them said that they hold their shares.`,
      { facts: { absent: said.absent.join(", ") } },
    );
  const members = [...stays, ...comes.map((partyId, at) => newMember(context, partyId, key.indexMax + 1 + at))];
  const missing = key.charter.required.filter((partyId) => members.every((member) => member.partyId !== partyId));
  if (missing.length > 0) bad("parties", `${missing.join(", ")} is in every quorum of the key, and has to stay`);
  return { kind: "reshare", threshold: t, members, dealers };
}

function newMember({ roster, nowMs }: AccountContext, partyId: string, shareIndex: number): Member {
  const { idpk, role } = rosterParty(roster(), partyId, nowMs()) ?? bad("parties", `the roster has no party ${partyId} any more`);
  return { $typeName: "covault.v1.Member", partyId, shareIndex, idpk, role };
}

/** Refuses what can be seen to be wrong before anybody is asked. */
function checkNames({ parties, leaveOut, key }: ReshareRequest): void {
  if (parties !== undefined && leaveOut.length > 0) bad("leave_out", "give it or parties, not both");
  for (const [field, names] of [
    ["parties", parties ?? []],
    ["leave_out", leaveOut],
  ] as const)
    if (new Set(names).size !== names.length) bad(field, "a party is named twice");
  const stranger = leaveOut.find((partyId) => key.members.every((member) => member.partyId !== partyId));
  if (stranger !== undefined) bad("leave_out", `${stranger} holds no share of the key`);
}

export const reshare = {
  kind: "reshare",
  ...continuing,
  async intent(context, request) {
    const { account, key } = request;
    checkNames(request);
    thresholdsOf(request, beforeOf(key));
    const said = await askHolders(context, account, key, request.parties);
    return actionOf(context, said, await newEpoch(context, said, request));
  },
  isOf(request, subject) {
    if (!isOfKey(request, "reshare", subject)) return false;
    const { threshold, members } = askedOf(subject.session);
    const ids = members.map(({ partyId }) => partyId);
    return (
      threshold === (request.thresholdT ?? threshold) &&
      ids.length === (request.thresholdN ?? ids.length) &&
      (request.parties?.every((partyId) => ids.includes(partyId)) ?? true)
    );
  },
} as const satisfies Operation<ReshareRequest>;

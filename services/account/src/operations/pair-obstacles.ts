// Why a pair of a key does not sign again by itself, and what people can do about it.
import type { AccountContext } from "../context.ts";
import { pairPart } from "../intent/subject-of.ts";
import type { AccountKey } from "../keys/account-key.ts";
import type { ActiveAccount } from "./operation.ts";
import { areThere, generationMax, hasFailed, isUsable, nextGeneration, type PairOutlook, unclearedBy } from "./pair-standings.ts";
import { allowanceOf } from "./renewal-allowance.ts";

export interface Obstacle {
  readonly pair: PairOutlook;
  /** A sentence that names the pair and a command. */
  readonly advice: string;
}

/**
 * Gives the pairs that stay out of use until people act. One of which an end has not answered is
 * not among them. `wanted` has the parts that the coordinator waits for, whatever their ends say.
 */
export async function obstaclesOf(
  context: AccountContext,
  about: ActiveAccount,
  pairs: readonly PairOutlook[],
  wanted: ReadonlySet<string> = new Set(),
): Promise<readonly Obstacle[]> {
  const found = await Promise.all(pairs.map(async (pair) => ({ pair, advice: await adviceOn(context, about, pair, wanted) })));
  return found.filter((one): one is Obstacle => one.advice !== undefined);
}

async function adviceOn(
  context: AccountContext,
  { account, key: { charter } }: ActiveAccount,
  pair: PairOutlook,
  wanted: ReadonlySet<string>,
): Promise<string | undefined> {
  const { lo, hi } = pair;
  const names = `${lo.partyId} and ${hi.partyId}`;
  const renew = `covault renew ${account.account_id} --parties ${lo.partyId},${hi.partyId}`;
  const refresh = `covault refresh ${account.account_id}`;
  const clear = (by: string): string =>
    `the operator of ${by} can run covault pair clear for its pair with ${by === lo.partyId ? hi.partyId : lo.partyId}`;
  const uncleared = unclearedBy(pair);
  if (uncleared.length > 0)
    return `A check of the pair of ${names} has failed. After the reason is found, ${uncleared.map(clear).join(", and ")}.`;
  if (hasFailed(pair)) return `The failed check of the pair of ${names} is cleared. The pair is made anew by ${renew}.`;
  const part = pairPart(lo.shareIndex, hi.shareIndex);
  if (!areThere(pair) || (isUsable(pair) && !wanted.has(part))) return undefined;
  if (nextGeneration(pair) > generationMax)
    return `The pair of ${names} was made anew ${generationMax} times in its epoch. All pairs of the key are made anew by ${refresh}.`;
  if (charter.custody !== "server")
    return `The pair of ${names} is out of use, and a key of the custody ${charter.custody} gets none by itself. It is made anew by ${renew}.`;
  if ((await allowanceOf(context, { keyId: charter.keyId, part })) === "not today")
    return `The pair of ${names} was to be made anew too often in a day. After the reason is found, it is made anew by ${renew}, and all pairs of the key by ${refresh}.`;
  return undefined;
}

/** Who may sign, by party id. */
export interface Signers {
  readonly eligible: readonly string[];
  readonly required: readonly string[];
}

/** Whether so many of the signers as the key needs have none of these pairs among them. */
export function hasQuorumWithout(
  { members, threshold }: AccountKey,
  { eligible, required }: Signers,
  without: readonly PairOutlook[],
): boolean {
  const isApart = (a: number, b: number): boolean =>
    without.some(({ lo, hi }) => lo.shareIndex === Math.min(a, b) && hi.shareIndex === Math.max(a, b));
  const seats = members.filter(({ partyId }) => eligible.includes(partyId));
  const fixed = seats.filter(({ partyId }) => required.includes(partyId)).map(({ shareIndex }) => shareIndex);
  const rest = seats.filter(({ partyId }) => !required.includes(partyId)).map(({ shareIndex }) => shareIndex);
  const fits = (index: number, picked: readonly number[]): boolean => picked.every((other) => !isApart(index, other));
  const extend = (picked: readonly number[], from: number): boolean =>
    picked.length >= threshold || rest.slice(from).some((index, at) => fits(index, picked) && extend([...picked, index], from + at + 1));
  return fixed.every((index, at) => fits(index, fixed.slice(0, at))) && extend(fixed, 0);
}

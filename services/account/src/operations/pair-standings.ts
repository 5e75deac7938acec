// How the pairs of a key stand, by the signed word of their two ends (dkls23-spec 7.1, 9).
import type { Member, PairStanding } from "@covault/wire";
import { type Holdings, holdsShare } from "./continuing.ts";

/** A pair with so many strikes should be made anew. It burns at `strikesMax`. */
const strikesMin = 4;
const strikesMax = 8;
/** The last generation of a pair. After it the pair needs a new epoch. */
export const generationMax = 16;

export interface PairOutlook {
  readonly lo: Member;
  readonly hi: Member;
  /** What each end says that answered and holds its share. */
  readonly said: readonly { readonly by: string; readonly standing: PairStanding }[];
}

/** Gives the pairs of a key's epoch, ascending. */
export function pairsOf(holdings: Holdings): readonly PairOutlook[] {
  const { members } = holdings.key;
  const standing = (by: Member, partner: Member) =>
    holdings.holdings
      .filter(({ partyId }) => partyId === by.partyId && holdsShare(holdings, by.partyId))
      .flatMap(({ pairs }) => pairs.filter(({ shareIndex }) => shareIndex === partner.shareIndex))
      .map((one) => ({ by: by.partyId, standing: one }));
  return members.flatMap((lo, at) => members.slice(at + 1).map((hi) => ({ lo, hi, said: [...standing(lo, hi), ...standing(hi, lo)] })));
}

/** Whether both ends have answered, so that the pair can be made anew. */
export const areThere = ({ said }: PairOutlook): boolean => said.length === 2;

/** Whether all ends that answered sign with the pair. */
export const isUsable = ({ said }: PairOutlook): boolean => said.every(({ standing }) => standing.state === "usable");

/** The ids of the parties whose operators have not cleared a failed check of the pair. */
export const unclearedBy = ({ said }: PairOutlook): readonly string[] =>
  said.filter(({ standing }) => standing.uncleared).map(({ by }) => by);

/** Whether a failed check has burned the pair at one of its ends, cleared or not. */
export const hasFailed = ({ said }: PairOutlook): boolean =>
  said.some(({ standing: { state, strikes, uncleared } }) => state === "burned" && (uncleared || strikes < strikesMax));

/**
 * Whether the system makes the pair anew by itself. It is lost, in doubt, or struck, and no check
 * of it has failed.
 */
export const isRenewable = (pair: PairOutlook): boolean =>
  !hasFailed(pair) &&
  pair.said.some(
    ({ standing: { state, strikes } }) => state === "lost" || state === "staged" || state === "burned" || strikes >= strikesMin,
  );

/** The generation that a renewal makes, which is above what either end has signed. */
export const nextGeneration = ({ said }: PairOutlook): number => Math.max(0, ...said.map(({ standing }) => standing.generation)) + 1;

/** The id of the highest generation that an end knows. All zero when none does. */
export function presentPairId(pair: PairOutlook): Uint8Array {
  const named = pair.said.filter(({ standing: { pairId } }) => pairId.some((byte) => byte !== 0));
  const [highest] = [...named].sort((a, b) => b.standing.generation - a.standing.generation);
  return highest?.standing.pairId ?? new Uint8Array(32);
}

// What is remembered against pairs. It is remembered by pair id, and is over when the pair is made
// anew: a pair certificate has another id, and a higher epoch has other pairs (dkls23-spec 9).
import type { ErrorCode } from "@covault/errors";
import { type Burn, type NamedPair, type Pair, pairKey } from "./events.ts";

/**
 * The codes of pairs that are lost, out of use for a moment, or burned by strikes alone. The system
 * makes such a pair anew by itself. After a failed check people have to say so first.
 */
const renewable = ["party/pairs-missing", "party/strikes"] satisfies ErrorCode[];

export const isRenewable = ({ code }: Burn): boolean => renewable.some((known) => known === code);

/**
 * The id of a pair as a burn names it: that of its newest certificate, or empty for the pair that
 * was made with the epoch.
 */
export const pairIdOf = (pairs: readonly NamedPair[], pair: Pair): string =>
  pairs.find((known) => pairKey(known.pair) === pairKey(pair))?.pairId ?? "";

/** The burns of pairs that no certificate has made anew. `pairs` are the newest ones. */
export const standing = (burns: readonly Burn[], pairs: readonly NamedPair[]): readonly Burn[] =>
  burns.filter(({ pair, pairId }) => pairIdOf(pairs, pair) === pairId);

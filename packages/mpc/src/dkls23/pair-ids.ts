// The ids of the pairs of a session (dkls23-spec 0.4). A party knows the ids of its own pairs from
// its store. It knows those of two others from their joins, since the two can renew their pair.
import { CovaultError } from "@covault/errors";
import { constantTimeEqual } from "../kernel/equal.ts";
import { bytes, mapOf, type Read } from "../protocol/encoding/inputs.ts";
import type { ShareIndex } from "../protocol/index.ts";
import { firstPairId, type Named, type StoredPair } from "./pairs.ts";

/**
 * What the joins of a session name: by signer, the id of its pair with each other signer, 32 bytes,
 * or 32 zero bytes where it has none. The join of this party is among them.
 */
export type NamedPairs = ReadonlyMap<ShareIndex, ReadonlyMap<ShareIndex, Uint8Array>>;

export const readNamedPairs: Read<NamedPairs> = mapOf(mapOf(bytes(32)));

/**
 * Gives the pair ids that a session of `signers` binds, ascending by (lo, hi). `mine` are the pairs
 * of the store. Throws `mpc/context-mismatch`, which names every pair whose ends do not name one
 * id, and every pair of `mine` that the joins name otherwise. Without joins, the pairs of others
 * are taken to be of generation 0.
 */
export function pairIdsOf(
  record: Named,
  mine: ReadonlyMap<ShareIndex, StoredPair>,
  signers: readonly ShareIndex[],
  joined: NamedPairs | undefined,
): readonly Uint8Array[] {
  const { self } = record;
  const pairs = pairsOf(signers);
  const ids = pairs.map(({ lo, hi }) => {
    const stored = lo === self ? mine.get(hi)?.id : hi === self ? mine.get(lo)?.id : undefined;
    if (joined === undefined) return stored ?? firstPairId(record, lo, hi);
    const named = [joined.get(lo)?.get(hi), joined.get(hi)?.get(lo)];
    return oneId(stored === undefined ? named : [...named, stored]);
  });
  const strangers = pairs.filter((_, k) => ids[k] === undefined).map(nameOf);
  if (strangers.length > 0)
    throw new CovaultError("mpc/context-mismatch", `The signers do not name one id for the pair of ${strangers.join(", of ")}.`, {
      facts: { pairs: strangers.join(", ") },
    });
  return ids as Uint8Array[];
}

/** Every pair of the signers, ascending by (lo, hi). */
const pairsOf = (signers: readonly ShareIndex[]) => signers.flatMap((lo, k) => signers.slice(k + 1).map((hi) => ({ lo, hi })));
const nameOf = ({ lo, hi }: { readonly lo: ShareIndex; readonly hi: ShareIndex }): string => `${lo} and ${hi}`;

/** Names the pairs of `signers` for which the joins do not name the id of `ids` at both ends. */
export const namedOtherwise = (signers: readonly ShareIndex[], ids: readonly Uint8Array[], joined: NamedPairs): readonly string[] =>
  pairsOf(signers)
    .filter(({ lo, hi }, k) => oneId([ids[k], joined.get(lo)?.get(hi), joined.get(hi)?.get(lo)]) === undefined)
    .map(nameOf);

/** Gives the id that all name, unless one is missing, is another, or is that of no pair. */
function oneId([first, ...others]: readonly (Uint8Array | undefined)[]): Uint8Array | undefined {
  if (first === undefined || first.every((byte) => byte === 0)) return undefined;
  return others.every((id) => id !== undefined && constantTimeEqual(id, first)) ? first : undefined;
}

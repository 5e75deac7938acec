// A renewed pair takes its place among the pairs of its party (dkls23-spec 7.1, "Stored").
import { CovaultError } from "@covault/errors";
import { optional } from "../../protocol/encoding/inputs.ts";
import { erase } from "../../protocol/index.ts";
import { checkOwner, copyPair, type Pairs, pairSecrets, readPairs, type StoredPair } from "../pairs.ts";

/**
 * Gives the pairs of a party, with those of `renewed` in the place of the ones of `pairs` with the
 * same partners. `pairs` is undefined for a party that has none, as after a restore. The OT state
 * and the zero seed of every pair that is replaced are erased in `pairs`, and all that is given
 * back is a copy. A driver stores it in one transaction with its acknowledgement, the number of the
 * generation that it acknowledges, and the deletion of all presignatures with the pair. Throws
 * `mpc/bad-setup`, and `mpc/pairs-mismatch` for pairs of another key, epoch or party, or for a
 * generation that is not above the stored one. After a throw nothing is erased.
 */
export function replacePairs(renewed: Pairs, pairs?: Pairs): Pairs {
  const { partners: fresh, ...owner } = readPairs(renewed, "renewed");
  const old = optional(readPairs)(pairs, "pairs");
  if (old !== undefined) checkOwner(owner, old);
  const before = [...(old?.partners ?? [])];
  const replaced = before.filter(([partner]) => fresh.has(partner));
  for (const [partner, { generation }] of replaced) {
    const now = (fresh.get(partner) as StoredPair).generation;
    if (now <= generation)
      throw new CovaultError(
        "mpc/pairs-mismatch",
        `The stored pair with party ${partner} is of generation ${generation}, and generation ${now} is not above it.`,
      );
  }
  const all = [...before.filter(([partner]) => !fresh.has(partner)), ...fresh].sort(([a], [b]) => a - b);
  const partners = new Map(all.map(([partner, pair]) => [partner, copyPair(pair)]));
  erase(...replaced.flatMap(([, pair]) => pairSecrets(pair)));
  return { ...owner, partners };
}

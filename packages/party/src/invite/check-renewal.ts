// What a party asks of an intent that renews a pair, beyond its signature and form: that it is for
// this key and epoch, that exactly the two ends take part, and that the pair as it stands here may
// be made anew (dkls23-spec 7.1, "Before round 1"). The checks are pure.
import { CovaultError } from "@covault/errors";
import { checkRenews, type OpenedIntent, type VerifiedKey } from "@covault/trust";
import type { Member, RenewAction } from "@covault/wire";
import { isUncleared, renewalRunsMax, type StoredPair } from "../ports/pairs.ts";
import { findSelf, type OwnIdentity } from "./check.ts";

/** Gives the two ends of the pair, ascending, and which of them this party is. */
export function checkRenewal(
  opened: Pick<OpenedIntent, "intent" | "key">,
  signers: readonly number[],
  own: OwnIdentity,
  key: VerifiedKey,
): { readonly members: readonly Member[]; readonly self: Member } {
  const ends = checkRenews(key, opened);
  if (key.charter.policyRoot.length > 0)
    throw new CovaultError("party/policy-denied", "This key has a policy, and this party has no document of it: it allows nothing.");
  if (signers.length !== ends.length || ends.some(({ shareIndex }, at) => shareIndex !== signers[at]))
    throw new CovaultError("party/bad-quorum", "The renewal of a pair needs exactly its two ends.", {
      facts: { signers: signers.join(", ") },
    });
  return { members: ends, self: findSelf(ends, own) };
}

/**
 * Checks the pair as it stands in the store. `pair` is undefined when this party has nothing of it,
 * as with a share that was repaired. The old pair id of the intent is not compared: after a restore
 * the two ends may know different ones.
 */
export function checkRenewable({ generation }: Pick<RenewAction, "generation">, pair: StoredPair | undefined): void {
  if (pair === undefined) return;
  const { partner, burn } = pair;
  const facts = { generation, known: pair.generation };
  if (generation <= pair.generation)
    throw new CovaultError(
      "party/pair-generation",
      `The intent's generation ${generation} of the pair with party ${partner} is not above ${pair.generation}, which this party knows.`,
      { facts },
    );
  if (isUncleared(pair))
    throw new CovaultError(
      "party/pair-uncleared",
      `A check of the pair with party ${partner} has failed (${burn?.reason}), and this party's operator has not cleared it.`,
      { facts: { partner } },
    );
}

/** Checks that the pair may be renewed once more in this epoch, as of `runs` before. */
export function checkRuns(runs: number, partner: number): void {
  if (runs >= renewalRunsMax)
    throw new CovaultError(
      "party/renewals-exhausted",
      `This party has begun ${runs} renewals of the pair with party ${partner} in this epoch.`,
      {
        facts: { partner, runs },
      },
    );
}

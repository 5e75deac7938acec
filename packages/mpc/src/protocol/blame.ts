// The failed checks of a round are gathered over all senders before anything is thrown. A round has
// one exit, which names every culprit (dkls23-spec 0.5 "Order of errors", section 9).
import { CovaultError, type ErrorCode } from "@covault/errors";
import type { ShareIndex } from "./share-index.ts";

/** The first check that one sender failed. */
export interface Fault {
  readonly code: ErrorCode;
  /** The words that complete "Party 3 …". */
  readonly what: string;
  readonly consequence: "retry" | "burn";
}

export const fault = (code: ErrorCode, what: string): Fault => ({ code, what, consequence: "retry" });
export const burn = (code: ErrorCode, what: string): Fault => ({ code, what, consequence: "burn" });

/**
 * Throws if any sender failed. A burn outranks every other failure, also an earlier one of another
 * sender, because it must be stored whatever else went wrong. Otherwise the failure of the first
 * sender is reported. All senders that failed alike are named.
 */
export function blame(faults: ReadonlyMap<ShareIndex, Fault>, round: string): void {
  const all = [...faults].sort(([a], [b]) => a - b);
  const burns = all.filter(([, found]) => found.consequence === "burn");
  const ranked = burns.length > 0 ? burns : all;
  const first = ranked[0]?.[1];
  if (first === undefined) return;
  const culprits = ranked.filter(([, found]) => found.code === first.code || first.consequence === "burn").map(([from]) => from);
  throw accusation(culprits, first, round);
}

/** The error that names senders who failed alike. */
export const accusation = (culprits: readonly ShareIndex[], { code, what, consequence }: Fault, round: string): CovaultError =>
  new CovaultError(code, `Party ${culprits.join(", ")} ${what}.`, {
    facts: { round, culprits: culprits.join(", ") },
    culprits,
    consequence,
  });

/**
 * Throws a failure that is nobody's fault, since a third party can cause it. The parties that
 * differ go into the facts only.
 */
export function differ(
  code: "mpc/echo-mismatch" | "mpc/confirmation-mismatch",
  who: readonly ShareIndex[],
  round: string,
  what: string,
): void {
  if (who.length > 0) throw new CovaultError(code, what, { facts: { round, "differs at": who.join(", ") } });
}

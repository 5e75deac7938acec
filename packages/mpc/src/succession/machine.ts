// A succession as a machine runs the three rounds of key generation, with what each dealer has to
// deal.
import { type DkgOutput, dkgMachine, type Family, restoreDkg, type Share } from "../dkg/index.ts";
import type { Machine } from "../protocol/index.ts";
import { dealtConstant, type Succession, successionContext } from "./context.ts";

/**
 * Makes the machine of a succession. `own` is as in a key generation, and a dealer needs none.
 * Throws `mpc/bad-setup` and `mpc/bad-share-record`.
 */
export function succession<Made extends Share, Given>(
  family: Family<Made>,
  setup: Succession<Made>,
  own: Uint8Array | undefined,
  output: (made: DkgOutput<Made>) => Given,
): Machine<Given> {
  const context = successionContext(family, setup);
  return dkgMachine(family, context, { constant: dealtConstant(family, setup), own }, output);
}

/**
 * Restores the machine of a succession. The share is not opened again, since what it deals stands
 * in the stored round.
 */
export function restoreSuccession<Made extends Share, Given>(
  family: Family<Made>,
  setup: Succession<Made>,
  snapshot: Uint8Array,
  output: (made: DkgOutput<Made>) => Given,
): Machine<Given> {
  return restoreDkg(family, successionContext(family, setup), snapshot, output);
}

// Two dealers with one polynomial are two machines with one state of their random generators
// (dkls23-spec 0.6), and each would have the other's key. A dealer commits before it sees another's
// polynomial, so no peer can put an honest dealer into this place.
import { constantTimeEqual } from "../kernel/equal.ts";
import { type Fault, fault } from "../protocol/blame.ts";
import type { ShareIndex } from "../protocol/share-index.ts";
import type { DkgContext } from "./context.ts";

/**
 * Names every dealer whose commitments another dealer has as well. `commitmentsOf` gives f as it
 * was sent.
 */
export function equalDealers({ dealers }: DkgContext, commitmentsOf: (dealer: ShareIndex) => Uint8Array): ReadonlyMap<ShareIndex, Fault> {
  const twice = dealers.filter((j) => dealers.some((other) => other !== j && constantTimeEqual(commitmentsOf(j), commitmentsOf(other))));
  return new Map(twice.map((j) => [j, fault("mpc/equal-dealers", "drew the same polynomial: their random generators have one state")]));
}

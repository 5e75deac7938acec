// These are the two rounds' messages of a repair, field by field in the order of dkls23-spec 7.2.
// Every member has a message of every other in every round. All fields have length zero where the
// text has nothing to say to somebody.
import type { Fields, Layout } from "../protocol/encoding/layout.ts";
import type { ShareIndex } from "../protocol/index.ts";
import type { RepairContext } from "./setup.ts";

/**
 * `D` has the D_{i,j} of a helper's row as they travel, j in H ascending. `delta` is delta_{i,j},
 * to helper j alone.
 */
export type Round1Message = Fields<"D" | "delta">;
/**
 * `sigma` is what a helper got of all rows, and `e` is the digest of all rows as it saw them. Both
 * go to the receiver alone.
 */
export type Round2Message = Fields<"sigma" | "e">;

type Roles = Pick<RepairContext, "helpers" | "receiver" | "suite">;

export function round1Layout({ helpers, suite }: Roles, from: ShareIndex, to: ShareIndex): Layout<keyof Round1Message> {
  if (!helpers.includes(from)) return { D: 0, delta: 0 };
  return { D: suite.group.wireBytes * helpers.length, delta: helpers.includes(to) ? 32 : 0 };
}

export function round2Layout({ receiver }: Roles, _from: ShareIndex, to: ShareIndex): Layout<keyof Round2Message> {
  return to === receiver ? { sigma: 32, e: 32 } : { sigma: 0, e: 0 };
}

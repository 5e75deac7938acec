// The gadget vector g_j = THs(gadget, u16 j) consists of global constants (dkls23-spec 1).
import { THs, u16 } from "../../kernel/hash.ts";
import type { Scalar } from "../../kernel/scalar.ts";
import { balancedLimbs } from "../../kernel/scalar-limbs.ts";
import { XI } from "./parameters.ts";

let limbs: Float64Array | undefined;

export function gadget(j: number): Scalar {
  return THs("gadget", u16(j));
}

/** Gives the balanced limbs of g_j at 11 j. They are made at their first use. */
export function gadgetLimbs(): Float64Array {
  if (limbs === undefined) {
    limbs = new Float64Array(11 * XI);
    for (let j = 0; j < XI; j++) balancedLimbs(limbs, 11 * j, gadget(j), 0);
  }
  return limbs;
}

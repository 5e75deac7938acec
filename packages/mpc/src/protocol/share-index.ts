// A share index says where in a key a party stands: it is the Shamir evaluation point (dkls23-spec
// 0.2, "party id").
import { CovaultError } from "@covault/errors";
import { index, list } from "./encoding/inputs.ts";

declare const brand: unique symbol;

/**
 * The Shamir point of a share, 1..65535. It is never an array position. The party that holds the
 * share has a `PartyId`.
 */
export type ShareIndex = number & { readonly [brand]: "ShareIndex" };

/** Checks and brands a number. Throws `mpc/bad-setup`. */
export const shareIndex = (value: number): ShareIndex => index(value, "share index");

/** Checks that the indices are in range, distinct and ascending. Throws `mpc/bad-setup`. */
export function ascending(values: readonly number[], name = "share indices"): readonly ShareIndex[] {
  const checked = list(index)(values, name);
  for (let k = 1; k < checked.length; k++)
    if ((checked[k] as number) <= (checked[k - 1] as number))
      throw new CovaultError("mpc/bad-setup", `${name}: expected distinct ascending share indices, got ${checked.join(", ")}`);
  return checked;
}

// The three rounds' messages, as in dkls23-spec section 2 without what OT needs. An absent field has length zero.

import { deals, receives } from "../../protocol/dkg/context.ts";
import type { Fields, Layout } from "../../protocol/encoding/layout.ts";
import type { ShareIndex } from "../../protocol/index.ts";
import type { FrostDkgContext } from "./context.ts";

/** `com`: commitment to f, cc, rho. */
export type Round1Message = Fields<"com">;
/** `f`: the coefficients' elements as they travel. `cc`: chain-code contribution. `pok`: R as it travels, s. `share`: f_i(j). */
export type Round2Message = Fields<"h1" | "f" | "cc" | "rho" | "pok" | "share">;
export type Round3Message = Fields<"h2">;

export const round1Layout = (): Layout<keyof Round1Message> => ({ com: 32 });

export function round2Layout(context: FrostDkgContext, from: ShareIndex, to: ShareIndex): Layout<keyof Round2Message> {
  const { elementBytes } = context.suite.group;
  const dealer = deals(context, from);
  return {
    h1: 32,
    f: dealer ? elementBytes * context.threshold : 0,
    cc: 32,
    rho: 32,
    pok: dealer ? elementBytes + 32 : 0,
    share: dealer && receives(context, to) ? 32 : 0,
  };
}

export const round3Layout = (): Layout<keyof Round3Message> => ({ h2: 32 });

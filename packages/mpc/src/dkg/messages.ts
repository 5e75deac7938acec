// The messages of the three rounds, field by field in the order of the tables of dkls23-spec
// section 2. An absent field has length zero.
import type { Fields, Layout } from "../protocol/encoding/layout.ts";
import type { ShareIndex } from "../protocol/index.ts";
import { type DkgContext, deals, receives } from "./context.ts";
import { isSender, paired } from "./pairing.ts";

/**
 * `com` is the commitment to f, cc and rho. The base OT of a pair adds `a`, which is A from S, and
 * `list`, which is Rlist from R.
 */
export type Round1Message = Fields<"com" | "a" | "list">;
/**
 * `f` has the coefficients' elements as they travel. `cc` is the chain-code contribution. `pok` is
 * R as it travels, then s. `share` is f_i(j). A pair adds `zs`, half of the zero seed, and `U`,
 * `x`, `t`, the OT reversal from S.
 */
export type Round2Message = Fields<"h1" | "f" | "cc" | "rho" | "pok" | "share" | "zs" | "U" | "x" | "t">;
/** `kc` is the key confirmation of the pair. */
export type Round3Message = Fields<"h2" | "kc">;

export function round1Layout(context: DkgContext, from: ShareIndex, to: ShareIndex): Layout<keyof Round1Message> {
  const pair = paired(context, from, to);
  return { com: 32, a: pair && isSender(from, to) ? 64 : 0, list: pair && !isSender(from, to) ? 16_384 : 0 };
}

export function round2Layout(context: DkgContext, from: ShareIndex, to: ShareIndex): Layout<keyof Round2Message> {
  const { wireBytes } = context.suite.group;
  const dealer = deals(context, from);
  const pair = paired(context, from, to);
  const reversal = pair && isSender(from, to);
  return {
    h1: 32,
    f: dealer ? wireBytes * context.threshold : 0,
    cc: 32,
    rho: 32,
    pok: dealer ? wireBytes + 32 : 0,
    share: dealer && receives(context, to) ? 32 : 0,
    zs: pair ? 32 : 0,
    U: reversal ? 4096 : 0,
    x: reversal ? 16 : 0,
    t: reversal ? 2048 : 0,
  };
}

export function round3Layout(context: DkgContext, from: ShareIndex, to: ShareIndex): Layout<keyof Round3Message> {
  return { h2: 32, kc: paired(context, from, to) ? 32 : 0 };
}

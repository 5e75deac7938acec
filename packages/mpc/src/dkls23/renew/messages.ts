// The messages of the three rounds of a renewal, field by field in the order of the table of
// dkls23-spec 7.1. A field that its sender does not have in this pair has length zero.
import { isSender } from "../../dkg/pairing.ts";
import type { Fields, Layout } from "../../protocol/encoding/layout.ts";
import type { ShareIndex } from "../../protocol/index.ts";

/** `com`: commitment to rho. Of the base OT: `a` = A from S, `list` = Rlist from R. */
export type Round1Message = Fields<"com" | "a" | "list">;
/** `zs`: half of the zero seed. `U`, `x`, `t`: the OT reversal, from S. */
export type Round2Message = Fields<"h1" | "rho" | "zs" | "U" | "x" | "t">;
/** `kc`: key confirmation of the pair. */
export type Round3Message = Fields<"h2" | "kc">;

export function round1Layout(from: ShareIndex, to: ShareIndex): Layout<keyof Round1Message> {
  const sends = isSender(from, to);
  return { com: 32, a: sends ? 64 : 0, list: sends ? 0 : 16_384 };
}

export function round2Layout(from: ShareIndex, to: ShareIndex): Layout<keyof Round2Message> {
  const sends = isSender(from, to);
  return { h1: 32, rho: 32, zs: 32, U: sends ? 4096 : 0, x: sends ? 16 : 0, t: sends ? 2048 : 0 };
}

export const round3Layout = (): Layout<keyof Round3Message> => ({ h2: 32, kc: 32 });

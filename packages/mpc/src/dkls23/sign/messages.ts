// The messages of the three rounds of a signature stand here in the order of the tables of
// dkls23-spec section 6. The context field of round 1 is the header's session id.
import type { Fields, Layout } from "../../protocol/encoding/layout.ts";
import { extensionBytes, RVOLE_AT_BYTES, XI } from "../ot/index.ts";

/** `com` is the commitment to R. `U`, `x` and `t` are the OT extension, with the sender as Bob. */
export type Round1Message = Fields<"com" | "U" | "x" | "t">;
/**
 * `pk` is sk_i G. `gu` and `gv` are Gamma^u and Gamma^v. `psi` is phi - chi. `at`, `eta` and `mu`
 * are the multiplication, with the sender as Alice.
 */
export type Round2Message = Fields<"h1" | "R" | "rho" | "pk" | "gu" | "gv" | "psi" | "at" | "eta" | "mu">;
export type Round3Message = Fields<"w" | "u">;

export const round1Layout: Layout<keyof Round1Message> = { com: 32, U: extensionBytes(XI), x: 16, t: 2048 };
export const round2Layout: Layout<keyof Round2Message> = {
  h1: 32,
  R: 64,
  rho: 32,
  pk: 64,
  gu: 64,
  gv: 64,
  psi: 32,
  at: RVOLE_AT_BYTES,
  eta: 32,
  mu: 32,
};
export const round3Layout: Layout<keyof Round3Message> = { w: 32, u: 32 };

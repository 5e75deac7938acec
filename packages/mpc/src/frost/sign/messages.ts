// This file has the messages of the two rounds of a signature.
import type { Fields, Layout } from "../../protocol/encoding/layout.ts";
import type { Suite } from "../suite/index.ts";

/** `hiding` and `binding` are D_i and E_i as they travel. */
export type Round1Message = Fields<"hiding" | "binding">;
/** `h1` is the digest of all signers' round 1. `z` is the signature share. */
export type Round2Message = Fields<"h1" | "z">;

export function round1Layout({ group }: Suite): Layout<keyof Round1Message> {
  return { hiding: group.wireBytes, binding: group.wireBytes };
}

export const round2Layout: Layout<keyof Round2Message> = { h1: 32, z: 32 };

// The gadget vector g_j = THs(gadget, u16 j), global constants (dkls23-spec 1).
import { THs, u16 } from "../../kernel/hash.ts";
import type { Scalar } from "../../kernel/scalar.ts";
import { XI } from "./parameters.ts";

let vector: readonly Scalar[] | undefined;

export function gadget(): readonly Scalar[] {
  vector ??= Array.from({ length: XI }, (_, j) => THs("gadget", u16(j)));
  return vector;
}

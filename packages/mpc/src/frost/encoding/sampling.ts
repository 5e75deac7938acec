// Uniform scalars from a round's tape.
import type { Tape } from "../../kernel/random.ts";
import type { Group, Scalar } from "../suite/index.ts";

/** From 64 bytes: the bias is below 2^-250. */
export function nonzeroScalar(group: Group, tape: Tape): Scalar {
  for (;;) {
    const drawn = tape.bytes(64);
    const k = group.reduce(drawn);
    drawn.fill(0);
    if (!group.isZero(k)) return k;
  }
}

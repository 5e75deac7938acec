// In a reshare other holders, under another threshold, get shares of the same key (dkls23-spec
// section 7). Removed holders lose their power only if at least n_old - t_old + 1 old shares are
// really erased.
import type { Family, Share } from "../dkg/index.ts";
import { fields, index, integer, list } from "../protocol/encoding/inputs.ts";
import type { ShareIndex } from "../protocol/index.ts";
import { type Common, common, type Mine, mineOf, type Succession } from "./context.ts";

export interface ReshareSetup<Made extends Share> extends Common {
  /** An old holder's share, or what a new holder knows of the key. */
  readonly mine: Mine<Made>;
  /** At least t_old old holders. */
  readonly dealers: readonly ShareIndex[];
  /** The new holders. An index is never given to another party. */
  readonly receivers: readonly ShareIndex[];
  /** t', 2..receivers. */
  readonly threshold: number;
}

/** Reads a reshare as a succession. Throws `mpc/bad-setup`. */
export function reshareOf<Made extends Share>(family: Family<Made>, setup: ReshareSetup<Made>): Succession<Made> {
  const read = fields<ReshareSetup<Made>>({ mine: mineOf(family), ...common, receivers: list(index), threshold: integer(2, 65_535) });
  return { kind: "reshare", ...read(setup, "") };
}

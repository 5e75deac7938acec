// In a refresh the same holders get new shares, new pairs and a new epoch of the same key
// (dkls23-spec section 7). It ends burns, and makes every older share worthless once t of them are
// erased.
import { type Family, holdersOf, type Share } from "../dkg/index.ts";
import { fields, index, list, optional } from "../protocol/encoding/inputs.ts";
import type { ShareIndex } from "../protocol/index.ts";
import { type Common, common, type Succession } from "./context.ts";

export interface RefreshSetup<Made extends Share> extends Common {
  /** This party's share, with or without pairs. */
  readonly share: Made;
  /** At least t holders. Default: all holders. */
  readonly dealers?: readonly ShareIndex[];
}

/** Reads a refresh as a succession. Throws `mpc/bad-setup`. */
export function refreshOf<Made extends Share>({ readShare }: Family<Made>, setup: RefreshSetup<Made>): Succession<Made> {
  const read = fields<RefreshSetup<Share>>({ share: readShare, ...common, dealers: optional(list(index)) });
  const { share, dealers, ...rest } = read(setup, "") as RefreshSetup<Made>;
  const receivers = holdersOf(share.record);
  return { kind: "refresh", ...rest, mine: share, dealers: dealers ?? receivers, receivers, threshold: share.record.threshold };
}

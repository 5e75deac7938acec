// In a recovery a holder that lost its share gets a new one, at the same index, with help of at
// least t others. The share of every holder changes (dkls23-spec section 7). The intent has to show
// that the recovered party is the one that it claims to be.
import { type Family, holdersOf, type Share } from "../dkg/index.ts";
import { fields } from "../protocol/encoding/inputs.ts";
import type { ShareIndex } from "../protocol/index.ts";
import { type Common, common, knownTo, type Mine, mineOf, type Succession } from "./context.ts";

export interface RecoverySetup<Made extends Share> extends Common {
  /** A helper's share, or what the recovered party knows of the key. */
  readonly mine: Mine<Made>;
  /** At least t holders that have their shares. */
  readonly dealers: readonly ShareIndex[];
}

/** Reads a recovery as a succession. Throws `mpc/bad-setup`. */
export function recoveryOf<Made extends Share>(family: Family<Made>, given: RecoverySetup<Made>): Succession<Made> {
  const setup = fields<RecoverySetup<Made>>({ mine: mineOf(family), ...common })(given, "");
  const { key } = knownTo(setup.mine);
  return { kind: "recovery", ...setup, receivers: holdersOf(key), threshold: key.threshold };
}

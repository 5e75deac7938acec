// Reshare: other holders, another threshold, the same key (dkls23-spec section 7). Removed holders lose their power only if at least
// n_old - t_old + 1 old shares are really erased.

import type { Member } from "../../protocol/dkg/members.ts";
import { fields, index, integer, list } from "../../protocol/encoding/inputs.ts";
import type { Machine, ShareIndex } from "../../protocol/index.ts";
import type { KeyShare } from "../encoding/key-share.ts";
import type { DkgOutput } from "../keygen/finish.ts";
import { dkgMachine, restoreDkg } from "../keygen/machine.ts";
import { common, dealtConstant, type Newcomer, type Succession, successionContext } from "../succession/context.ts";

export interface ReshareSetup {
  /** An old holder's share; of a new one, what it knows of the key. */
  readonly mine: KeyShare | Newcomer;
  /** All dealers and receivers, ascending. */
  readonly members: readonly Member[];
  /** At least t_old old holders. */
  readonly dealers: readonly ShareIndex[];
  /** The new holders. An index is never given to another party. */
  readonly receivers: readonly ShareIndex[];
  /** t', 2..receivers. */
  readonly threshold: number;
  /** `sessionNonce`, 32 bytes. */
  readonly nonce: Uint8Array;
  /** Of the epoch to come, from the intent: above that of every run that the key ever had, also of those that failed. u32. */
  readonly epochNumber: number;
}

const readSetup = fields<ReshareSetup>({ ...common, receivers: list(index), threshold: integer(2, 65_535) });
const successionOf = (setup: ReshareSetup): Succession => ({ kind: "reshare", ...readSetup(setup, "") });

/**
 * 3 rounds. `share` is undefined for a dealer that leaves: it keeps its old one until it holds the commit certificate. `own`: as of a key
 * generation; a dealer needs none. Throws `mpc/bad-setup`, `mpc/bad-share-record`.
 */
export function reshareMachine(setup: ReshareSetup, own?: Uint8Array): Machine<DkgOutput> {
  const succession = successionOf(setup);
  const context = successionContext(succession);
  return dkgMachine(context, { constant: dealtConstant(succession), own }, (output) => output);
}

/** As `restoreKeygen`. */
export function restoreReshare(setup: ReshareSetup, snapshot: Uint8Array): Machine<DkgOutput> {
  return restoreDkg(successionContext(successionOf(setup)), snapshot, (output) => output);
}

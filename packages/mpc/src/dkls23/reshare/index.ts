// Reshare: other holders, another threshold, the same key (dkls23-spec section 7). Removed holders lose their power only if at least
// n_old - t_old + 1 old shares are really erased.

import type { Member } from "../../protocol/dkg/members.ts";
import type { Machine, ShareIndex } from "../../protocol/index.ts";
import type { KeyShare } from "../encoding/key-share.ts";
import type { DkgOutput } from "../keygen/finish.ts";
import { dkgMachine, restoreDkg } from "../keygen/machine.ts";
import { type Newcomer, successionContext } from "../succession/context.ts";

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
}

/** 3 rounds. `share` is undefined for a dealer that leaves: it keeps its old one until it holds the commit certificate. Throws `mpc/bad-setup`. */
export function reshareMachine(setup: ReshareSetup): Machine<DkgOutput> {
  const { context, constant } = successionContext({ kind: "reshare", ...setup });
  return dkgMachine(context, constant, (output) => output);
}

/** As `restoreKeygen`. */
export function restoreReshare(setup: ReshareSetup, snapshot: Uint8Array): Machine<DkgOutput> {
  return restoreDkg(successionContext({ kind: "reshare", ...setup }).context, snapshot, (output) => output);
}

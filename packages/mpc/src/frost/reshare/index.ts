// Reshare: other holders, another threshold, the same key. Removed holders lose their power only if at least n_old - t_old + 1 old shares are
// really erased.
import type { Member } from "../../protocol/dkg/members.ts";
import type { Machine, ShareIndex } from "../../protocol/index.ts";
import type { FrostKeyShare } from "../encoding/key-share.ts";
import type { FrostDkgOutput } from "../keygen/index.ts";
import { dkgMachine, restoreDkg } from "../keygen/machine.ts";
import { type FrostNewcomer, successionContext } from "../succession/index.ts";

export interface FrostReshareSetup {
  /** An old holder's share; of a new one, what it knows of the key. */
  readonly mine: FrostKeyShare | FrostNewcomer;
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
export function frostReshareMachine(setup: FrostReshareSetup): Machine<FrostDkgOutput> {
  const { context, constant } = successionContext({ kind: "reshare", ...setup });
  return dkgMachine(context, constant, (output) => output);
}

/** As `restoreFrostKeygen`. */
export function restoreFrostReshare(setup: FrostReshareSetup, snapshot: Uint8Array): Machine<FrostDkgOutput> {
  return restoreDkg(successionContext({ kind: "reshare", ...setup }).context, snapshot, (output) => output);
}

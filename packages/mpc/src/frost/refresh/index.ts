// Refresh: the same holders get new shares and a new epoch of the same key, which makes every older share worthless once t of them are erased.
import type { Member } from "../../protocol/dkg/members.ts";
import type { Machine, ShareIndex } from "../../protocol/index.ts";
import { checkKeyShare } from "../../protocol/key-share.ts";
import { type FrostKeyShare, holdersOf } from "../encoding/key-share.ts";
import { type FrostKeygenOutput, withShare } from "../keygen/index.ts";
import { dkgMachine, restoreDkg } from "../keygen/machine.ts";
import { successionContext } from "../succession/index.ts";

export interface FrostRefreshSetup {
  readonly share: FrostKeyShare;
  /** All holders, ascending. */
  readonly members: readonly Member[];
  /** At least t holders; all, if not given. */
  readonly dealers?: readonly ShareIndex[];
  /** `sessionNonce`, 32 bytes. */
  readonly nonce: Uint8Array;
}

const contextOf = ({ share, members, dealers, nonce }: FrostRefreshSetup) => {
  checkKeyShare(share, "FROST");
  const holders = holdersOf(share.record);
  const { threshold } = share.record;
  return successionContext({ kind: "refresh", mine: share, members, dealers: dealers ?? holders, receivers: holders, threshold, nonce });
};

/** 3 rounds. The new share is staged until the commit certificate; the old one signs until then. Throws `mpc/bad-setup`. */
export function frostRefreshMachine(setup: FrostRefreshSetup): Machine<FrostKeygenOutput> {
  const { context, constant } = contextOf(setup);
  return dkgMachine(context, constant, withShare);
}

/** As `restoreFrostKeygen`. */
export function restoreFrostRefresh(setup: FrostRefreshSetup, snapshot: Uint8Array): Machine<FrostKeygenOutput> {
  return restoreDkg(contextOf(setup).context, snapshot, withShare);
}

// Refresh: the same holders get new shares, new pairs and a new epoch of the same key (dkls23-spec section 7). Ends burns, and makes every
// older share worthless once t of them are erased.

import type { Member } from "../../protocol/dkg/members.ts";
import type { Machine, ShareIndex } from "../../protocol/index.ts";
import { checkKeyShare } from "../../protocol/key-share.ts";
import { holdersOf, type KeyShare } from "../encoding/key-share.ts";
import { type KeygenOutput, withShare } from "../keygen/index.ts";
import { dkgMachine, restoreDkg } from "../keygen/machine.ts";
import { successionContext } from "../succession/context.ts";

export interface RefreshSetup {
  /** With or without pairs. */
  readonly share: KeyShare;
  /** All holders, ascending. */
  readonly members: readonly Member[];
  /** At least t holders; all, if not given. */
  readonly dealers?: readonly ShareIndex[];
  /** `sessionNonce`, 32 bytes. */
  readonly nonce: Uint8Array;
}

const contextOf = ({ share, members, dealers, nonce }: RefreshSetup) => {
  checkKeyShare(share, "DKLs23");
  const holders = holdersOf(share.record);
  const { threshold } = share.record;
  return successionContext({ kind: "refresh", mine: share, members, dealers: dealers ?? holders, receivers: holders, threshold, nonce });
};

/** 3 rounds. The new share is staged until the commit certificate (section 7); the old one signs until then. Throws `mpc/bad-setup`. */
export function refreshMachine(setup: RefreshSetup): Machine<KeygenOutput> {
  const { context, constant } = contextOf(setup);
  return dkgMachine(context, constant, withShare);
}

/** As `restoreKeygen`. */
export function restoreRefresh(setup: RefreshSetup, snapshot: Uint8Array): Machine<KeygenOutput> {
  return restoreDkg(contextOf(setup).context, snapshot, withShare);
}

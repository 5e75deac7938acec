// Refresh: the same holders get new shares, new pairs and a new epoch of the same key (dkls23-spec section 7). Ends burns, and makes every
// older share worthless once t of them are erased.

import type { Member } from "../../protocol/dkg/members.ts";
import { fields, index, list, optional } from "../../protocol/encoding/inputs.ts";
import type { Machine, ShareIndex } from "../../protocol/index.ts";
import { readShare } from "../encoding/inputs.ts";
import { holdersOf, type KeyShare } from "../encoding/key-share.ts";
import { type KeygenOutput, withShare } from "../keygen/index.ts";
import { dkgMachine, restoreDkg } from "../keygen/machine.ts";
import { common, dealtConstant, type Succession, successionContext } from "../succession/context.ts";

export interface RefreshSetup {
  /** With or without pairs. */
  readonly share: KeyShare;
  /** All holders, ascending. */
  readonly members: readonly Member[];
  /** At least t holders; all, if not given. */
  readonly dealers?: readonly ShareIndex[];
  /** `sessionNonce`, 32 bytes. */
  readonly nonce: Uint8Array;
  /** Of the epoch to come, from the intent: above that of every run that the key ever had, also of those that failed. u32. */
  readonly epochNumber: number;
}

const { members, nonce, epochNumber } = common;
const readSetup = fields<RefreshSetup>({ share: readShare, members, dealers: optional(list(index)), nonce, epochNumber });

function successionOf(setup: RefreshSetup): Succession {
  const { share, members, dealers, nonce, epochNumber } = readSetup(setup, "");
  const receivers = holdersOf(share.record);
  const { threshold } = share.record;
  return { kind: "refresh", mine: share, members, dealers: dealers ?? receivers, receivers, threshold, nonce, epochNumber };
}

/**
 * 3 rounds. The new share is staged until the commit certificate (section 7); the old one signs until then. `own`: as of a key generation; a dealer
 * needs none. Throws `mpc/bad-setup`, `mpc/bad-share-record`.
 */
export function refreshMachine(setup: RefreshSetup, own?: Uint8Array): Machine<KeygenOutput> {
  const succession = successionOf(setup);
  const context = successionContext(succession);
  return dkgMachine(context, { constant: dealtConstant(succession), own }, withShare);
}

/** As `restoreKeygen`. */
export function restoreRefresh(setup: RefreshSetup, snapshot: Uint8Array): Machine<KeygenOutput> {
  return restoreDkg(successionContext(successionOf(setup)), snapshot, withShare);
}

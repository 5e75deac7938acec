// Refresh: the same holders get new shares and a new epoch of the same key, which makes every older share worthless once t of them are erased.
import type { Member } from "../../protocol/dkg/members.ts";
import { fields, index, list, optional } from "../../protocol/encoding/inputs.ts";
import type { Machine, ShareIndex } from "../../protocol/index.ts";
import { readFrostShare } from "../encoding/inputs.ts";
import { type FrostKeyShare, holdersOf } from "../encoding/key-share.ts";
import { type FrostKeygenOutput, withShare } from "../keygen/index.ts";
import { dkgMachine, restoreDkg } from "../keygen/machine.ts";
import { common, dealtConstant, type Succession, successionContext } from "../succession/index.ts";

export interface FrostRefreshSetup {
  readonly share: FrostKeyShare;
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
const readSetup = fields<FrostRefreshSetup>({ share: readFrostShare, members, dealers: optional(list(index)), nonce, epochNumber });

function successionOf(setup: FrostRefreshSetup): Succession {
  const { share, members, dealers, nonce, epochNumber } = readSetup(setup, "");
  const receivers = holdersOf(share.record);
  const { threshold } = share.record;
  return { kind: "refresh", mine: share, members, dealers: dealers ?? receivers, receivers, threshold, nonce, epochNumber };
}

/**
 * 3 rounds. The new share is staged until the commit certificate; the old one signs until then. `own`: as of a key generation; a dealer
 * needs none. Throws `mpc/bad-setup`, `mpc/bad-share-record`.
 */
export function frostRefreshMachine(setup: FrostRefreshSetup, own?: Uint8Array): Machine<FrostKeygenOutput> {
  const succession = successionOf(setup);
  const context = successionContext(succession);
  return dkgMachine(context, { constant: dealtConstant(succession), own }, withShare);
}

/** As `restoreFrostKeygen`. */
export function restoreFrostRefresh(setup: FrostRefreshSetup, snapshot: Uint8Array): Machine<FrostKeygenOutput> {
  return restoreDkg(successionContext(successionOf(setup)), snapshot, withShare);
}

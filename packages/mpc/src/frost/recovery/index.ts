// Recovery: a holder that lost its share gets a new one at the same index with help of at least t others; everybody's share changes. That the
// recovered party is who it says it is, is the intent's business.
import type { Member } from "../../protocol/dkg/members.ts";
import type { Machine, ShareIndex } from "../../protocol/index.ts";
import { type FrostKeyShare, holdersOf } from "../encoding/key-share.ts";
import { type FrostKeygenOutput, withShare } from "../keygen/index.ts";
import { dkgMachine, restoreDkg } from "../keygen/machine.ts";
import { type FrostNewcomer, successionContext } from "../succession/index.ts";

export interface FrostRecoverySetup {
  /** A helper's share; of the recovered party, what it knows of the key. */
  readonly mine: FrostKeyShare | FrostNewcomer;
  /** All holders, ascending, the recovered one with its new identity key. */
  readonly members: readonly Member[];
  /** At least t holders that have their shares. */
  readonly dealers: readonly ShareIndex[];
  /** `sessionNonce`, 32 bytes. */
  readonly nonce: Uint8Array;
}

const contextOf = (setup: FrostRecoverySetup) => {
  const key = "record" in setup.mine ? setup.mine.record : setup.mine.key;
  return successionContext({ kind: "recovery", ...setup, receivers: holdersOf(key), threshold: key.threshold });
};

/** 3 rounds, as a refresh. Throws `mpc/bad-setup`. */
export function frostRecoveryMachine(setup: FrostRecoverySetup): Machine<FrostKeygenOutput> {
  const { context, constant } = contextOf(setup);
  return dkgMachine(context, constant, withShare);
}

/** As `restoreFrostKeygen`. */
export function restoreFrostRecovery(setup: FrostRecoverySetup, snapshot: Uint8Array): Machine<FrostKeygenOutput> {
  return restoreDkg(contextOf(setup).context, snapshot, withShare);
}

// Recovery: a holder that lost its share gets a new one at the same index with help of at least t others; everybody's share changes. That the
// recovered party is who it says it is, is the intent's business.
import type { Member } from "../../protocol/dkg/members.ts";
import { fields } from "../../protocol/encoding/inputs.ts";
import type { Machine, ShareIndex } from "../../protocol/index.ts";
import { type FrostKeyShare, holdersOf } from "../encoding/key-share.ts";
import { type FrostKeygenOutput, withShare } from "../keygen/index.ts";
import { dkgMachine, restoreDkg } from "../keygen/machine.ts";
import { common, dealtConstant, type FrostNewcomer, type Succession, successionContext } from "../succession/index.ts";

export interface FrostRecoverySetup {
  /** A helper's share; of the recovered party, what it knows of the key. */
  readonly mine: FrostKeyShare | FrostNewcomer;
  /** All holders, ascending, the recovered one with its new identity key. */
  readonly members: readonly Member[];
  /** At least t holders that have their shares. */
  readonly dealers: readonly ShareIndex[];
  /** `sessionNonce`, 32 bytes. */
  readonly nonce: Uint8Array;
  /** Of the epoch to come, from the intent: above that of every run that the key ever had, also of those that failed. u32. */
  readonly epochNumber: number;
}

const readSetup = fields<FrostRecoverySetup>(common);

function successionOf(given: FrostRecoverySetup): Succession {
  const setup = readSetup(given, "");
  const key = "record" in setup.mine ? setup.mine.record : setup.mine.key;
  return { kind: "recovery", ...setup, receivers: holdersOf(key), threshold: key.threshold };
}

/**
 * 3 rounds, as a refresh. `own`: as of a key generation; a dealer needs none. Throws `mpc/bad-setup`, `mpc/bad-share-record`.
 */
export function frostRecoveryMachine(setup: FrostRecoverySetup, own?: Uint8Array): Machine<FrostKeygenOutput> {
  const succession = successionOf(setup);
  const context = successionContext(succession);
  return dkgMachine(context, { constant: dealtConstant(succession), own }, withShare);
}

/** As `restoreFrostKeygen`. */
export function restoreFrostRecovery(setup: FrostRecoverySetup, snapshot: Uint8Array): Machine<FrostKeygenOutput> {
  return restoreDkg(successionContext(successionOf(setup)), snapshot, withShare);
}

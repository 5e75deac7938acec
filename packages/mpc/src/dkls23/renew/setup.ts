// What the renewal of one pair is about is checked before round 1 (dkls23-spec 0.4, 7.1). Two
// holders of one epoch make their OT state and zero seed anew, without the others. Shares, key and
// epoch stay.
import { CovaultError } from "@covault/errors";
import { holdersOf, type KeyRecord, type Member, memberIndices, readMembers, runSid } from "../../dkg/index.ts";
import type { Seat } from "../../dkg/pairing.ts";
import { u16, u32 } from "../../kernel/hash.ts";
import { bytes, fields, integer } from "../../protocol/encoding/inputs.ts";
import type { ShareIndex } from "../../protocol/index.ts";
import { checkPredecessor, epochContext } from "../../succession/index.ts";
import { dkls23 } from "../key-share.ts";
import { LAST_GENERATION } from "../pairs.ts";
import { suite } from "../suite.ts";

/**
 * The setup of a renewal, public. Both ends take all of it from one signed intent, but for
 * `record.self` and `acknowledged`.
 */
export interface RenewalSetup {
  /** This party's record of the committed epoch. */
  readonly record: KeyRecord;
  /** The two ends of the pair, this party and another holder, ascending. */
  readonly members: readonly Member[];
  /** g', 1..16. It is above every generation of this pair that either end has acknowledged. */
  readonly generation: number;
  /** The highest generation of this pair and epoch that this party has acknowledged, 0..16. */
  readonly acknowledged: number;
  /** The id of the pair that is renewed, as the intent says it, 32 bytes. Zeros say it is lost. */
  readonly oldPairId: Uint8Array;
  /** `sessionNonce` of both ends' contributions, 32 bytes. */
  readonly nonce: Uint8Array;
}

/** A checked setup, public. */
export interface RenewalContext extends Seat {
  readonly record: KeyRecord;
  /** g'. */
  readonly generation: number;
}

const readSetup = fields<RenewalSetup>({
  record: dkls23.readRecord,
  members: readMembers,
  generation: integer(1, LAST_GENERATION),
  acknowledged: integer(0, LAST_GENERATION),
  oldPairId: bytes(32),
  nonce: bytes(32),
});

/** Checks a setup. Throws `mpc/bad-setup`. */
export function renewalContext(given: RenewalSetup): RenewalContext {
  const { record, members, generation, acknowledged, oldPairId, nonce } = readSetup(given, "");
  const { self, threshold } = record;
  const bad = (message: string): CovaultError => new CovaultError("mpc/bad-setup", message);
  checkPredecessor(suite, record);
  const pair = memberIndices(members);
  if (pair.length !== 2 || !pair.includes(self))
    throw bad(`members: expected me, party ${self}, and one other holder, got ${pair.join(", ")}`);
  const holders = holdersOf(record);
  const strangers = pair.filter((j) => !holders.includes(j));
  if (strangers.length > 0) throw bad(`members: party ${strangers.join(", ")} holds no share of this key`);
  if (generation <= acknowledged)
    throw bad(`generation: expected one above ${acknowledged}, which this party has acknowledged, got ${generation}`);

  const sid = runSid(suite, {
    ...{ kind: "renewal", nonce, threshold, members, dealers: [], receivers: pair },
    follows: [...epochContext(suite, record), ...pair.map(u16), u32(generation), oldPairId],
  });
  return { sid, self, partner: pair.find((j) => j !== self) as ShareIndex, record, generation };
}

/** Gives both ends, ascending. */
export const endsOf = ({ self, partner }: Seat): readonly [lo: ShareIndex, hi: ShareIndex] =>
  self < partner ? [self, partner] : [partner, self];

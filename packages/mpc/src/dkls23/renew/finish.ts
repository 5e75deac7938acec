// The end of dkls23-spec 7.1: both ends hold the same secrets, and the pair gets its name.
import { constantTimeEqual } from "../../kernel/equal.ts";
import { differ, erase, type Inbox, messageOf, type Once, type ShareIndex } from "../../protocol/index.ts";
import { type Pairs, pairIdOf } from "../pairs.ts";
import type { Round3Message } from "./messages.ts";
import { endsOf } from "./setup.ts";
import type { Round3State } from "./state.ts";

/**
 * What each end of the pair signs with its identity key once the pair is durable (pair/ack of 7.1).
 */
export interface PairAck {
  readonly keyId: Uint8Array;
  readonly epoch: Uint8Array;
  readonly lo: ShareIndex;
  readonly hi: ShareIndex;
  /** g'. */
  readonly generation: number;
  /** 32 bytes, the same at both ends. */
  readonly pairId: Uint8Array;
}

export interface RenewalOutput {
  /**
   * The new pair, as the only one of `partners`, secret. It is to be staged, and is usable only
   * under the acknowledgements of both ends.
   */
  readonly renewed: Pairs;
  readonly ack: PairAck;
}

const round = "renewal, finish";

/**
 * Ends a renewal. Throws `mpc/echo-mismatch` and `mpc/confirmation-mismatch`, for which nobody is
 * to blame.
 */
export function finish(mine: Once<Round3State>, inbox: Inbox<Round3Message>): RenewalOutput {
  return mine.use(({ context, h2, pair, expected }) => {
    const { self, partner, record, generation } = context;
    const message = messageOf(inbox, partner);
    const unless = (same: boolean): readonly ShareIndex[] => (same ? [] : [partner]);
    differ("mpc/echo-mismatch", unless(constantTimeEqual(message.h2, h2)), round, "The two ends saw different values in round 2.");
    const confirmed = constantTimeEqual(message.kc, expected);
    differ("mpc/confirmation-mismatch", unless(confirmed), round, "The pair does not hold the same secrets at both ends.");
    erase(expected);
    const { keyId, epoch } = record;
    const [lo, hi] = endsOf(context);
    const pairId = pairIdOf({ epoch, lo, hi, generation, h2 });
    const partners = new Map([[partner, { ...pair, generation, id: pairId.slice() }]]);
    return { renewed: { keyId, epoch, self, partners }, ack: { keyId: keyId.slice(), epoch: epoch.slice(), lo, hi, generation, pairId } };
  });
}

// Round 3 of dkls23-spec 7.1: check what was opened, and confirm the pair.
import { constantTimeEqual } from "../../kernel/equal.ts";
import { TH, u16 } from "../../kernel/hash.ts";
import { accusation, differ, erase, fault, type Inbox, messageOf, Once, type ShareIndex, type Step } from "../../protocol/index.ts";
import { pairing } from "../pairing.ts";
import type { Round2Message, Round3Message } from "./messages.ts";
import { openingOf } from "./round1.ts";
import { endsOf, type RenewalContext } from "./setup.ts";
import { type Round2State, type Round3State, secretsOf } from "./state.ts";

const round = "renewal, round 3";

/**
 * Runs round 3. Throws, in this order, `mpc/echo-mismatch` (nobody is to blame),
 * `mpc/opening-mismatch` and `mpc/ot-check-failed`. The last one burns nothing, since the OT state
 * goes with the run.
 */
export function round3(mine: Once<Round2State>, inbox: Inbox<Round2Message>): Step<Round3State, Round3Message> {
  return mine.use(({ context, h1, com, rho, zs, cross }, keep) => {
    const { self, partner } = context;
    const message = messageOf(inbox, partner);

    // 1. Both ends saw the same round 1.
    const others = constantTimeEqual(message.h1, h1) ? [] : [partner];
    differ("mpc/echo-mismatch", others, round, "The two ends saw different commitments in round 1, or a message was lost.");

    // 2. It opens what it committed to.
    if (!constantTimeEqual(openingOf(context, partner, message.rho), com))
      throw accusation([partner], fault("mpc/opening-mismatch", "opened another nonce than it committed to"), round);

    // 3. The reversal of the base OT.
    const closed = pairing.close({ ...context, h1, zs: message.zs }, cross, message, keep);
    if (closed === undefined) throw accusation([partner], fault("mpc/ot-check-failed", "failed the check of the OT extension"), round);

    const h2 = digestOf(context, h1, (j) => (j === self ? rho : message.rho));
    const { pair, kc, expected } = pairing.confirm({ ...context, h1, h2, mine: zs, theirs: message.zs }, closed, keep);
    erase(zs);
    const state: Round3State = { round: "renewal/3", context, h2, pair, expected };
    return { next: new Once(state, secretsOf(state)), send: new Map([[partner, { h2, kc }]]) };
  });
}

/** Gives h2 of section 2, for two members that deal nothing. What a dealer opens is empty. */
function digestOf(context: RenewalContext, h1: Uint8Array, rhoOf: (j: ShareIndex) => Uint8Array): Uint8Array {
  const { publicKey, chain, holders } = context.record;
  const none = new Uint8Array(0);
  const ends = endsOf(context);
  const opened = ends.flatMap((j) => [u16(j), none, none, rhoOf(j), none]);
  const shares = holders.filter(({ index }) => ends.includes(index)).flatMap(({ index, publicShare }) => [u16(index), publicShare]);
  return TH("dkg/h2", h1, ...opened, publicKey, chain, ...shares);
}

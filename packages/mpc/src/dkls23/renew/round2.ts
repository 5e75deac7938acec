// Round 2 of dkls23-spec 7.1: open the commitment, end the base OT, and reverse it.
import { TH, u16 } from "../../kernel/hash.ts";
import { withTape } from "../../kernel/random.ts";
import { accusation, erase, fault, type Inbox, messageOf, Once, type Step } from "../../protocol/index.ts";
import { pairing } from "../pairing.ts";
import type { Round1Message, Round2Message } from "./messages.ts";
import { endsOf } from "./setup.ts";
import { type Round1State, type Round2State, secretsOf } from "./state.ts";

/**
 * Runs round 2. Throws `mpc/bad-message` for a point that is none in the base OT, and
 * `mpc/bad-setup` for entropy that is none.
 */
export function round2(mine: Once<Round1State>, inbox: Inbox<Round1Message>, entropy: Uint8Array): Step<Round2State, Round2Message> {
  return mine.use(({ context, rho, com, start }, keep) => {
    const { sid, self, partner, record } = context;
    const message = messageOf(inbox, partner);

    // 1. The echo of both commitments.
    const coms = endsOf(context).flatMap((j) => [u16(j), j === self ? com : message.com]);
    const h1 = TH("dkg/h1", sid, u16(record.threshold), ...coms);

    // 2. Half of the zero seed. The base OT ends, and S runs the reversal under a salt that takes
    // its fresh half. What was received is bound as well, since h1 covers the commitments alone.
    const received = pairing.received(start, message);
    const bound = [sid, u16(self), h1, u16(partner), received];
    const { zs, cross } = withTape({ entropy, secret: rho, bound, label: "dkg/2" }, (tape) => {
      const zs = keep(tape.bytes(32));
      return { zs, cross: pairing.cross({ ...context, h1, zs }, start, received, tape) };
    });
    if (cross === undefined)
      throw accusation([partner], fault("mpc/bad-message", "sent a point of the base OT that is none"), "renewal, round 2");
    pairing.crossed.secrets(cross).forEach(keep);

    erase(...pairing.started.secrets(start));
    const state: Round2State = { round: "renewal/2", context, h1, com: message.com, rho, zs, cross };
    const send = { h1, rho, zs: zs.slice(), ...pairing.reversal(cross) };
    return { next: new Once(state, secretsOf(state)), send: new Map([[partner, send]]) };
  });
}

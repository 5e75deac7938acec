// Round 1 of dkls23-spec 7.1: commit to fresh bytes, and start the base OT of the pair.
import { commitment } from "../../dkg/index.ts";
import { u16 } from "../../kernel/hash.ts";
import { withTape } from "../../kernel/random.ts";
import { Once, type ShareIndex, type Step } from "../../protocol/index.ts";
import { pairing } from "../pairing.ts";
import { suite } from "../suite.ts";
import type { Round1Message } from "./messages.ts";
import type { RenewalContext } from "./setup.ts";
import { type Round1State, secretsOf } from "./state.ts";

/**
 * Runs round 1. `secret` is s_i, be32, and `entropy` is 32 fresh random bytes. Throws
 * `mpc/bad-setup` for entropy that is none.
 */
export function round1(context: RenewalContext, secret: Uint8Array, entropy: Uint8Array): Step<Round1State, Round1Message> {
  const { sid, self, partner } = context;
  return withTape({ entropy, secret, bound: [sid, u16(self)], label: "dkg/1" }, (tape) => {
    // The commitment of section 2, of a party that deals nothing and brings no chain code.
    const rho = tape.bytes(32);
    const com = openingOf(context, self, rho);
    const start = pairing.start(context, tape);
    const state: Round1State = { round: "renewal/1", context, rho, com, start };
    return { next: new Once(state, secretsOf(state)), send: new Map([[partner, { com, ...pairing.opening(start) }]]) };
  });
}

const none = new Uint8Array(0);

/** Gives com_j. */
export const openingOf = ({ sid }: RenewalContext, j: ShareIndex, rho: Uint8Array): Uint8Array =>
  commitment({ suite, sid }, j, { f: none, cc: none, rho });

// Round 2: open the commitment, prove knowledge of the polynomial, deal the shares.
import { concat, u16 } from "../../kernel/bytes.ts";
import { type Tape, withTape } from "../../kernel/random.ts";
import { deals, peersOf, receives } from "../../protocol/dkg/context.ts";
import { erase, type Inbox, messageOf, Once, type Step } from "../../protocol/index.ts";
import { TH } from "../encoding/tags.ts";
import { evaluate } from "../shamir.ts";
import type { Scalar } from "../suite/index.ts";
import type { Round1Message, Round2Message } from "./messages.ts";
import { prove } from "./proof.ts";
import { type Round1State, type Round2State, secretsOf } from "./state.ts";

/** Throws `mpc/bad-setup` for entropy that is none. */
export function round2(mine: Once<Round1State>, inbox: Inbox<Round1Message>, entropy: Uint8Array): Step<Round2State, Round2Message> {
  return mine.use((state, keep) => {
    const { context, f, cc, rho, com } = state;
    const { self, sid, suite, members, receivers } = context;
    const coefficients = state.coefficients as readonly Scalar[];

    // 1. The echo of all commitments: all that this round receives.
    const coms = new Map(members.map((j) => [j, j === self ? com : messageOf(inbox, j).com]));
    const h1 = TH("dkg/h1", sid, u16(context.threshold), ...[...coms].flatMap(([j, each]) => [u16(j), each]));
    const tape = { entropy, secret: keep(concat(...coefficients, rho)), bound: [sid, u16(self), h1], label: "frost/dkg/2" };

    // 2. Proof of knowledge and 3. the shares, dealers only.
    const none = new Uint8Array(0);
    const proof = (drawn: Tape): Uint8Array => prove(suite.group, { h1, dealer: self, f }, coefficients, drawn);
    const pok = withTape(tape, (drawn) => (deals(context, self) ? proof(drawn) : none));
    const shares = new Map(deals(context, self) ? receivers.map((j) => [j, keep(evaluate(suite.group, coefficients, j))] as const) : []);
    const send = new Map(
      peersOf(context).map((j) => [j, { h1, f, cc, rho, pok, share: receives(context, j) ? (shares.get(j) ?? none) : none }]),
    );
    erase(tape.secret, ...coefficients);
    const next: Round2State = { round: "dkg/2", context, h1, coms, f, cc, rho, pok, ownShare: shares.get(self) ?? none };
    return { next: new Once(next, secretsOf(next)), send };
  });
}

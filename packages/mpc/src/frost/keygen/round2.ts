// Round 2: open the commitment, prove knowledge of the polynomial, deal the shares.
import { concat, u16 } from "../../kernel/bytes.ts";
import { Tape } from "../../kernel/random.ts";
import { deals, peersOf, receives } from "../../protocol/dkg/context.ts";
import { erase, type Inbox, messageOf, Once, type Step } from "../../protocol/index.ts";
import { TH } from "../encoding/tags.ts";
import { evaluate } from "../shamir.ts";
import type { Scalar } from "../suite/index.ts";
import type { Round1Message, Round2Message } from "./messages.ts";
import { prove } from "./proof.ts";
import type { Round1State, Round2State } from "./state.ts";

export function round2(mine: Once<Round1State>, inbox: Inbox<Round1Message>, entropy: Uint8Array): Step<Round2State, Round2Message> {
  const { context, coefficients: secrets, f, cc, rho, com } = mine.take();
  const { self, suite, members, receivers } = context;
  const coefficients = secrets as readonly Scalar[];

  // 1. The echo of all commitments.
  const coms = new Map(members.map((j) => [j, j === self ? com : messageOf(inbox, j).com]));
  const h1 = TH("dkg/h1", context.sid, u16(context.threshold), ...[...coms].flatMap(([j, each]) => [u16(j), each]));
  // Bound to what the peers sent: a stored round that is forked, entropy and all, must not prove twice with one nonce.
  const tape = new Tape(entropy, concat(...secrets, rho), h1, "frost/dkg/2");

  // 2. Proof of knowledge and 3. the shares, dealers only.
  const none = new Uint8Array(0);
  const pok = deals(context, self) ? prove(suite.group, { h1, dealer: self, f }, coefficients, tape) : none;
  const shares = new Map(deals(context, self) ? receivers.map((j) => [j, evaluate(suite.group, coefficients, j)] as const) : []);
  const send = new Map(
    peersOf(context).map((j) => [j, { h1, f, cc, rho, pok, share: receives(context, j) ? (shares.get(j) ?? none) : none }]),
  );
  const ownShare = shares.get(self) ?? none;
  erase(...secrets);
  tape.erase();
  return { next: new Once<Round2State>({ round: "dkg/2", context, h1, coms, f, cc, rho, pok, ownShare }), send };
}

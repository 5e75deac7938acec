// Round 2 of dkls23-spec section 2: open the commitment, prove knowledge of the polynomial, deal the shares, reverse the base OT.
import { TH, u16 } from "../../kernel/hash.ts";
import { Tape } from "../../kernel/random.ts";
import * as scalar from "../../kernel/scalar.ts";
import { type DkgContext, deals, peersOf, receives } from "../../protocol/dkg/context.ts";
import { concat } from "../../protocol/encoding/bytes.ts";
import { blame, erase, type Fault, fault, type Inbox, messageOf, Once, type ShareIndex, type Step } from "../../protocol/index.ts";
import { evaluate } from "../shamir.ts";
import type { Round1Message, Round2Message } from "./messages.ts";
import { crossPair, eraseStart, type PairCross } from "./pair.ts";
import { otSid, paired } from "./pairing.ts";
import { prove } from "./proof.ts";
import type { Round1State, Round2State } from "./state.ts";

/** Throws `mpc/bad-message` for a point that is none in the base OT. */
export function round2(mine: Once<Round1State>, inbox: Inbox<Round1Message>, entropy: Uint8Array): Step<Round2State, Round2Message> {
  const { context, coefficients: secrets, f, cc, rho, com, pairs: started } = mine.take();
  const { self } = context;
  const coefficients = secrets.map((a) => scalar.fromBytes(a) as scalar.Scalar);

  // 1. The echo of all commitments.
  const coms = new Map(context.members.map((j) => [j, j === self ? com : messageOf(inbox, j).com]));
  const h1 = echo(context, coms);
  // Bound to what the peers sent: a stored round that is forked, entropy and all, must not prove twice with one nonce.
  const tape = new Tape(entropy, concat([...secrets, rho]), h1, "dkg/2");

  // 2. Proof of knowledge, dealers only.
  const none = new Uint8Array(0);
  const pok = deals(context, self) ? prove({ h1, dealer: self, f }, coefficients, tape) : none;

  // 3. The shares.
  const shares = new Map(deals(context, self) ? context.receivers.map((j) => [j, scalar.toBytes(evaluate(coefficients, j))] as const) : []);

  // 4. The pairs: finish base OT; the sender runs the reversal.
  const pairs = new Map<ShareIndex, PairCross>();
  const faults = new Map<ShareIndex, Fault>();
  for (const [j, start] of started) {
    const { a, list } = messageOf(inbox, j);
    const crossed = crossPair(start, otSid(context, j), h1, start.role === "S" ? list : a, tape);
    if (crossed === undefined) faults.set(j, fault("mpc/bad-message", "sent a point of the base OT that is none"));
    else pairs.set(j, crossed);
  }
  blame(faults, `${context.kind}, round 2`);

  // 5. Half of the zero seed of every pair.
  const zs = new Map([...pairs.keys()].map((j) => [j, tape.bytes(32)]));

  const send = new Map(
    peersOf(context).map((j) => {
      const share = receives(context, j) ? (shares.get(j) ?? none) : none;
      const reversal = pairs.get(j)?.reversal ?? { U: none, x: none, t: none };
      return [j, { h1, f, cc, rho, pok, share, zs: paired(context, self, j) ? (zs.get(j) as Uint8Array).slice() : none, ...reversal }];
    }),
  );
  const ownShare = shares.get(self) ?? none;
  erase(...secrets, ...coefficients);
  tape.erase();
  for (const start of started.values()) eraseStart(start);
  return { next: new Once<Round2State>({ round: "dkg/2", context, h1, coms, f, cc, rho, pok, ownShare, zs, pairs }), send };
}

/** h1. */
function echo(context: DkgContext, coms: ReadonlyMap<ShareIndex, Uint8Array>): Uint8Array {
  return TH("dkg/h1", context.sid, u16(context.threshold), ...[...coms].flatMap(([j, com]) => [u16(j), com]));
}

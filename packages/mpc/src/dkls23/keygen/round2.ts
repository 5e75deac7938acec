// Round 2 of dkls23-spec section 2: open the commitment, prove knowledge of the polynomial, deal the shares, reverse the base OT.
import { TH, u16 } from "../../kernel/hash.ts";
import { type Tape, withTape } from "../../kernel/random.ts";
import * as scalar from "../../kernel/scalar.ts";
import { type DkgContext, deals, peersOf, receives } from "../../protocol/dkg/context.ts";
import { concat } from "../../protocol/encoding/bytes.ts";
import {
  blame,
  erase,
  type Fault,
  fault,
  type Inbox,
  type Keep,
  messageOf,
  Once,
  type ShareIndex,
  type Step,
} from "../../protocol/index.ts";
import { evaluate } from "../shamir.ts";
import type { Round1Message, Round2Message } from "./messages.ts";
import { crossPair, crossSecrets, type PairCross, type PairStart, startSecrets } from "./pair.ts";
import { otSid, paired, partnersOf } from "./pairing.ts";
import { prove } from "./proof.ts";
import { type Round1State, type Round2State, secretsOf } from "./state.ts";

/** Throws `mpc/bad-message` for a point that is none in the base OT, `mpc/bad-setup` for entropy that is none. */
export function round2(mine: Once<Round1State>, inbox: Inbox<Round1Message>, entropy: Uint8Array): Step<Round2State, Round2Message> {
  return mine.use((state, keep) => {
    const { context, com } = state;
    const { self } = context;

    // 1. The echo of all commitments.
    const coms = new Map(context.members.map((j) => [j, j === self ? com : messageOf(inbox, j).com]));
    const h1 = echo(context, coms);
    const tape = { entropy, secret: keep(concat([...state.coefficients, state.rho])), bound: boundOf(state, h1, inbox), label: "dkg/2" };
    const step = withTape(tape, (drawn) => open(state, { h1, coms }, inbox, drawn, keep));
    erase(tape.secret, ...state.coefficients, ...[...state.pairs.values()].flatMap(startSecrets));
    return step;
  });
}

/**
 * The base-OT lists and points are in it as they were received, since h1 covers the commitments alone: a stored round that is resumed twice, entropy
 * and all, draws nothing again for another list.
 */
function boundOf({ context, pairs }: Round1State, h1: Uint8Array, inbox: Inbox<Round1Message>): readonly Uint8Array[] {
  const received = partnersOf(context).flatMap((j) => [u16(j), theirs(pairs.get(j), messageOf(inbox, j))]);
  return [context.sid, u16(context.self), h1, ...received];
}

/** What a partner sent for the base OT: the list for S, A for R. */
const theirs = (start: PairStart | undefined, { a, list }: Round1Message): Uint8Array => (start?.role === "S" ? list : a);

type Echo = Pick<Round2State, "h1" | "coms">;

function open(
  state: Round1State,
  { h1, coms }: Echo,
  inbox: Inbox<Round1Message>,
  tape: Tape,
  keep: Keep,
): Step<Round2State, Round2Message> {
  const { context, f, cc, rho } = state;
  const { self } = context;
  const none = new Uint8Array(0);
  const coefficients = state.coefficients.map((a) => keep(scalar.fromBytes(a) as scalar.Scalar));

  // 2. Proof of knowledge, dealers only.
  const pok = deals(context, self) ? prove({ h1, dealer: self, f }, coefficients, tape) : none;

  // 3. The shares.
  const dealt = deals(context, self) ? context.receivers : [];
  const shares = new Map(dealt.map((j) => [j, keep(shareOf(coefficients, j))] as const));

  // 4. Half of the zero seed of every pair.
  const zs = new Map([...state.pairs.keys()].map((j) => [j, keep(tape.bytes(32))]));

  // 5. The pairs: finish base OT; the sender runs the reversal, under a salt that takes its fresh half.
  const pairs = new Map<ShareIndex, PairCross>();
  const faults = new Map<ShareIndex, Fault>();
  for (const [j, start] of state.pairs) {
    const salted = { osid: otSid(context, j), h1, zs: zs.get(j) as Uint8Array };
    const crossed = crossPair(start, salted, theirs(start, messageOf(inbox, j)), tape);
    if (crossed === undefined) faults.set(j, fault("mpc/bad-message", "sent a point of the base OT that is none"));
    else {
      pairs.set(j, crossed);
      crossSecrets(crossed).forEach(keep);
    }
  }
  blame(faults, `${context.kind}, round 2`);

  const send = new Map(
    peersOf(context).map((j) => {
      const share = receives(context, j) ? (shares.get(j) ?? none) : none;
      const reversal = pairs.get(j)?.reversal ?? { U: none, x: none, t: none };
      return [j, { h1, f, cc, rho, pok, share, zs: paired(context, self, j) ? (zs.get(j) as Uint8Array).slice() : none, ...reversal }];
    }),
  );
  erase(...coefficients);
  const next: Round2State = { round: "dkg/2", context, h1, coms, f, cc, rho, pok, ownShare: shares.get(self) ?? none, zs, pairs };
  return { next: new Once(next, secretsOf(next)), send };
}

/** f_i(j), be32. */
function shareOf(coefficients: readonly scalar.Scalar[], j: ShareIndex): Uint8Array {
  const share = evaluate(coefficients, j);
  const bytes = scalar.toBytes(share);
  erase(share);
  return bytes;
}

/** h1. */
function echo(context: DkgContext, coms: ReadonlyMap<ShareIndex, Uint8Array>): Uint8Array {
  return TH("dkg/h1", context.sid, u16(context.threshold), ...[...coms].flatMap(([j, com]) => [u16(j), com]));
}

// Round 2 of dkls23-spec section 2: a party opens its commitment, proves that it knows its
// polynomial, deals the shares, and reverses the base OT of its pairs.
import type { Scalar } from "../group/group.ts";
import { evaluate } from "../group/shamir.ts";
import { concat, u16 } from "../kernel/bytes.ts";
import { type Tape, withTape } from "../kernel/random.ts";
import { blame, erase, type Fault, fault, type Inbox, type Keep, messageOf, Once, type ShareIndex, type Step } from "../protocol/index.ts";
import { deals, peersOf } from "./context.ts";
import type { Round1Message, Round2Message } from "./messages.ts";
import { forPartners } from "./pairing.ts";
import { prove } from "./proof.ts";
import { pairSecrets, type Round1State, type Round2State, secretsOf } from "./state.ts";

/**
 * Runs round 2. Throws `mpc/bad-message` for a point in the base OT that is none, and
 * `mpc/bad-setup` for entropy that is none.
 */
export function round2(mine: Once<Round1State>, inbox: Inbox<Round1Message>, entropy: Uint8Array): Step<Round2State, Round2Message> {
  return mine.use((state, keep) => {
    const { context, coefficients, rho, com } = state;
    const { suite, sid, self, threshold, members } = context;

    // 1. The digest h1 echoes all commitments.
    const coms = new Map(members.map((j) => [j, j === self ? com : messageOf(inbox, j).com]));
    const h1 = suite.TH("dkg/h1", sid, u16(threshold), ...[...coms].flatMap(([j, each]) => [u16(j), each]));

    // The tape is bound to what the pairs received as well, since h1 covers the commitments alone.
    // So a stored round that is resumed twice, with the same entropy, never repeats a draw for
    // another list.
    const received = forPartners(context, (pairing, { partner }) => pairing.received(state.pairs.get(partner), messageOf(inbox, partner)));
    const bound = [sid, u16(self), h1, ...[...received].flatMap(([j, each]) => [u16(j), each])];
    const tape = { entropy, secret: keep(concat(...coefficients, rho)), bound, label: `${suite.tapePrefix}dkg/2` };
    const step = withTape(tape, (drawn) => open(state, { h1, coms, received }, drawn, keep));
    erase(tape.secret, ...coefficients, ...pairSecrets(suite.pairing?.started, state.pairs));
    return step;
  });
}

type Heard = Pick<Round2State, "h1" | "coms"> & { readonly received: ReadonlyMap<ShareIndex, Uint8Array> };

function open(state: Round1State, { h1, coms, received }: Heard, tape: Tape, keep: Keep): Step<Round2State, Round2Message> {
  const { context, f, cc, rho } = state;
  const { suite, self } = context;
  const coefficients = state.coefficients as readonly Scalar[];
  const none = new Uint8Array(0);

  // 2. A dealer proves that it knows its polynomial.
  const pok = deals(context, self) ? prove(suite, { h1, dealer: self, f }, coefficients, tape) : none;

  // 3. A dealer deals the shares.
  const dealt = deals(context, self) ? context.receivers : [];
  const shares = new Map(dealt.map((j) => [j, keep(evaluate(suite.group, coefficients, j))] as const));

  // 4. Every pair gets half of its zero seed.
  const zs = forPartners(context, () => keep(tape.bytes(32)));

  // 5. The pairs finish the base OT. The sender runs the reversal, under a salt that takes its
  //    fresh half.
  const pairs = forPartners(context, (pairing, seat) => {
    const { partner } = seat;
    const salted = { ...seat, h1, zs: zs.get(partner) as Uint8Array };
    const crossed = pairing.cross(salted, state.pairs.get(partner), received.get(partner) as Uint8Array, tape);
    if (crossed !== undefined) pairing.crossed.secrets(crossed).forEach(keep);
    return crossed;
  });
  const faults = new Map<ShareIndex, Fault>();
  for (const [j, crossed] of pairs)
    if (crossed === undefined) faults.set(j, fault("mpc/bad-message", "sent a point of the base OT that is none"));
  blame(faults, `${context.kind}, round 2`);

  const reversals = forPartners(context, (pairing, { partner }) => pairing.reversal(pairs.get(partner)));
  const send = new Map(
    peersOf(context).map((j) => {
      const ofPair = { zs: zs.get(j)?.slice() ?? none, U: none, x: none, t: none, ...reversals.get(j) };
      return [j, { h1, f, cc, rho, pok, share: shares.get(j) ?? none, ...ofPair }];
    }),
  );
  const next: Round2State = { round: "dkg/2", context, h1, coms, f, cc, rho, pok, ownShare: shares.get(self) ?? none, zs, pairs };
  return { next: new Once(next, secretsOf(next)), send };
}

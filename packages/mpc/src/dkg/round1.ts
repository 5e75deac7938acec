// Round 1 of dkls23-spec section 2: a party chooses its polynomial, commits to it, and starts the
// base OT of its pairs. Letters: a_m is a coefficient, F_m = a_m B, f is the F_m as they travel, cc
// is the chain-code contribution, rho the opening, and com the commitment.
import { CovaultError } from "@covault/errors";
import { concat, u16 } from "../kernel/bytes.ts";
import { type Tape, withTape } from "../kernel/random.ts";
import { erase, Once, type ShareIndex, type Step } from "../protocol/index.ts";
import { checkContext, type DkgContext, type DkgSecrets, deals, peersOf, tapeSecret } from "./context.ts";
import type { Round1Message } from "./messages.ts";
import { forPartners } from "./pairing.ts";
import { type Round1State, secretsOf } from "./state.ts";

/**
 * Runs round 1. `entropy` is 32 fresh random bytes. Throws `mpc/bad-setup`, and
 * `mpc/bad-share-record` for a constant that is none.
 */
export function round1(context: DkgContext, secrets: DkgSecrets, entropy: Uint8Array): Step<Round1State, Round1Message> {
  checkContext(context);
  const { suite, sid, self, prescribed } = context;
  if ((secrets.constant !== undefined) !== (prescribed !== undefined && deals(context, self)))
    throw new CovaultError("mpc/bad-setup", "constant: a dealer of a prescribed key gives it, and nobody else");
  const tape = { entropy, secret: tapeSecret(context, secrets), bound: [sid, u16(self)], label: `${suite.tapePrefix}dkg/1` };
  return withTape(tape, (drawn) => begin(context, secrets.constant, drawn));
}

function begin(context: DkgContext, constant: Uint8Array | undefined, tape: Tape): Step<Round1State, Round1Message> {
  const { suite, self, threshold, prescribed } = context;
  const { group } = suite;

  // 1. The dealer draws its polynomial. A zero coefficient would make an element that cannot be
  //    encoded.
  const a0 = constant && group.scalar(constant);
  if (constant !== undefined && (a0 === undefined || group.isZero(a0)))
    throw new CovaultError("mpc/bad-share-record", "The share to deal is no scalar of this suite.");
  const coefficients = deals(context, self) ? Array.from({ length: threshold }, () => suite.nonzeroScalar(tape)) : [];
  if (a0 !== undefined) erase(...coefficients.splice(0, 1, a0));
  const f = concat(...group.publish(coefficients).wires);

  // 2. The party commits to it.
  const cc = prescribed?.chain ?? tape.bytes(32);
  const rho = tape.bytes(32);
  const com = commitment(context, self, { f, cc, rho });

  // 3. Every pair starts its base OT.
  const pairs = forPartners(context, (pairing, seat) => pairing.start(seat, tape));

  const none = new Uint8Array(0);
  const openings = forPartners(context, (pairing, { partner }) => pairing.opening(pairs.get(partner)));
  const send = new Map(peersOf(context).map((j) => [j, { com, a: none, list: none, ...openings.get(j) }]));
  const state: Round1State = { round: "dkg/1", context, coefficients, f, cc, rho, com, pairs };
  return { next: new Once(state, secretsOf(state)), send };
}

type Opening = Pick<Round1State, "f" | "cc" | "rho">;

/** Gives com_j. */
export function commitment({ suite, sid }: Pick<DkgContext, "suite" | "sid">, j: ShareIndex, { f, cc, rho }: Opening): Uint8Array {
  return suite.TH("dkg/com", sid, u16(j), f, cc, rho);
}

// Round 1: choose the polynomial and commit to it. Letters: a_m coefficients, F_m = a_m B, f the F_m as they travel, cc chain-code
// contribution, rho opening, com commitment.
import { CovaultError } from "@covault/errors";
import { concat, u16 } from "../../kernel/bytes.ts";
import { type Tape, withTape } from "../../kernel/random.ts";
import { checkContext, type DkgSecrets, deals, peersOf, tapeSecret } from "../../protocol/dkg/context.ts";
import { Once, type ShareIndex, type Step } from "../../protocol/index.ts";
import { nonzeroScalar } from "../encoding/sampling.ts";
import { TH } from "../encoding/tags.ts";
import type { FrostDkgContext } from "./context.ts";
import type { Round1Message } from "./messages.ts";
import { type Round1State, secretsOf } from "./state.ts";

/** `entropy`: 32 fresh random bytes. Throws `mpc/bad-setup`, `mpc/bad-share-record` for a constant that is none. */
export function round1(context: FrostDkgContext, secrets: DkgSecrets, entropy: Uint8Array): Step<Round1State, Round1Message> {
  checkContext(context);
  const { sid, self } = context;
  const tape = { entropy, secret: tapeSecret(context, secrets), bound: [sid, u16(self)], label: "frost/dkg/1" };
  return withTape(tape, (drawn) => begin(context, secrets.constant, drawn));
}

function begin(context: FrostDkgContext, constant: Uint8Array | undefined, tape: Tape): Step<Round1State, Round1Message> {
  const { sid, self, threshold, prescribed, suite } = context;
  const { group } = suite;

  // 1. The polynomial. A zero coefficient would make an element that cannot be encoded.
  const a0 = constant && group.scalar(constant);
  if (constant !== undefined && (a0 === undefined || group.isZero(a0)))
    throw new CovaultError("mpc/bad-share-record", "The share to deal is no scalar of this suite.");
  const drawn = deals(context, self) ? Array.from({ length: threshold }, () => nonzeroScalar(group, tape)) : [];
  const coefficients = a0 === undefined ? drawn : [a0, ...drawn.slice(1)];
  const f = concat(...group.publish(coefficients).wires);

  // 2. The commitment.
  const cc = prescribed?.chain ?? tape.bytes(32);
  const rho = tape.bytes(32);
  const com = commitment(sid, self, f, cc, rho);
  const state: Round1State = { round: "dkg/1", context, coefficients, f, cc, rho, com };
  return { next: new Once(state, secretsOf(state)), send: new Map(peersOf(context).map((j) => [j, { com }])) };
}

/** com_j. */
export function commitment(sid: Uint8Array, j: ShareIndex, f: Uint8Array, cc: Uint8Array, rho: Uint8Array): Uint8Array {
  return TH("dkg/com", sid, u16(j), f, cc, rho);
}

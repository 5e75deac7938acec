// Round 1 of dkls23-spec section 2: choose the polynomial, commit to it, start the pairs' base OT.
// Letters: a_m coefficients, F_m = a_m G, cc chain-code contribution, rho opening, com commitment.
import { CovaultError } from "@covault/errors";
import { TH, u16 } from "../../kernel/hash.ts";
import * as point from "../../kernel/point.ts";
import { type Tape, withTape } from "../../kernel/random.ts";
import * as scalar from "../../kernel/scalar.ts";
import { checkContext, type DkgContext, type DkgSecrets, deals, peersOf, tapeSecret } from "../../protocol/dkg/context.ts";
import { concat } from "../../protocol/encoding/bytes.ts";
import { erase, Once, type ShareIndex, type Step } from "../../protocol/index.ts";
import type { Round1Message } from "./messages.ts";
import { type PairStart, startPair } from "./pair.ts";
import { otSid, partnersOf } from "./pairing.ts";
import { type Round1State, secretsOf } from "./state.ts";

/** `entropy`: 32 fresh random bytes. Throws `mpc/bad-setup`. */
export function round1(context: DkgContext, secrets: DkgSecrets, entropy: Uint8Array): Step<Round1State, Round1Message> {
  checkContext(context);
  const { sid, self, prescribed } = context;
  if ((secrets.constant !== undefined) !== (prescribed !== undefined && deals(context, self)))
    throw new CovaultError("mpc/bad-setup", "constant: a dealer of a prescribed key gives it, and nobody else");
  const tape = { entropy, secret: tapeSecret(context, secrets), bound: [sid, u16(self)], label: "dkg/1" };
  return withTape(tape, (drawn) => begin(context, secrets.constant, drawn));
}

function begin(context: DkgContext, constant: Uint8Array | undefined, tape: Tape): Step<Round1State, Round1Message> {
  const { sid, self, threshold, prescribed } = context;
  // 1. The polynomial. A zero coefficient would make a point that cannot be encoded.
  const drawn = deals(context, self) ? Array.from({ length: threshold }, () => tape.nonzeroScalar()) : [];
  const coefficients = constant === undefined ? drawn : [scalar.fromBytes(constant) as scalar.Scalar, ...drawn.slice(1)];
  const f = concat(point.encode64Many(coefficients.map((a) => point.mulBase(a))));
  const bytes = coefficients.map((a) => scalar.toBytes(a));
  erase(...drawn, ...coefficients);

  // 2. The commitment.
  const cc = prescribed?.chain ?? tape.bytes(32);
  const rho = tape.bytes(32);
  const com = commitment(sid, self, f, cc, rho);

  // 3. Base OT of every pair.
  const pairs = new Map<ShareIndex, PairStart>(partnersOf(context).map((j) => [j, startPair(self, j, otSid(context, j), tape)]));

  const send = new Map(
    peersOf(context).map((j) => {
      const pair = pairs.get(j);
      const none = new Uint8Array(0);
      return [j, { com, a: pair?.role === "S" ? pair.A : none, list: pair?.role === "R" ? pair.list : none }];
    }),
  );
  const state: Round1State = { round: "dkg/1", context, coefficients: bytes, f, cc, rho, com, pairs };
  return { next: new Once(state, secretsOf(state)), send };
}

/** com_j. */
export function commitment(sid: Uint8Array, j: ShareIndex, f: Uint8Array, cc: Uint8Array, rho: Uint8Array): Uint8Array {
  return TH("dkg/com", sid, u16(j), f, cc, rho);
}

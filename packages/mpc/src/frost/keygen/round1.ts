// Round 1: choose the polynomial and commit to it. Letters: a_m coefficients, F_m = a_m B, f the F_m as they travel, cc chain-code
// contribution, rho opening, com commitment.
import { CovaultError } from "@covault/errors";
import { concat, u16 } from "../../kernel/bytes.ts";
import { Tape } from "../../kernel/random.ts";
import { checkContext, deals, peersOf } from "../../protocol/dkg/context.ts";
import { Once, type ShareIndex, type Step } from "../../protocol/index.ts";
import { nonzeroScalar } from "../encoding/sampling.ts";
import { TH } from "../encoding/tags.ts";
import type { FrostDkgContext } from "./context.ts";
import type { Round1Message } from "./messages.ts";
import type { Round1State } from "./state.ts";

/**
 * `constant`: a_0 of a dealer whose constant term is prescribed, secret; `undefined` draws it. `entropy`: 32 fresh random bytes.
 * Throws `mpc/bad-setup`.
 */
export function round1(context: FrostDkgContext, constant: Uint8Array | undefined, entropy: Uint8Array): Step<Round1State, Round1Message> {
  checkContext(context);
  const { sid, self, threshold, prescribed, suite } = context;
  const { group } = suite;
  const tape = new Tape(entropy, constant ?? new Uint8Array(0), sid, "frost/dkg/1");

  // 1. The polynomial. A zero coefficient would make an element that cannot be encoded.
  const coefficients = deals(context, self) ? Array.from({ length: threshold }, () => nonzeroScalar(group, tape)) : [];
  if (constant !== undefined) {
    const a0 = group.scalar(constant);
    if (a0 === undefined || group.isZero(a0))
      throw new CovaultError("mpc/bad-share-record", "The share to deal is no scalar of this suite.");
    coefficients[0] = a0;
  }
  const f = concat(...group.publish(coefficients).wires);

  // 2. The commitment.
  const cc = prescribed?.chain ?? tape.bytes(32);
  const rho = tape.bytes(32);
  const com = commitment(sid, self, f, cc, rho);
  tape.erase();
  const send = new Map(peersOf(context).map((j) => [j, { com }]));
  return { next: new Once<Round1State>({ round: "dkg/1", context, coefficients, f, cc, rho, com }), send };
}

/** com_j. */
export function commitment(sid: Uint8Array, j: ShareIndex, f: Uint8Array, cc: Uint8Array, rho: Uint8Array): Uint8Array {
  return TH("dkg/com", sid, u16(j), f, cc, rho);
}

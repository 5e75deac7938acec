// A batched Schnorr proof shows that a dealer knows all its coefficients (dkls23-spec section 2,
// round 2 step 2 and check 4). Without it a dealer could publish elements whose logarithms it does
// not know. RFC 9591 leaves the proof out, and the FROST paper proves a_0 only.
import type { Element, Scalar } from "../group/group.ts";
import { concat, u16 } from "../kernel/bytes.ts";
import type { Tape } from "../kernel/random.ts";
import { erase, type ShareIndex } from "../protocol/index.ts";
import type { DkgSuite } from "./suite.ts";

/** The claim that is proved: dealer i knows the a_m of f in the run h1. */
export interface Statement {
  readonly h1: Uint8Array;
  readonly dealer: ShareIndex;
  readonly f: Uint8Array;
}

const challenge = (suite: DkgSuite, { h1, dealer, f }: Statement, R: Uint8Array): Scalar => suite.challengeOf(h1, u16(dealer), f, R);

/** Gives R as it travels || s, where R = k B and s = k + Σ e^{m+1} a_m. */
export function prove(suite: DkgSuite, statement: Statement, coefficients: readonly Scalar[], tape: Tape): Uint8Array {
  const { group } = suite;
  const k = suite.nonzeroScalar(tape);
  const R = group.publish([k]).wires[0] as Uint8Array;
  const e = challenge(suite, statement, R);
  const sum = coefficients.reduceRight((acc, a) => {
    const both = group.add(acc, a);
    const next = group.mul(both, e);
    erase(acc, both);
    return next;
  }, group.public(0n));
  const pok = concat(R, group.add(k, sum));
  erase(k, sum);
  return pok;
}

/** Tells whether s B - Σ e^{m+1} F_m = R. `commitments` is the decoded f. */
export function proves(suite: DkgSuite, pok: Uint8Array, statement: Statement, commitments: readonly Element[]): boolean {
  const { group } = suite;
  const wire = pok.subarray(0, group.wireBytes);
  const R = group.receive(wire);
  const s = group.scalar(pok.subarray(group.wireBytes));
  if (R === undefined || s === undefined) return false;
  const e = challenge(suite, statement, wire);
  let power = group.negate(e);
  const terms = commitments.map((F) => {
    const term = [power, F] as const;
    power = group.mul(power, e);
    return term;
  });
  return group.same(group.combine(s, terms), R);
}

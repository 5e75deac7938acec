// Proof of knowledge of all coefficients at once: a batched Schnorr proof (dkls23-spec section 2, round 2 step 2 and check 4).
// Without it a dealer could publish points whose logarithms it does not know.
import { THs, u16 } from "../../kernel/hash.ts";
import type { Point } from "../../kernel/point.ts";
import * as point from "../../kernel/point.ts";
import type { Tape } from "../../kernel/random.ts";
import type { Scalar } from "../../kernel/scalar.ts";
import * as scalar from "../../kernel/scalar.ts";
import { concat } from "../../protocol/encoding/bytes.ts";
import { erase, type ShareIndex } from "../../protocol/index.ts";

/** What is proved: dealer i knows the a_m of F = enc64(F_0) || … in the run h1. */
export interface Statement {
  readonly h1: Uint8Array;
  readonly dealer: ShareIndex;
  readonly f: Uint8Array;
}

const challenge = ({ h1, dealer, f }: Statement, R: Uint8Array): Scalar => THs("dkg/pok", h1, u16(dealer), f, R);

/** enc64(R) || be32(s), 96 bytes: R = kG, s = k + Σ e^{m+1} a_m. */
export function prove(statement: Statement, coefficients: readonly Scalar[], tape: Tape): Uint8Array {
  const k = tape.nonzeroScalar();
  const R = point.encode64(point.mulBase(k));
  const e = challenge(statement, R);
  const sum = coefficients.reduceRight((acc, a) => {
    const both = scalar.add(acc, a);
    const next = scalar.mul(both, e);
    erase(acc, both);
    return next;
  }, scalar.fromInt(0));
  const pok = concat([R, scalar.toBytes(scalar.add(k, sum))]);
  erase(k, sum);
  return pok;
}

/** s G = R + e(F_0 + e(F_1 + …)). `commitments`: the decoded F. */
export function proves(pok: Uint8Array, statement: Statement, commitments: readonly Point[]): boolean {
  const encodedR = pok.subarray(0, 64);
  const R = point.decode64(encodedR);
  const s = scalar.fromBytes(pok.subarray(64, 96));
  if (R === undefined || s === undefined) return false;
  const e = challenge(statement, encodedR);
  const zero = scalar.fromInt(0);
  const inner = commitments.reduceRight((acc, F) => point.add(point.mulAddPublic(zero, acc, e), F), point.identity);
  return point.equal(point.mulAddPublic(s, inner, scalar.neg(e)), R);
}

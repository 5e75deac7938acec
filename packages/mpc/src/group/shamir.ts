// This file is Shamir's sharing over the scalars of a group (RFC 9591 4.2 and Appendix C.1).
// Indices are public, coefficients and shares are secret.
import { erase, type ShareIndex } from "../protocol/index.ts";
import type { Element, Group, Scalar } from "./group.ts";

/** Gives f(x) for f = Σ a_m X^m (polynomial_evaluate). */
export function evaluate(group: Group, coefficients: readonly Scalar[], x: ShareIndex): Scalar {
  const at = group.public(BigInt(x));
  return coefficients.reduceRight((sum, a) => {
    const product = group.mul(sum, at);
    const next = group.add(product, a);
    erase(sum, product);
    return next;
  }, group.public(0n));
}

/** Gives f(x) B from the F_m = a_m B, by Horner's rule with the small multiplier x. */
export function evaluateElements(group: Group, commitments: readonly Element[], x: ShareIndex): Element {
  return commitments.reduceRight((sum, F) => group.plus(group.mulSmall(sum, x), F), group.identity);
}

/**
 * Gives λ_i over `set` at `x` (derive_interpolating_value at 0): f(x) = Σ λ_i f(i) for every f of
 * degree below |set|. All of it is public.
 */
export function lagrange(group: Group, i: ShareIndex, set: readonly ShareIndex[], x = 0): Scalar {
  let numerator = 1n;
  let denominator = 1n;
  for (const j of set) {
    if (j === i) continue;
    numerator = (numerator * BigInt(j - x)) % group.order;
    denominator = (denominator * BigInt(j - i)) % group.order;
  }
  return group.public(numerator * inverse(denominator, group.order));
}

/** Gives the inverse by extended Euclid, for a public a that is not 0 mod the prime. */
function inverse(a: bigint, prime: bigint): bigint {
  let [r, next] = [prime, ((a % prime) + prime) % prime];
  let [t, step] = [0n, 1n];
  while (next !== 0n) {
    const quotient = r / next;
    [r, next] = [next, r - quotient * next];
    [t, step] = [step, t - quotient * step];
  }
  return t;
}

/** Gives f(x) B from the f(j) B of at least as many holders as f has coefficients. */
export function interpolate(group: Group, known: ReadonlyMap<ShareIndex, Element>, x: number): Element {
  const set = [...known.keys()];
  return group.combine(
    undefined,
    [...known].map(([j, X]) => [lagrange(group, j, set, x), X] as const),
  );
}

/** Gives Σ of secret terms, and overwrites the partial sums. */
export function sum(group: Group, terms: readonly Scalar[]): Scalar {
  return terms.reduce((total, term) => {
    const next = group.add(total, term);
    erase(total);
    return next;
  }, group.public(0n));
}

/** Gives f(0), which is secret, from the f(j) of at least as many holders as f has coefficients. */
export function interpolateSecret(group: Group, known: ReadonlyMap<ShareIndex, Scalar>): Scalar {
  const set = [...known.keys()];
  const terms = [...known].map(([j, s]) => group.mul(lagrange(group, j, set), s));
  const secret = sum(group, terms);
  erase(...terms);
  return secret;
}

// Shamir's sharing over Z_q: evaluation and interpolation at zero. Indices are public, coefficients and shares secret.

import type { Point } from "../kernel/point.ts";
import * as point from "../kernel/point.ts";
import type { Scalar } from "../kernel/scalar.ts";
import * as scalar from "../kernel/scalar.ts";
import { erase, type ShareIndex } from "../protocol/index.ts";

/** f(x) for f = Σ a_m X^m. */
export function evaluate(coefficients: readonly Scalar[], x: ShareIndex): Scalar {
  const at = scalar.fromInt(x);
  return coefficients.reduceRight((sum, a) => {
    const product = scalar.mul(sum, at);
    const next = scalar.add(product, a);
    erase(sum, product);
    return next;
  }, scalar.fromInt(0));
}

/** f(x) G from the F_m = a_m G, by Horner's rule with the small multiplier x. */
export function evaluatePoints(commitments: readonly Point[], x: ShareIndex): Point {
  return commitments.reduceRight((sum, F) => point.add(point.mulSmall(sum, x), F), point.identity);
}

/** λ_i over `set`: f(0) = Σ λ_i f(i) for every f of degree below |set|. */
export function lagrange(i: ShareIndex, set: readonly ShareIndex[]): Scalar {
  return lagrangeAt(scalar.fromInt(0), i, set);
}

/** The same towards f(x). */
function lagrangeAt(x: Scalar, i: ShareIndex, set: readonly ShareIndex[]): Scalar {
  const self = scalar.fromInt(i);
  let numerator = scalar.fromInt(1);
  let denominator = scalar.fromInt(1);
  for (const j of set) {
    if (j === i) continue;
    const other = scalar.fromInt(j);
    numerator = scalar.mul(numerator, scalar.sub(other, x));
    denominator = scalar.mul(denominator, scalar.sub(other, self));
  }
  return scalar.mul(numerator, scalar.invert(denominator));
}

/** f(x) G from the points f(i) G of `set`. Public values. */
export function interpolatePoints(x: Scalar, points: ReadonlyMap<ShareIndex, Point>): Point {
  const set = [...points.keys()];
  const zero = scalar.fromInt(0);
  return [...points].reduce((sum, [i, P]) => point.add(sum, point.mulAddPublic(zero, P, lagrangeAt(x, i, set))), point.identity);
}

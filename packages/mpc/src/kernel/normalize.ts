// This file takes points from projective to affine, with one inversion for many (dkls23-spec
// 11.3.8).
import { invertMany } from "./field.ts";
import { mul } from "./field-mul.ts";
import { type Lanes, lanesNew } from "./lanes.ts";

/**
 * Sets X[11 i..], Y[11 i..] to the affine coordinates of the point at P[33 i..], i < n. Gives false
 * if one of them is O.
 */
export function toAffine(X: Float64Array, Y: Float64Array, P: Float64Array, n: number): boolean {
  const Z = new Float64Array(11 * n);
  for (let i = 0; i < n; i++) Z.set(P.subarray(33 * i + 22, 33 * i + 33), 11 * i);
  const inverse = new Float64Array(11 * n);
  if (!invertMany(inverse, Z, n)) return false;
  for (let i = 0; i < n; i++) {
    mul(X, 11 * i, P, 33 * i, inverse, 11 * i);
    mul(Y, 11 * i, P, 33 * i + 11, inverse, 11 * i);
  }
  return true;
}

/** Gives the same points as lanes, or undefined if one of them is O. */
export function toLanes(P: Float64Array, n: number): Lanes | undefined {
  const lanes = lanesNew(n);
  return toAffine(lanes.X, lanes.Y, P, n) ? lanes : undefined;
}

// This file has Jacobian coordinates (X / Z^2, Y / Z^3) for a = 0. Doublings and additions of
// affine points cost two thirds of the complete formulas. A caller has to prove that the exceptions
// of the addition do not occur.
import { add, scale, sub, times } from "./field-linear.ts";
import { mul, mulMinus } from "./field-mul.ts";
import { sqr, sqrMinus } from "./field-sqr.ts";

const T = new Float64Array(6 * 11);
const A = 0;
const B = 11;
const C = 22;
const D = 33;
const E = 44;
const F = 55;

/** Sets J to the projective point P, in Jacobian coordinates. J may be P. */
export function toJacobian(J: Float64Array, j: number, P: Float64Array, p: number): void {
  sqr(T, A, P, p + 22);
  mul(J, j, P, p, P, p + 22);
  mul(J, j + 11, P, p + 11, T, A);
  scale(J, j + 22, P, p + 22, 1);
}

/** Sets P to the Jacobian point J, projective. P may be J. */
export function fromJacobian(P: Float64Array, p: number, J: Float64Array, j: number): void {
  sqr(T, A, J, j + 22);
  mul(P, p, J, j, J, j + 22);
  scale(P, p + 11, J, j + 11, 1);
  mul(P, p + 22, T, A, J, j + 22);
}

/** Sets J = 2^n J, for J != O. Each doubling costs 3 M + 4 S. */
export function doubleTimes(J: Float64Array, j: number, n: number): void {
  for (let i = 0; i < n; i++) {
    sqr(T, A, J, j);
    times(T, A, T, A, 3);
    sqr(T, B, J, j + 11);
    mul(T, C, J, j, T, B);
    scale(T, C, T, C, 4);
    sqr(T, B, T, B);
    times(T, B, T, B, 8);
    add(T, D, J, j + 11, J, j + 11);
    mul(J, j + 22, T, D, J, j + 22);
    sqrMinus(J, j, T, A, T, C, T, C);
    sub(T, D, T, C, J, j);
    mulMinus(J, j + 11, T, A, T, D, T, B);
  }
}

/**
 * Does J += (x, y), the affine point at Q[q..] of at most two units. J is neither O nor the point
 * nor its opposite. The addition costs 8 M + 3 S.
 */
export function addAffineTo(J: Float64Array, j: number, Q: Float64Array, q: number): void {
  sqr(T, A, J, j + 22);
  mul(T, B, Q, q, T, A);
  sub(T, B, T, B, J, j); // H
  mul(T, C, J, j + 22, T, A);
  mul(T, C, Q, q + 11, T, C);
  sub(T, C, T, C, J, j + 11); // R
  mul(J, j + 22, J, j + 22, T, B);
  sqr(T, A, T, B);
  mul(T, D, J, j, T, A); // V = X H^2
  mul(T, B, T, B, T, A); // H^3
  add(T, E, T, D, T, D);
  sqrMinus(J, j, T, C, T, B, T, E);
  sub(T, E, T, D, J, j);
  mul(T, F, J, j + 11, T, B);
  mulMinus(J, j + 11, T, C, T, E, T, F);
}

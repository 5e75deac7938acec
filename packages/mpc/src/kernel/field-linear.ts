// The command `npm run unroll -w @covault/mpc` writes this file. Change the generator instead:
// packages/mpc/scripts/unroll/secp256k1.js.
//
// This file has the linear operations of the field of secp256k1 (dkls23-spec, Appendix A). Units
// add up, and nothing is carried except where a function says so.

const M = 1.5 * 2 ** 76;
const S = 2 ** -24;
const M16 = 1.5 * 2 ** 68;
const S16 = 2 ** -16;

/** Sets R[r..] = a + b. */
export function add(R: Float64Array, r: number, A: Float64Array, a: number, B: Float64Array, b: number): void {
  R[r] = A[a]! + B[b]!;
  R[r + 1] = A[a + 1]! + B[b + 1]!;
  R[r + 2] = A[a + 2]! + B[b + 2]!;
  R[r + 3] = A[a + 3]! + B[b + 3]!;
  R[r + 4] = A[a + 4]! + B[b + 4]!;
  R[r + 5] = A[a + 5]! + B[b + 5]!;
  R[r + 6] = A[a + 6]! + B[b + 6]!;
  R[r + 7] = A[a + 7]! + B[b + 7]!;
  R[r + 8] = A[a + 8]! + B[b + 8]!;
  R[r + 9] = A[a + 9]! + B[b + 9]!;
  R[r + 10] = A[a + 10]! + B[b + 10]!;
}

/** Sets R[r..] = a - b. */
export function sub(R: Float64Array, r: number, A: Float64Array, a: number, B: Float64Array, b: number): void {
  R[r] = A[a]! - B[b]!;
  R[r + 1] = A[a + 1]! - B[b + 1]!;
  R[r + 2] = A[a + 2]! - B[b + 2]!;
  R[r + 3] = A[a + 3]! - B[b + 3]!;
  R[r + 4] = A[a + 4]! - B[b + 4]!;
  R[r + 5] = A[a + 5]! - B[b + 5]!;
  R[r + 6] = A[a + 6]! - B[b + 6]!;
  R[r + 7] = A[a + 7]! - B[b + 7]!;
  R[r + 8] = A[a + 8]! - B[b + 8]!;
  R[r + 9] = A[a + 9]! - B[b + 9]!;
  R[r + 10] = A[a + 10]! - B[b + 10]!;
}

/** Sets R[r..] = a - b - c. */
export function subTwo(
  R: Float64Array,
  r: number,
  A: Float64Array,
  a: number,
  B: Float64Array,
  b: number,
  C: Float64Array,
  c: number,
): void {
  R[r] = A[a]! - B[b]! - C[c]!;
  R[r + 1] = A[a + 1]! - B[b + 1]! - C[c + 1]!;
  R[r + 2] = A[a + 2]! - B[b + 2]! - C[c + 2]!;
  R[r + 3] = A[a + 3]! - B[b + 3]! - C[c + 3]!;
  R[r + 4] = A[a + 4]! - B[b + 4]! - C[c + 4]!;
  R[r + 5] = A[a + 5]! - B[b + 5]! - C[c + 5]!;
  R[r + 6] = A[a + 6]! - B[b + 6]! - C[c + 6]!;
  R[r + 7] = A[a + 7]! - B[b + 7]! - C[c + 7]!;
  R[r + 8] = A[a + 8]! - B[b + 8]! - C[c + 8]!;
  R[r + 9] = A[a + 9]! - B[b + 9]! - C[c + 9]!;
  R[r + 10] = A[a + 10]! - B[b + 10]! - C[c + 10]!;
}

/** Sets R[r..] = s a, not carried, for s = 1, -1, 0 or 2. */
export function times(R: Float64Array, r: number, A: Float64Array, a: number, s: number): void {
  R[r] = A[a]! * s;
  R[r + 1] = A[a + 1]! * s;
  R[r + 2] = A[a + 2]! * s;
  R[r + 3] = A[a + 3]! * s;
  R[r + 4] = A[a + 4]! * s;
  R[r + 5] = A[a + 5]! * s;
  R[r + 6] = A[a + 6]! * s;
  R[r + 7] = A[a + 7]! * s;
  R[r + 8] = A[a + 8]! * s;
  R[r + 9] = A[a + 9]! * s;
  R[r + 10] = A[a + 10]! * s;
}

/** Sets R[r..] = n a, carried to one unit, for n up to 21 and |a| up to 4 units. */
export function scale(R: Float64Array, r: number, A: Float64Array, a: number, n: number): void {
  let t0 = A[a]! * n;
  let t1 = A[a + 1]! * n;
  const t2 = A[a + 2]! * n;
  const t3 = A[a + 3]! * n;
  const t4 = A[a + 4]! * n;
  const t5 = A[a + 5]! * n;
  const t6 = A[a + 6]! * n;
  const t7 = A[a + 7]! * n;
  const t8 = A[a + 8]! * n;
  const t9 = A[a + 9]! * n;
  const t10 = A[a + 10]! * n;
  const top = t10 + M16 - M16;
  const over = top * S16;
  t0 += 977 * over;
  t1 += 256 * over;
  const f0 = t0 + M - M;
  const f1 = t1 + M - M;
  const f2 = t2 + M - M;
  const f3 = t3 + M - M;
  const f4 = t4 + M - M;
  const f5 = t5 + M - M;
  const f6 = t6 + M - M;
  const f7 = t7 + M - M;
  const f8 = t8 + M - M;
  const f9 = t9 + M - M;
  R[r] = t0 - f0;
  R[r + 1] = t1 - f1 + f0 * S;
  R[r + 2] = t2 - f2 + f1 * S;
  R[r + 3] = t3 - f3 + f2 * S;
  R[r + 4] = t4 - f4 + f3 * S;
  R[r + 5] = t5 - f5 + f4 * S;
  R[r + 6] = t6 - f6 + f5 * S;
  R[r + 7] = t7 - f7 + f6 * S;
  R[r + 8] = t8 - f8 + f7 * S;
  R[r + 9] = t9 - f9 + f8 * S;
  R[r + 10] = t10 - top + f9 * S;
}

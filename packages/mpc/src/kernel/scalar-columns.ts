// The command `npm run unroll -w @covault/mpc` writes this file. Change the generator instead:
// packages/mpc/scripts/unroll/scalars.js.
//
// This file has sums of products of integers mod q, lazily carried and reduced once (dkls23-spec
// 11.3.6). The code is straight-line, on columns of 24 bits in doubles. It is exact as long as
// every column stays below 2^53.

// Adding and subtracting M rounds to a multiple of 2^24.
const M = 1.5 * 2 ** 76;
const S = 2 ** -24;
const M16 = 1.5 * 2 ** 68;
const S16 = 2 ** -16;

/** 21 columns of the value sum c_i 2^(24 i), of any sign, and two for carries. */
export type Columns = Float64Array;

export function columnsNew(): Columns {
  return new Float64Array(23);
}

/**
 * Does c += a b. With a balanced (within 2^23) and limbs of b within 2^25, there are at most 2
 * products between two carries.
 */
export function addProduct(c: Columns, A: Float64Array, a: number, B: Int32Array, b: number): void {
  const a0 = A[a]!;
  const a1 = A[a + 1]!;
  const a2 = A[a + 2]!;
  const a3 = A[a + 3]!;
  const a4 = A[a + 4]!;
  const a5 = A[a + 5]!;
  const a6 = A[a + 6]!;
  const a7 = A[a + 7]!;
  const a8 = A[a + 8]!;
  const a9 = A[a + 9]!;
  const a10 = A[a + 10]!;
  const b0 = B[b]!;
  const b1 = B[b + 1]!;
  const b2 = B[b + 2]!;
  const b3 = B[b + 3]!;
  const b4 = B[b + 4]!;
  const b5 = B[b + 5]!;
  const b6 = B[b + 6]!;
  const b7 = B[b + 7]!;
  const b8 = B[b + 8]!;
  const b9 = B[b + 9]!;
  const b10 = B[b + 10]!;
  c[0]! += a0 * b0;
  c[1]! += a0 * b1 + a1 * b0;
  c[2]! += a0 * b2 + a1 * b1 + a2 * b0;
  c[3]! += a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0;
  c[4]! += a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0;
  c[5]! += a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0;
  c[6]! += a0 * b6 + a1 * b5 + a2 * b4 + a3 * b3 + a4 * b2 + a5 * b1 + a6 * b0;
  c[7]! += a0 * b7 + a1 * b6 + a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2 + a6 * b1 + a7 * b0;
  c[8]! += a0 * b8 + a1 * b7 + a2 * b6 + a3 * b5 + a4 * b4 + a5 * b3 + a6 * b2 + a7 * b1 + a8 * b0;
  c[9]! += a0 * b9 + a1 * b8 + a2 * b7 + a3 * b6 + a4 * b5 + a5 * b4 + a6 * b3 + a7 * b2 + a8 * b1 + a9 * b0;
  c[10]! += a0 * b10 + a1 * b9 + a2 * b8 + a3 * b7 + a4 * b6 + a5 * b5 + a6 * b4 + a7 * b3 + a8 * b2 + a9 * b1 + a10 * b0;
  c[11]! += a1 * b10 + a2 * b9 + a3 * b8 + a4 * b7 + a5 * b6 + a6 * b5 + a7 * b4 + a8 * b3 + a9 * b2 + a10 * b1;
  c[12]! += a2 * b10 + a3 * b9 + a4 * b8 + a5 * b7 + a6 * b6 + a7 * b5 + a8 * b4 + a9 * b3 + a10 * b2;
  c[13]! += a3 * b10 + a4 * b9 + a5 * b8 + a6 * b7 + a7 * b6 + a8 * b5 + a9 * b4 + a10 * b3;
  c[14]! += a4 * b10 + a5 * b9 + a6 * b8 + a7 * b7 + a8 * b6 + a9 * b5 + a10 * b4;
  c[15]! += a5 * b10 + a6 * b9 + a7 * b8 + a8 * b7 + a9 * b6 + a10 * b5;
  c[16]! += a6 * b10 + a7 * b9 + a8 * b8 + a9 * b7 + a10 * b6;
  c[17]! += a7 * b10 + a8 * b9 + a9 * b8 + a10 * b7;
  c[18]! += a8 * b10 + a9 * b9 + a10 * b8;
  c[19]! += a9 * b10 + a10 * b9;
  c[20]! += a10 * b10;
}

/** Sets c = a b + d e + f, for balanced a and d and limbs of b and e within 2^25. */
export function twoProducts(
  c: Columns,
  A: Float64Array,
  B: Int32Array,
  b: number,
  D: Float64Array,
  E: Int32Array,
  e: number,
  F: Int32Array,
  f: number,
): void {
  const a0 = A[0]!;
  const a1 = A[1]!;
  const a2 = A[2]!;
  const a3 = A[3]!;
  const a4 = A[4]!;
  const a5 = A[5]!;
  const a6 = A[6]!;
  const a7 = A[7]!;
  const a8 = A[8]!;
  const a9 = A[9]!;
  const a10 = A[10]!;
  const b0 = B[b]!;
  const b1 = B[b + 1]!;
  const b2 = B[b + 2]!;
  const b3 = B[b + 3]!;
  const b4 = B[b + 4]!;
  const b5 = B[b + 5]!;
  const b6 = B[b + 6]!;
  const b7 = B[b + 7]!;
  const b8 = B[b + 8]!;
  const b9 = B[b + 9]!;
  const b10 = B[b + 10]!;
  const d0 = D[0]!;
  const d1 = D[1]!;
  const d2 = D[2]!;
  const d3 = D[3]!;
  const d4 = D[4]!;
  const d5 = D[5]!;
  const d6 = D[6]!;
  const d7 = D[7]!;
  const d8 = D[8]!;
  const d9 = D[9]!;
  const d10 = D[10]!;
  const e0 = E[e]!;
  const e1 = E[e + 1]!;
  const e2 = E[e + 2]!;
  const e3 = E[e + 3]!;
  const e4 = E[e + 4]!;
  const e5 = E[e + 5]!;
  const e6 = E[e + 6]!;
  const e7 = E[e + 7]!;
  const e8 = E[e + 8]!;
  const e9 = E[e + 9]!;
  const e10 = E[e + 10]!;
  c[0] = a0 * b0 + d0 * e0 + F[f]!;
  c[1] = a0 * b1 + a1 * b0 + d0 * e1 + d1 * e0 + F[f + 1]!;
  c[2] = a0 * b2 + a1 * b1 + a2 * b0 + d0 * e2 + d1 * e1 + d2 * e0 + F[f + 2]!;
  c[3] = a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 + d0 * e3 + d1 * e2 + d2 * e1 + d3 * e0 + F[f + 3]!;
  c[4] = a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0 + d0 * e4 + d1 * e3 + d2 * e2 + d3 * e1 + d4 * e0 + F[f + 4]!;
  c[5] = a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0 + d0 * e5 + d1 * e4 + d2 * e3 + d3 * e2 + d4 * e1 + d5 * e0 + F[f + 5]!;
  c[6] =
    a0 * b6 +
    a1 * b5 +
    a2 * b4 +
    a3 * b3 +
    a4 * b2 +
    a5 * b1 +
    a6 * b0 +
    d0 * e6 +
    d1 * e5 +
    d2 * e4 +
    d3 * e3 +
    d4 * e2 +
    d5 * e1 +
    d6 * e0 +
    F[f + 6]!;
  c[7] =
    a0 * b7 +
    a1 * b6 +
    a2 * b5 +
    a3 * b4 +
    a4 * b3 +
    a5 * b2 +
    a6 * b1 +
    a7 * b0 +
    d0 * e7 +
    d1 * e6 +
    d2 * e5 +
    d3 * e4 +
    d4 * e3 +
    d5 * e2 +
    d6 * e1 +
    d7 * e0 +
    F[f + 7]!;
  c[8] =
    a0 * b8 +
    a1 * b7 +
    a2 * b6 +
    a3 * b5 +
    a4 * b4 +
    a5 * b3 +
    a6 * b2 +
    a7 * b1 +
    a8 * b0 +
    d0 * e8 +
    d1 * e7 +
    d2 * e6 +
    d3 * e5 +
    d4 * e4 +
    d5 * e3 +
    d6 * e2 +
    d7 * e1 +
    d8 * e0 +
    F[f + 8]!;
  c[9] =
    a0 * b9 +
    a1 * b8 +
    a2 * b7 +
    a3 * b6 +
    a4 * b5 +
    a5 * b4 +
    a6 * b3 +
    a7 * b2 +
    a8 * b1 +
    a9 * b0 +
    d0 * e9 +
    d1 * e8 +
    d2 * e7 +
    d3 * e6 +
    d4 * e5 +
    d5 * e4 +
    d6 * e3 +
    d7 * e2 +
    d8 * e1 +
    d9 * e0 +
    F[f + 9]!;
  c[10] =
    a0 * b10 +
    a1 * b9 +
    a2 * b8 +
    a3 * b7 +
    a4 * b6 +
    a5 * b5 +
    a6 * b4 +
    a7 * b3 +
    a8 * b2 +
    a9 * b1 +
    a10 * b0 +
    d0 * e10 +
    d1 * e9 +
    d2 * e8 +
    d3 * e7 +
    d4 * e6 +
    d5 * e5 +
    d6 * e4 +
    d7 * e3 +
    d8 * e2 +
    d9 * e1 +
    d10 * e0 +
    F[f + 10]!;
  c[11] =
    a1 * b10 +
    a2 * b9 +
    a3 * b8 +
    a4 * b7 +
    a5 * b6 +
    a6 * b5 +
    a7 * b4 +
    a8 * b3 +
    a9 * b2 +
    a10 * b1 +
    d1 * e10 +
    d2 * e9 +
    d3 * e8 +
    d4 * e7 +
    d5 * e6 +
    d6 * e5 +
    d7 * e4 +
    d8 * e3 +
    d9 * e2 +
    d10 * e1;
  c[12] =
    a2 * b10 +
    a3 * b9 +
    a4 * b8 +
    a5 * b7 +
    a6 * b6 +
    a7 * b5 +
    a8 * b4 +
    a9 * b3 +
    a10 * b2 +
    d2 * e10 +
    d3 * e9 +
    d4 * e8 +
    d5 * e7 +
    d6 * e6 +
    d7 * e5 +
    d8 * e4 +
    d9 * e3 +
    d10 * e2;
  c[13] =
    a3 * b10 +
    a4 * b9 +
    a5 * b8 +
    a6 * b7 +
    a7 * b6 +
    a8 * b5 +
    a9 * b4 +
    a10 * b3 +
    d3 * e10 +
    d4 * e9 +
    d5 * e8 +
    d6 * e7 +
    d7 * e6 +
    d8 * e5 +
    d9 * e4 +
    d10 * e3;
  c[14] =
    a4 * b10 +
    a5 * b9 +
    a6 * b8 +
    a7 * b7 +
    a8 * b6 +
    a9 * b5 +
    a10 * b4 +
    d4 * e10 +
    d5 * e9 +
    d6 * e8 +
    d7 * e7 +
    d8 * e6 +
    d9 * e5 +
    d10 * e4;
  c[15] = a5 * b10 + a6 * b9 + a7 * b8 + a8 * b7 + a9 * b6 + a10 * b5 + d5 * e10 + d6 * e9 + d7 * e8 + d8 * e7 + d9 * e6 + d10 * e5;
  c[16] = a6 * b10 + a7 * b9 + a8 * b8 + a9 * b7 + a10 * b6 + d6 * e10 + d7 * e9 + d8 * e8 + d9 * e7 + d10 * e6;
  c[17] = a7 * b10 + a8 * b9 + a9 * b8 + a10 * b7 + d7 * e10 + d8 * e9 + d9 * e8 + d10 * e7;
  c[18] = a8 * b10 + a9 * b9 + a10 * b8 + d8 * e10 + d9 * e9 + d10 * e8;
  c[19] = a9 * b10 + a10 * b9 + d9 * e10 + d10 * e9;
  c[20] = a10 * b10 + d10 * e10;
  c[21] = 0;
  c[22] = 0;
}

/** Carries every column into the next, all at once. Columns below 2^53 fall below 2^30. */
export function carryColumns(c: Columns): void {
  const k0 = c[0]! + M - M;
  const k1 = c[1]! + M - M;
  const k2 = c[2]! + M - M;
  const k3 = c[3]! + M - M;
  const k4 = c[4]! + M - M;
  const k5 = c[5]! + M - M;
  const k6 = c[6]! + M - M;
  const k7 = c[7]! + M - M;
  const k8 = c[8]! + M - M;
  const k9 = c[9]! + M - M;
  const k10 = c[10]! + M - M;
  const k11 = c[11]! + M - M;
  const k12 = c[12]! + M - M;
  const k13 = c[13]! + M - M;
  const k14 = c[14]! + M - M;
  const k15 = c[15]! + M - M;
  const k16 = c[16]! + M - M;
  const k17 = c[17]! + M - M;
  const k18 = c[18]! + M - M;
  const k19 = c[19]! + M - M;
  const k20 = c[20]! + M - M;
  const k21 = c[21]! + M - M;
  c[0]! -= k0;
  c[1] = c[1]! - k1 + k0 * S;
  c[2] = c[2]! - k2 + k1 * S;
  c[3] = c[3]! - k3 + k2 * S;
  c[4] = c[4]! - k4 + k3 * S;
  c[5] = c[5]! - k5 + k4 * S;
  c[6] = c[6]! - k6 + k5 * S;
  c[7] = c[7]! - k7 + k6 * S;
  c[8] = c[8]! - k8 + k7 * S;
  c[9] = c[9]! - k9 + k8 * S;
  c[10] = c[10]! - k10 + k9 * S;
  c[11] = c[11]! - k11 + k10 * S;
  c[12] = c[12]! - k12 + k11 * S;
  c[13] = c[13]! - k13 + k12 * S;
  c[14] = c[14]! - k14 + k13 * S;
  c[15] = c[15]! - k15 + k14 * S;
  c[16] = c[16]! - k16 + k15 * S;
  c[17] = c[17]! - k17 + k16 * S;
  c[18] = c[18]! - k18 + k17 * S;
  c[19] = c[19]! - k19 + k18 * S;
  c[20] = c[20]! - k20 + k19 * S;
  c[21] = c[21]! - k21 + k20 * S;
  c[22]! += k21 * S;
}

/** Sets out[to..to+7] to the sum mod q, as canonical little-endian words. */
export function reduceColumns(out: Uint32Array, to: number, c: Columns): void {
  let t0 = c[0]!;
  let t1 = c[1]!;
  let t2 = c[2]!;
  let t3 = c[3]!;
  let t4 = c[4]!;
  let t5 = c[5]!;
  let t6 = c[6]!;
  let t7 = c[7]!;
  let t8 = c[8]!;
  let t9 = c[9]!;
  let t10 = c[10]!;
  let t11 = c[11]!;
  let t12 = c[12]!;
  let t13 = c[13]!;
  let t14 = c[14]!;
  let t15 = c[15]!;
  let t16 = c[16]!;
  let t17 = c[17]!;
  let t18 = c[18]!;
  let t19 = c[19]!;
  let t20 = c[20]!;
  let t21 = c[21]!;
  let t22 = c[22]!;
  const p0x0 = t0 + M - M;
  const p0x1 = t1 + M - M;
  const p0x2 = t2 + M - M;
  const p0x3 = t3 + M - M;
  const p0x4 = t4 + M - M;
  const p0x5 = t5 + M - M;
  const p0x6 = t6 + M - M;
  const p0x7 = t7 + M - M;
  const p0x8 = t8 + M - M;
  const p0x9 = t9 + M - M;
  const p0x10 = t10 + M - M;
  const p0x11 = t11 + M - M;
  const p0x12 = t12 + M - M;
  const p0x13 = t13 + M - M;
  const p0x14 = t14 + M - M;
  const p0x15 = t15 + M - M;
  const p0x16 = t16 + M - M;
  const p0x17 = t17 + M - M;
  const p0x18 = t18 + M - M;
  const p0x19 = t19 + M - M;
  const p0x20 = t20 + M - M;
  const p0x21 = t21 + M - M;
  t0 -= p0x0;
  t1 = t1 - p0x1 + p0x0 * S;
  t2 = t2 - p0x2 + p0x1 * S;
  t3 = t3 - p0x3 + p0x2 * S;
  t4 = t4 - p0x4 + p0x3 * S;
  t5 = t5 - p0x5 + p0x4 * S;
  t6 = t6 - p0x6 + p0x5 * S;
  t7 = t7 - p0x7 + p0x6 * S;
  t8 = t8 - p0x8 + p0x7 * S;
  t9 = t9 - p0x9 + p0x8 * S;
  t10 = t10 - p0x10 + p0x9 * S;
  t11 = t11 - p0x11 + p0x10 * S;
  t12 = t12 - p0x12 + p0x11 * S;
  t13 = t13 - p0x13 + p0x12 * S;
  t14 = t14 - p0x14 + p0x13 * S;
  t15 = t15 - p0x15 + p0x14 * S;
  t16 = t16 - p0x16 + p0x15 * S;
  t17 = t17 - p0x17 + p0x16 * S;
  t18 = t18 - p0x18 + p0x17 * S;
  t19 = t19 - p0x19 + p0x18 * S;
  t20 = t20 - p0x20 + p0x19 * S;
  t21 = t21 - p0x21 + p0x20 * S;
  t22 += p0x21 * S;
  const p1x11 = t11 + M - M;
  const p1x12 = t12 + M - M;
  const p1x13 = t13 + M - M;
  const p1x14 = t14 + M - M;
  const p1x15 = t15 + M - M;
  const p1x16 = t16 + M - M;
  const p1x17 = t17 + M - M;
  const p1x18 = t18 + M - M;
  const p1x19 = t19 + M - M;
  const p1x20 = t20 + M - M;
  const p1x21 = t21 + M - M;
  t11 -= p1x11;
  t12 = t12 - p1x12 + p1x11 * S;
  t13 = t13 - p1x13 + p1x12 * S;
  t14 = t14 - p1x14 + p1x13 * S;
  t15 = t15 - p1x15 + p1x14 * S;
  t16 = t16 - p1x16 + p1x15 * S;
  t17 = t17 - p1x17 + p1x16 * S;
  t18 = t18 - p1x18 + p1x17 * S;
  t19 = t19 - p1x19 + p1x18 * S;
  t20 = t20 - p1x20 + p1x19 * S;
  t21 = t21 - p1x21 + p1x20 * S;
  t22 += p1x21 * S;
  // 2^264 mod q has 137 bits, so three folds bring the columns from 11 up into the eleven below.
  // Only what is folded is carried.
  const h2x11 = t11;
  const h2x12 = t12;
  const h2x13 = t13;
  const h2x14 = t14;
  const h2x15 = t15;
  const h2x16 = t16;
  const h2x17 = t17;
  const h2x18 = t18;
  const h2x19 = t19;
  const h2x20 = t20;
  const h2x21 = t21;
  const h2x22 = t22;
  t0 += -4276480 * h2x11;
  t1 += 7548874 * h2x11 - 4276480 * h2x12;
  t2 += 4205985 * h2x11 + 7548874 * h2x12 - 4276480 * h2x13;
  t3 += -4759612 * h2x11 + 4205985 * h2x12 + 7548874 * h2x13 - 4276480 * h2x14;
  t4 += 2300241 * h2x11 - 4759612 * h2x12 + 4205985 * h2x13 + 7548874 * h2x14 - 4276480 * h2x15;
  t5 += 83281 * h2x11 + 2300241 * h2x12 - 4759612 * h2x13 + 4205985 * h2x14 + 7548874 * h2x15 - 4276480 * h2x16;
  t6 += 83281 * h2x12 + 2300241 * h2x13 - 4759612 * h2x14 + 4205985 * h2x15 + 7548874 * h2x16 - 4276480 * h2x17;
  t7 += 83281 * h2x13 + 2300241 * h2x14 - 4759612 * h2x15 + 4205985 * h2x16 + 7548874 * h2x17 - 4276480 * h2x18;
  t8 += 83281 * h2x14 + 2300241 * h2x15 - 4759612 * h2x16 + 4205985 * h2x17 + 7548874 * h2x18 - 4276480 * h2x19;
  t9 += 83281 * h2x15 + 2300241 * h2x16 - 4759612 * h2x17 + 4205985 * h2x18 + 7548874 * h2x19 - 4276480 * h2x20;
  t10 += 83281 * h2x16 + 2300241 * h2x17 - 4759612 * h2x18 + 4205985 * h2x19 + 7548874 * h2x20 - 4276480 * h2x21;
  t11 = 83281 * h2x17 + 2300241 * h2x18 - 4759612 * h2x19 + 4205985 * h2x20 + 7548874 * h2x21 - 4276480 * h2x22;
  t12 = 83281 * h2x18 + 2300241 * h2x19 - 4759612 * h2x20 + 4205985 * h2x21 + 7548874 * h2x22;
  t13 = 83281 * h2x19 + 2300241 * h2x20 - 4759612 * h2x21 + 4205985 * h2x22;
  t14 = 83281 * h2x20 + 2300241 * h2x21 - 4759612 * h2x22;
  t15 = 83281 * h2x21 + 2300241 * h2x22;
  t16 = 83281 * h2x22;
  const p3x10 = t10 + M - M;
  const p3x11 = t11 + M - M;
  const p3x12 = t12 + M - M;
  const p3x13 = t13 + M - M;
  const p3x14 = t14 + M - M;
  const p3x15 = t15 + M - M;
  const p3x16 = t16 + M - M;
  t10 -= p3x10;
  t11 = t11 - p3x11 + p3x10 * S;
  t12 = t12 - p3x12 + p3x11 * S;
  t13 = t13 - p3x13 + p3x12 * S;
  t14 = t14 - p3x14 + p3x13 * S;
  t15 = t15 - p3x15 + p3x14 * S;
  t16 = t16 - p3x16 + p3x15 * S;
  t17 = p3x16 * S;
  const p4x11 = t11 + M - M;
  const p4x12 = t12 + M - M;
  const p4x13 = t13 + M - M;
  const p4x14 = t14 + M - M;
  const p4x15 = t15 + M - M;
  const p4x16 = t16 + M - M;
  t11 -= p4x11;
  t12 = t12 - p4x12 + p4x11 * S;
  t13 = t13 - p4x13 + p4x12 * S;
  t14 = t14 - p4x14 + p4x13 * S;
  t15 = t15 - p4x15 + p4x14 * S;
  t16 = t16 - p4x16 + p4x15 * S;
  t17 += p4x16 * S;
  const h5x11 = t11;
  const h5x12 = t12;
  const h5x13 = t13;
  const h5x14 = t14;
  const h5x15 = t15;
  const h5x16 = t16;
  const h5x17 = t17;
  t0 += -4276480 * h5x11;
  t1 += 7548874 * h5x11 - 4276480 * h5x12;
  t2 += 4205985 * h5x11 + 7548874 * h5x12 - 4276480 * h5x13;
  t3 += -4759612 * h5x11 + 4205985 * h5x12 + 7548874 * h5x13 - 4276480 * h5x14;
  t4 += 2300241 * h5x11 - 4759612 * h5x12 + 4205985 * h5x13 + 7548874 * h5x14 - 4276480 * h5x15;
  t5 += 83281 * h5x11 + 2300241 * h5x12 - 4759612 * h5x13 + 4205985 * h5x14 + 7548874 * h5x15 - 4276480 * h5x16;
  t6 += 83281 * h5x12 + 2300241 * h5x13 - 4759612 * h5x14 + 4205985 * h5x15 + 7548874 * h5x16 - 4276480 * h5x17;
  t7 += 83281 * h5x13 + 2300241 * h5x14 - 4759612 * h5x15 + 4205985 * h5x16 + 7548874 * h5x17;
  t8 += 83281 * h5x14 + 2300241 * h5x15 - 4759612 * h5x16 + 4205985 * h5x17;
  t9 += 83281 * h5x15 + 2300241 * h5x16 - 4759612 * h5x17;
  t10 += 83281 * h5x16 + 2300241 * h5x17;
  t11 = 83281 * h5x17;
  const p6x10 = t10 + M - M;
  const p6x11 = t11 + M - M;
  t10 -= p6x10;
  t11 = t11 - p6x11 + p6x10 * S;
  t12 = p6x11 * S;
  const h7x11 = t11;
  const h7x12 = t12;
  t0 += -4276480 * h7x11;
  t1 += 7548874 * h7x11 - 4276480 * h7x12;
  t2 += 4205985 * h7x11 + 7548874 * h7x12;
  t3 += -4759612 * h7x11 + 4205985 * h7x12;
  t4 += 2300241 * h7x11 - 4759612 * h7x12;
  t5 += 83281 * h7x11 + 2300241 * h7x12;
  t6 += 83281 * h7x12;
  const p8x0 = t0 + M - M;
  const p8x1 = t1 + M - M;
  const p8x2 = t2 + M - M;
  const p8x3 = t3 + M - M;
  const p8x4 = t4 + M - M;
  const p8x5 = t5 + M - M;
  const p8x6 = t6 + M - M;
  const p8x7 = t7 + M - M;
  const p8x8 = t8 + M - M;
  const p8x9 = t9 + M - M;
  t0 -= p8x0;
  t1 = t1 - p8x1 + p8x0 * S;
  t2 = t2 - p8x2 + p8x1 * S;
  t3 = t3 - p8x3 + p8x2 * S;
  t4 = t4 - p8x4 + p8x3 * S;
  t5 = t5 - p8x5 + p8x4 * S;
  t6 = t6 - p8x6 + p8x5 * S;
  t7 = t7 - p8x7 + p8x6 * S;
  t8 = t8 - p8x8 + p8x7 * S;
  t9 = t9 - p8x9 + p8x8 * S;
  t10 += p8x9 * S;
  const p9x0 = t0 + M - M;
  const p9x1 = t1 + M - M;
  const p9x2 = t2 + M - M;
  const p9x3 = t3 + M - M;
  const p9x4 = t4 + M - M;
  const p9x5 = t5 + M - M;
  const p9x6 = t6 + M - M;
  const p9x7 = t7 + M - M;
  const p9x8 = t8 + M - M;
  const p9x9 = t9 + M - M;
  t0 -= p9x0;
  t1 = t1 - p9x1 + p9x0 * S;
  t2 = t2 - p9x2 + p9x1 * S;
  t3 = t3 - p9x3 + p9x2 * S;
  t4 = t4 - p9x4 + p9x3 * S;
  t5 = t5 - p9x5 + p9x4 * S;
  t6 = t6 - p9x6 + p9x5 * S;
  t7 = t7 - p9x7 + p9x6 * S;
  t8 = t8 - p9x8 + p9x7 * S;
  t9 = t9 - p9x9 + p9x8 * S;
  t10 += p9x9 * S;
  const top = t10 + M16 - M16;
  const over = top * S16;
  t10 -= top;
  t0 += -3555649 * over;
  t1 += -6196432 * over;
  t2 += -3915730 * over;
  t3 += 5289824 * over;
  t4 += 5317401 * over;
  t5 += 325 * over;
  const p10x0 = t0 + M - M;
  const p10x1 = t1 + M - M;
  const p10x2 = t2 + M - M;
  const p10x3 = t3 + M - M;
  const p10x4 = t4 + M - M;
  const p10x5 = t5 + M - M;
  const p10x6 = t6 + M - M;
  const p10x7 = t7 + M - M;
  const p10x8 = t8 + M - M;
  const p10x9 = t9 + M - M;
  t0 -= p10x0;
  t1 = t1 - p10x1 + p10x0 * S;
  t2 = t2 - p10x2 + p10x1 * S;
  t3 = t3 - p10x3 + p10x2 * S;
  t4 = t4 - p10x4 + p10x3 * S;
  t5 = t5 - p10x5 + p10x4 * S;
  t6 = t6 - p10x6 + p10x5 * S;
  t7 = t7 - p10x7 + p10x6 * S;
  t8 = t8 - p10x8 + p10x7 * S;
  t9 = t9 - p10x9 + p10x8 * S;
  t10 += p10x9 * S;
  // The limbs have 24 bits, with the sign in the last one.
  let v = t0 | 0;
  const l0 = v & 0xffffff;
  v = (t1 | 0) + (v >> 24);
  const l1 = v & 0xffffff;
  v = (t2 | 0) + (v >> 24);
  const l2 = v & 0xffffff;
  v = (t3 | 0) + (v >> 24);
  const l3 = v & 0xffffff;
  v = (t4 | 0) + (v >> 24);
  const l4 = v & 0xffffff;
  v = (t5 | 0) + (v >> 24);
  const l5 = v & 0xffffff;
  v = (t6 | 0) + (v >> 24);
  const l6 = v & 0xffffff;
  v = (t7 | 0) + (v >> 24);
  const l7 = v & 0xffffff;
  v = (t8 | 0) + (v >> 24);
  const l8 = v & 0xffffff;
  v = (t9 | 0) + (v >> 24);
  const l9 = v & 0xffffff;
  const l10 = (t10 | 0) + (v >> 24);
  // q is added if the number is negative, else subtracted: (q ^ flip) - flip.
  const flip = ~(l10 >> 31);
  v = l0 + ((0x364141 ^ flip) - flip);
  const m0 = v & 0xffffff;
  v = l1 + ((0x5e8cd0 ^ flip) - flip) + (v >> 24);
  const m1 = v & 0xffffff;
  v = l2 + ((0x3bbfd2 ^ flip) - flip) + (v >> 24);
  const m2 = v & 0xffffff;
  v = l3 + ((0xaf48a0 ^ flip) - flip) + (v >> 24);
  const m3 = v & 0xffffff;
  v = l4 + ((0xaedce6 ^ flip) - flip) + (v >> 24);
  const m4 = v & 0xffffff;
  v = l5 + ((0xfffeba ^ flip) - flip) + (v >> 24);
  const m5 = v & 0xffffff;
  v = l6 + ((0xffffff ^ flip) - flip) + (v >> 24);
  const m6 = v & 0xffffff;
  v = l7 + ((0xffffff ^ flip) - flip) + (v >> 24);
  const m7 = v & 0xffffff;
  v = l8 + ((0xffffff ^ flip) - flip) + (v >> 24);
  const m8 = v & 0xffffff;
  v = l9 + ((0xffffff ^ flip) - flip) + (v >> 24);
  const m9 = v & 0xffffff;
  v = l10 + ((0xffff ^ flip) - flip) + (v >> 24);
  const m10 = v;
  // The difference is taken back if it is negative.
  const keep = (m10 >> 31) & flip;
  const r0 = m0 ^ ((m0 ^ l0) & keep);
  const r1 = m1 ^ ((m1 ^ l1) & keep);
  const r2 = m2 ^ ((m2 ^ l2) & keep);
  const r3 = m3 ^ ((m3 ^ l3) & keep);
  const r4 = m4 ^ ((m4 ^ l4) & keep);
  const r5 = m5 ^ ((m5 ^ l5) & keep);
  const r6 = m6 ^ ((m6 ^ l6) & keep);
  const r7 = m7 ^ ((m7 ^ l7) & keep);
  const r8 = m8 ^ ((m8 ^ l8) & keep);
  const r9 = m9 ^ ((m9 ^ l9) & keep);
  const r10 = m10 ^ ((m10 ^ l10) & keep);
  out[to] = r0 | (r1 << 24);
  out[to + 1] = (r1 >>> 8) | (r2 << 16);
  out[to + 2] = (r2 >>> 16) | (r3 << 8);
  out[to + 3] = r4 | (r5 << 24);
  out[to + 4] = (r5 >>> 8) | (r6 << 16);
  out[to + 5] = (r6 >>> 16) | (r7 << 8);
  out[to + 6] = r8 | (r9 << 24);
  out[to + 7] = (r9 >>> 8) | (r10 << 16);
}

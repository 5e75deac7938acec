// Multiplication in the field of secp256k1 (dkls23-spec, Appendix A). Straight-line code: 11 limbs of 24 bits in doubles, exact
// as long as the products of the factors' units add up to 11 at most. A unit is 2^23; every result has one unit per limb.
// The carries run side by side instead of one after the other, so that their latencies overlap.

// Adding and subtracting M rounds to a multiple of 2^24, M16 to a multiple of 2^16.
const M = 1.5 * 2 ** 76;
const S = 2 ** -24;
const M16 = 1.5 * 2 ** 68;
const S16 = 2 ** -16;

/** R[r..] = a b. */
export function mul(R: Float64Array, r: number, A: Float64Array, a: number, B: Float64Array, b: number): void {
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
  let t0 = a0 * b0;
  let t1 = a0 * b1 + a1 * b0;
  let t2 = a0 * b2 + a1 * b1 + a2 * b0;
  let t3 = a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0;
  let t4 = a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0;
  let t5 = a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0;
  let t6 = a0 * b6 + a1 * b5 + a2 * b4 + a3 * b3 + a4 * b2 + a5 * b1 + a6 * b0;
  let t7 = a0 * b7 + a1 * b6 + a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2 + a6 * b1 + a7 * b0;
  let t8 = a0 * b8 + a1 * b7 + a2 * b6 + a3 * b5 + a4 * b4 + a5 * b3 + a6 * b2 + a7 * b1 + a8 * b0;
  let t9 = a0 * b9 + a1 * b8 + a2 * b7 + a3 * b6 + a4 * b5 + a5 * b4 + a6 * b3 + a7 * b2 + a8 * b1 + a9 * b0;
  let t10 = a0 * b10 + a1 * b9 + a2 * b8 + a3 * b7 + a4 * b6 + a5 * b5 + a6 * b4 + a7 * b3 + a8 * b2 + a9 * b1 + a10 * b0;
  let t11 = a1 * b10 + a2 * b9 + a3 * b8 + a4 * b7 + a5 * b6 + a6 * b5 + a7 * b4 + a8 * b3 + a9 * b2 + a10 * b1;
  let t12 = a2 * b10 + a3 * b9 + a4 * b8 + a5 * b7 + a6 * b6 + a7 * b5 + a8 * b4 + a9 * b3 + a10 * b2;
  let t13 = a3 * b10 + a4 * b9 + a5 * b8 + a6 * b7 + a7 * b6 + a8 * b5 + a9 * b4 + a10 * b3;
  let t14 = a4 * b10 + a5 * b9 + a6 * b8 + a7 * b7 + a8 * b6 + a9 * b5 + a10 * b4;
  let t15 = a5 * b10 + a6 * b9 + a7 * b8 + a8 * b7 + a9 * b6 + a10 * b5;
  let t16 = a6 * b10 + a7 * b9 + a8 * b8 + a9 * b7 + a10 * b6;
  let t17 = a7 * b10 + a8 * b9 + a9 * b8 + a10 * b7;
  let t18 = a8 * b10 + a9 * b9 + a10 * b8;
  let t19 = a9 * b10 + a10 * b9;
  let t20 = a10 * b10;
  // Carry the columns 10..20 at once, then fold 11..21 into 0..10.
  const k10 = t10 + M - M;
  const k11 = t11 + M - M;
  const k12 = t12 + M - M;
  const k13 = t13 + M - M;
  const k14 = t14 + M - M;
  const k15 = t15 + M - M;
  const k16 = t16 + M - M;
  const k17 = t17 + M - M;
  const k18 = t18 + M - M;
  const k19 = t19 + M - M;
  const k20 = t20 + M - M;
  t10 -= k10;
  t11 = t11 - k11 + k10 * S;
  t12 = t12 - k12 + k11 * S;
  t13 = t13 - k13 + k12 * S;
  t14 = t14 - k14 + k13 * S;
  t15 = t15 - k15 + k14 * S;
  t16 = t16 - k16 + k15 * S;
  t17 = t17 - k17 + k16 * S;
  t18 = t18 - k18 + k17 * S;
  t19 = t19 - k19 + k18 * S;
  t20 = t20 - k20 + k19 * S;
  const t21 = k20 * S;
  t0 += 250112 * t11;
  t1 += 250112 * t12 + 65536 * t11;
  t2 += 250112 * t13 + 65536 * t12;
  t3 += 250112 * t14 + 65536 * t13;
  t4 += 250112 * t15 + 65536 * t14;
  t5 += 250112 * t16 + 65536 * t15;
  t6 += 250112 * t17 + 65536 * t16;
  t7 += 250112 * t18 + 65536 * t17;
  t8 += 250112 * t19 + 65536 * t18;
  t9 += 250112 * t20 + 65536 * t19;
  t10 += 250112 * t21 + 65536 * t20;
  const h = 65536 * t21;
  t0 += 250112 * h;
  t1 += 65536 * h;
  // Carry 0..9 at once, split limb 10 at bit 256, carry 0..9 again.
  const e0 = t0 + M - M;
  const e1 = t1 + M - M;
  const e2 = t2 + M - M;
  const e3 = t3 + M - M;
  const e4 = t4 + M - M;
  const e5 = t5 + M - M;
  const e6 = t6 + M - M;
  const e7 = t7 + M - M;
  const e8 = t8 + M - M;
  const e9 = t9 + M - M;
  t0 -= e0;
  t1 = t1 - e1 + e0 * S;
  t2 = t2 - e2 + e1 * S;
  t3 = t3 - e3 + e2 * S;
  t4 = t4 - e4 + e3 * S;
  t5 = t5 - e5 + e4 * S;
  t6 = t6 - e6 + e5 * S;
  t7 = t7 - e7 + e6 * S;
  t8 = t8 - e8 + e7 * S;
  t9 = t9 - e9 + e8 * S;
  t10 += e9 * S;
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

/** R[r..] = a b + c d. */
export function mulAdd(
  R: Float64Array,
  r: number,
  A: Float64Array,
  a: number,
  B: Float64Array,
  b: number,
  C: Float64Array,
  c: number,
  D: Float64Array,
  d: number,
): void {
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
  const c0 = C[c]!;
  const c1 = C[c + 1]!;
  const c2 = C[c + 2]!;
  const c3 = C[c + 3]!;
  const c4 = C[c + 4]!;
  const c5 = C[c + 5]!;
  const c6 = C[c + 6]!;
  const c7 = C[c + 7]!;
  const c8 = C[c + 8]!;
  const c9 = C[c + 9]!;
  const c10 = C[c + 10]!;
  const d0 = D[d]!;
  const d1 = D[d + 1]!;
  const d2 = D[d + 2]!;
  const d3 = D[d + 3]!;
  const d4 = D[d + 4]!;
  const d5 = D[d + 5]!;
  const d6 = D[d + 6]!;
  const d7 = D[d + 7]!;
  const d8 = D[d + 8]!;
  const d9 = D[d + 9]!;
  const d10 = D[d + 10]!;
  let t0 = a0 * b0 + c0 * d0;
  let t1 = a0 * b1 + a1 * b0 + c0 * d1 + c1 * d0;
  let t2 = a0 * b2 + a1 * b1 + a2 * b0 + c0 * d2 + c1 * d1 + c2 * d0;
  let t3 = a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 + c0 * d3 + c1 * d2 + c2 * d1 + c3 * d0;
  let t4 = a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0 + c0 * d4 + c1 * d3 + c2 * d2 + c3 * d1 + c4 * d0;
  let t5 = a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0 + c0 * d5 + c1 * d4 + c2 * d3 + c3 * d2 + c4 * d1 + c5 * d0;
  let t6 =
    a0 * b6 +
    a1 * b5 +
    a2 * b4 +
    a3 * b3 +
    a4 * b2 +
    a5 * b1 +
    a6 * b0 +
    c0 * d6 +
    c1 * d5 +
    c2 * d4 +
    c3 * d3 +
    c4 * d2 +
    c5 * d1 +
    c6 * d0;
  let t7 =
    a0 * b7 +
    a1 * b6 +
    a2 * b5 +
    a3 * b4 +
    a4 * b3 +
    a5 * b2 +
    a6 * b1 +
    a7 * b0 +
    c0 * d7 +
    c1 * d6 +
    c2 * d5 +
    c3 * d4 +
    c4 * d3 +
    c5 * d2 +
    c6 * d1 +
    c7 * d0;
  let t8 =
    a0 * b8 +
    a1 * b7 +
    a2 * b6 +
    a3 * b5 +
    a4 * b4 +
    a5 * b3 +
    a6 * b2 +
    a7 * b1 +
    a8 * b0 +
    c0 * d8 +
    c1 * d7 +
    c2 * d6 +
    c3 * d5 +
    c4 * d4 +
    c5 * d3 +
    c6 * d2 +
    c7 * d1 +
    c8 * d0;
  let t9 =
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
    c0 * d9 +
    c1 * d8 +
    c2 * d7 +
    c3 * d6 +
    c4 * d5 +
    c5 * d4 +
    c6 * d3 +
    c7 * d2 +
    c8 * d1 +
    c9 * d0;
  let t10 =
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
    c0 * d10 +
    c1 * d9 +
    c2 * d8 +
    c3 * d7 +
    c4 * d6 +
    c5 * d5 +
    c6 * d4 +
    c7 * d3 +
    c8 * d2 +
    c9 * d1 +
    c10 * d0;
  let t11 =
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
    c1 * d10 +
    c2 * d9 +
    c3 * d8 +
    c4 * d7 +
    c5 * d6 +
    c6 * d5 +
    c7 * d4 +
    c8 * d3 +
    c9 * d2 +
    c10 * d1;
  let t12 =
    a2 * b10 +
    a3 * b9 +
    a4 * b8 +
    a5 * b7 +
    a6 * b6 +
    a7 * b5 +
    a8 * b4 +
    a9 * b3 +
    a10 * b2 +
    c2 * d10 +
    c3 * d9 +
    c4 * d8 +
    c5 * d7 +
    c6 * d6 +
    c7 * d5 +
    c8 * d4 +
    c9 * d3 +
    c10 * d2;
  let t13 =
    a3 * b10 +
    a4 * b9 +
    a5 * b8 +
    a6 * b7 +
    a7 * b6 +
    a8 * b5 +
    a9 * b4 +
    a10 * b3 +
    c3 * d10 +
    c4 * d9 +
    c5 * d8 +
    c6 * d7 +
    c7 * d6 +
    c8 * d5 +
    c9 * d4 +
    c10 * d3;
  let t14 =
    a4 * b10 +
    a5 * b9 +
    a6 * b8 +
    a7 * b7 +
    a8 * b6 +
    a9 * b5 +
    a10 * b4 +
    c4 * d10 +
    c5 * d9 +
    c6 * d8 +
    c7 * d7 +
    c8 * d6 +
    c9 * d5 +
    c10 * d4;
  let t15 = a5 * b10 + a6 * b9 + a7 * b8 + a8 * b7 + a9 * b6 + a10 * b5 + c5 * d10 + c6 * d9 + c7 * d8 + c8 * d7 + c9 * d6 + c10 * d5;
  let t16 = a6 * b10 + a7 * b9 + a8 * b8 + a9 * b7 + a10 * b6 + c6 * d10 + c7 * d9 + c8 * d8 + c9 * d7 + c10 * d6;
  let t17 = a7 * b10 + a8 * b9 + a9 * b8 + a10 * b7 + c7 * d10 + c8 * d9 + c9 * d8 + c10 * d7;
  let t18 = a8 * b10 + a9 * b9 + a10 * b8 + c8 * d10 + c9 * d9 + c10 * d8;
  let t19 = a9 * b10 + a10 * b9 + c9 * d10 + c10 * d9;
  let t20 = a10 * b10 + c10 * d10;
  // Carry the columns 10..20 at once, then fold 11..21 into 0..10.
  const k10 = t10 + M - M;
  const k11 = t11 + M - M;
  const k12 = t12 + M - M;
  const k13 = t13 + M - M;
  const k14 = t14 + M - M;
  const k15 = t15 + M - M;
  const k16 = t16 + M - M;
  const k17 = t17 + M - M;
  const k18 = t18 + M - M;
  const k19 = t19 + M - M;
  const k20 = t20 + M - M;
  t10 -= k10;
  t11 = t11 - k11 + k10 * S;
  t12 = t12 - k12 + k11 * S;
  t13 = t13 - k13 + k12 * S;
  t14 = t14 - k14 + k13 * S;
  t15 = t15 - k15 + k14 * S;
  t16 = t16 - k16 + k15 * S;
  t17 = t17 - k17 + k16 * S;
  t18 = t18 - k18 + k17 * S;
  t19 = t19 - k19 + k18 * S;
  t20 = t20 - k20 + k19 * S;
  const t21 = k20 * S;
  t0 += 250112 * t11;
  t1 += 250112 * t12 + 65536 * t11;
  t2 += 250112 * t13 + 65536 * t12;
  t3 += 250112 * t14 + 65536 * t13;
  t4 += 250112 * t15 + 65536 * t14;
  t5 += 250112 * t16 + 65536 * t15;
  t6 += 250112 * t17 + 65536 * t16;
  t7 += 250112 * t18 + 65536 * t17;
  t8 += 250112 * t19 + 65536 * t18;
  t9 += 250112 * t20 + 65536 * t19;
  t10 += 250112 * t21 + 65536 * t20;
  const h = 65536 * t21;
  t0 += 250112 * h;
  t1 += 65536 * h;
  // Carry 0..9 at once, split limb 10 at bit 256, carry 0..9 again.
  const e0 = t0 + M - M;
  const e1 = t1 + M - M;
  const e2 = t2 + M - M;
  const e3 = t3 + M - M;
  const e4 = t4 + M - M;
  const e5 = t5 + M - M;
  const e6 = t6 + M - M;
  const e7 = t7 + M - M;
  const e8 = t8 + M - M;
  const e9 = t9 + M - M;
  t0 -= e0;
  t1 = t1 - e1 + e0 * S;
  t2 = t2 - e2 + e1 * S;
  t3 = t3 - e3 + e2 * S;
  t4 = t4 - e4 + e3 * S;
  t5 = t5 - e5 + e4 * S;
  t6 = t6 - e6 + e5 * S;
  t7 = t7 - e7 + e6 * S;
  t8 = t8 - e8 + e7 * S;
  t9 = t9 - e9 + e8 * S;
  t10 += e9 * S;
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

/** R[r..] = a b - c d. */
export function mulSub(
  R: Float64Array,
  r: number,
  A: Float64Array,
  a: number,
  B: Float64Array,
  b: number,
  C: Float64Array,
  c: number,
  D: Float64Array,
  d: number,
): void {
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
  const c0 = C[c]!;
  const c1 = C[c + 1]!;
  const c2 = C[c + 2]!;
  const c3 = C[c + 3]!;
  const c4 = C[c + 4]!;
  const c5 = C[c + 5]!;
  const c6 = C[c + 6]!;
  const c7 = C[c + 7]!;
  const c8 = C[c + 8]!;
  const c9 = C[c + 9]!;
  const c10 = C[c + 10]!;
  const d0 = D[d]!;
  const d1 = D[d + 1]!;
  const d2 = D[d + 2]!;
  const d3 = D[d + 3]!;
  const d4 = D[d + 4]!;
  const d5 = D[d + 5]!;
  const d6 = D[d + 6]!;
  const d7 = D[d + 7]!;
  const d8 = D[d + 8]!;
  const d9 = D[d + 9]!;
  const d10 = D[d + 10]!;
  let t0 = a0 * b0 - c0 * d0;
  let t1 = a0 * b1 + a1 * b0 - c0 * d1 - c1 * d0;
  let t2 = a0 * b2 + a1 * b1 + a2 * b0 - c0 * d2 - c1 * d1 - c2 * d0;
  let t3 = a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 - c0 * d3 - c1 * d2 - c2 * d1 - c3 * d0;
  let t4 = a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0 - c0 * d4 - c1 * d3 - c2 * d2 - c3 * d1 - c4 * d0;
  let t5 = a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0 - c0 * d5 - c1 * d4 - c2 * d3 - c3 * d2 - c4 * d1 - c5 * d0;
  let t6 =
    a0 * b6 +
    a1 * b5 +
    a2 * b4 +
    a3 * b3 +
    a4 * b2 +
    a5 * b1 +
    a6 * b0 -
    c0 * d6 -
    c1 * d5 -
    c2 * d4 -
    c3 * d3 -
    c4 * d2 -
    c5 * d1 -
    c6 * d0;
  let t7 =
    a0 * b7 +
    a1 * b6 +
    a2 * b5 +
    a3 * b4 +
    a4 * b3 +
    a5 * b2 +
    a6 * b1 +
    a7 * b0 -
    c0 * d7 -
    c1 * d6 -
    c2 * d5 -
    c3 * d4 -
    c4 * d3 -
    c5 * d2 -
    c6 * d1 -
    c7 * d0;
  let t8 =
    a0 * b8 +
    a1 * b7 +
    a2 * b6 +
    a3 * b5 +
    a4 * b4 +
    a5 * b3 +
    a6 * b2 +
    a7 * b1 +
    a8 * b0 -
    c0 * d8 -
    c1 * d7 -
    c2 * d6 -
    c3 * d5 -
    c4 * d4 -
    c5 * d3 -
    c6 * d2 -
    c7 * d1 -
    c8 * d0;
  let t9 =
    a0 * b9 +
    a1 * b8 +
    a2 * b7 +
    a3 * b6 +
    a4 * b5 +
    a5 * b4 +
    a6 * b3 +
    a7 * b2 +
    a8 * b1 +
    a9 * b0 -
    c0 * d9 -
    c1 * d8 -
    c2 * d7 -
    c3 * d6 -
    c4 * d5 -
    c5 * d4 -
    c6 * d3 -
    c7 * d2 -
    c8 * d1 -
    c9 * d0;
  let t10 =
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
    a10 * b0 -
    c0 * d10 -
    c1 * d9 -
    c2 * d8 -
    c3 * d7 -
    c4 * d6 -
    c5 * d5 -
    c6 * d4 -
    c7 * d3 -
    c8 * d2 -
    c9 * d1 -
    c10 * d0;
  let t11 =
    a1 * b10 +
    a2 * b9 +
    a3 * b8 +
    a4 * b7 +
    a5 * b6 +
    a6 * b5 +
    a7 * b4 +
    a8 * b3 +
    a9 * b2 +
    a10 * b1 -
    c1 * d10 -
    c2 * d9 -
    c3 * d8 -
    c4 * d7 -
    c5 * d6 -
    c6 * d5 -
    c7 * d4 -
    c8 * d3 -
    c9 * d2 -
    c10 * d1;
  let t12 =
    a2 * b10 +
    a3 * b9 +
    a4 * b8 +
    a5 * b7 +
    a6 * b6 +
    a7 * b5 +
    a8 * b4 +
    a9 * b3 +
    a10 * b2 -
    c2 * d10 -
    c3 * d9 -
    c4 * d8 -
    c5 * d7 -
    c6 * d6 -
    c7 * d5 -
    c8 * d4 -
    c9 * d3 -
    c10 * d2;
  let t13 =
    a3 * b10 +
    a4 * b9 +
    a5 * b8 +
    a6 * b7 +
    a7 * b6 +
    a8 * b5 +
    a9 * b4 +
    a10 * b3 -
    c3 * d10 -
    c4 * d9 -
    c5 * d8 -
    c6 * d7 -
    c7 * d6 -
    c8 * d5 -
    c9 * d4 -
    c10 * d3;
  let t14 =
    a4 * b10 +
    a5 * b9 +
    a6 * b8 +
    a7 * b7 +
    a8 * b6 +
    a9 * b5 +
    a10 * b4 -
    c4 * d10 -
    c5 * d9 -
    c6 * d8 -
    c7 * d7 -
    c8 * d6 -
    c9 * d5 -
    c10 * d4;
  let t15 = a5 * b10 + a6 * b9 + a7 * b8 + a8 * b7 + a9 * b6 + a10 * b5 - c5 * d10 - c6 * d9 - c7 * d8 - c8 * d7 - c9 * d6 - c10 * d5;
  let t16 = a6 * b10 + a7 * b9 + a8 * b8 + a9 * b7 + a10 * b6 - c6 * d10 - c7 * d9 - c8 * d8 - c9 * d7 - c10 * d6;
  let t17 = a7 * b10 + a8 * b9 + a9 * b8 + a10 * b7 - c7 * d10 - c8 * d9 - c9 * d8 - c10 * d7;
  let t18 = a8 * b10 + a9 * b9 + a10 * b8 - c8 * d10 - c9 * d9 - c10 * d8;
  let t19 = a9 * b10 + a10 * b9 - c9 * d10 - c10 * d9;
  let t20 = a10 * b10 - c10 * d10;
  // Carry the columns 10..20 at once, then fold 11..21 into 0..10.
  const k10 = t10 + M - M;
  const k11 = t11 + M - M;
  const k12 = t12 + M - M;
  const k13 = t13 + M - M;
  const k14 = t14 + M - M;
  const k15 = t15 + M - M;
  const k16 = t16 + M - M;
  const k17 = t17 + M - M;
  const k18 = t18 + M - M;
  const k19 = t19 + M - M;
  const k20 = t20 + M - M;
  t10 -= k10;
  t11 = t11 - k11 + k10 * S;
  t12 = t12 - k12 + k11 * S;
  t13 = t13 - k13 + k12 * S;
  t14 = t14 - k14 + k13 * S;
  t15 = t15 - k15 + k14 * S;
  t16 = t16 - k16 + k15 * S;
  t17 = t17 - k17 + k16 * S;
  t18 = t18 - k18 + k17 * S;
  t19 = t19 - k19 + k18 * S;
  t20 = t20 - k20 + k19 * S;
  const t21 = k20 * S;
  t0 += 250112 * t11;
  t1 += 250112 * t12 + 65536 * t11;
  t2 += 250112 * t13 + 65536 * t12;
  t3 += 250112 * t14 + 65536 * t13;
  t4 += 250112 * t15 + 65536 * t14;
  t5 += 250112 * t16 + 65536 * t15;
  t6 += 250112 * t17 + 65536 * t16;
  t7 += 250112 * t18 + 65536 * t17;
  t8 += 250112 * t19 + 65536 * t18;
  t9 += 250112 * t20 + 65536 * t19;
  t10 += 250112 * t21 + 65536 * t20;
  const h = 65536 * t21;
  t0 += 250112 * h;
  t1 += 65536 * h;
  // Carry 0..9 at once, split limb 10 at bit 256, carry 0..9 again.
  const e0 = t0 + M - M;
  const e1 = t1 + M - M;
  const e2 = t2 + M - M;
  const e3 = t3 + M - M;
  const e4 = t4 + M - M;
  const e5 = t5 + M - M;
  const e6 = t6 + M - M;
  const e7 = t7 + M - M;
  const e8 = t8 + M - M;
  const e9 = t9 + M - M;
  t0 -= e0;
  t1 = t1 - e1 + e0 * S;
  t2 = t2 - e2 + e1 * S;
  t3 = t3 - e3 + e2 * S;
  t4 = t4 - e4 + e3 * S;
  t5 = t5 - e5 + e4 * S;
  t6 = t6 - e6 + e5 * S;
  t7 = t7 - e7 + e6 * S;
  t8 = t8 - e8 + e7 * S;
  t9 = t9 - e9 + e8 * S;
  t10 += e9 * S;
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

/** R[r..] = a b - c; c of up to 8 units. */
export function mulMinus(
  R: Float64Array,
  r: number,
  A: Float64Array,
  a: number,
  B: Float64Array,
  b: number,
  C: Float64Array,
  c: number,
): void {
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
  let t0 = a0 * b0;
  let t1 = a0 * b1 + a1 * b0;
  let t2 = a0 * b2 + a1 * b1 + a2 * b0;
  let t3 = a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0;
  let t4 = a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0;
  let t5 = a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0;
  let t6 = a0 * b6 + a1 * b5 + a2 * b4 + a3 * b3 + a4 * b2 + a5 * b1 + a6 * b0;
  let t7 = a0 * b7 + a1 * b6 + a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2 + a6 * b1 + a7 * b0;
  let t8 = a0 * b8 + a1 * b7 + a2 * b6 + a3 * b5 + a4 * b4 + a5 * b3 + a6 * b2 + a7 * b1 + a8 * b0;
  let t9 = a0 * b9 + a1 * b8 + a2 * b7 + a3 * b6 + a4 * b5 + a5 * b4 + a6 * b3 + a7 * b2 + a8 * b1 + a9 * b0;
  let t10 = a0 * b10 + a1 * b9 + a2 * b8 + a3 * b7 + a4 * b6 + a5 * b5 + a6 * b4 + a7 * b3 + a8 * b2 + a9 * b1 + a10 * b0;
  let t11 = a1 * b10 + a2 * b9 + a3 * b8 + a4 * b7 + a5 * b6 + a6 * b5 + a7 * b4 + a8 * b3 + a9 * b2 + a10 * b1;
  let t12 = a2 * b10 + a3 * b9 + a4 * b8 + a5 * b7 + a6 * b6 + a7 * b5 + a8 * b4 + a9 * b3 + a10 * b2;
  let t13 = a3 * b10 + a4 * b9 + a5 * b8 + a6 * b7 + a7 * b6 + a8 * b5 + a9 * b4 + a10 * b3;
  let t14 = a4 * b10 + a5 * b9 + a6 * b8 + a7 * b7 + a8 * b6 + a9 * b5 + a10 * b4;
  let t15 = a5 * b10 + a6 * b9 + a7 * b8 + a8 * b7 + a9 * b6 + a10 * b5;
  let t16 = a6 * b10 + a7 * b9 + a8 * b8 + a9 * b7 + a10 * b6;
  let t17 = a7 * b10 + a8 * b9 + a9 * b8 + a10 * b7;
  let t18 = a8 * b10 + a9 * b9 + a10 * b8;
  let t19 = a9 * b10 + a10 * b9;
  let t20 = a10 * b10;
  t0 -= C[c]!;
  t1 -= C[c + 1]!;
  t2 -= C[c + 2]!;
  t3 -= C[c + 3]!;
  t4 -= C[c + 4]!;
  t5 -= C[c + 5]!;
  t6 -= C[c + 6]!;
  t7 -= C[c + 7]!;
  t8 -= C[c + 8]!;
  t9 -= C[c + 9]!;
  t10 -= C[c + 10]!;
  // Carry the columns 10..20 at once, then fold 11..21 into 0..10.
  const k10 = t10 + M - M;
  const k11 = t11 + M - M;
  const k12 = t12 + M - M;
  const k13 = t13 + M - M;
  const k14 = t14 + M - M;
  const k15 = t15 + M - M;
  const k16 = t16 + M - M;
  const k17 = t17 + M - M;
  const k18 = t18 + M - M;
  const k19 = t19 + M - M;
  const k20 = t20 + M - M;
  t10 -= k10;
  t11 = t11 - k11 + k10 * S;
  t12 = t12 - k12 + k11 * S;
  t13 = t13 - k13 + k12 * S;
  t14 = t14 - k14 + k13 * S;
  t15 = t15 - k15 + k14 * S;
  t16 = t16 - k16 + k15 * S;
  t17 = t17 - k17 + k16 * S;
  t18 = t18 - k18 + k17 * S;
  t19 = t19 - k19 + k18 * S;
  t20 = t20 - k20 + k19 * S;
  const t21 = k20 * S;
  t0 += 250112 * t11;
  t1 += 250112 * t12 + 65536 * t11;
  t2 += 250112 * t13 + 65536 * t12;
  t3 += 250112 * t14 + 65536 * t13;
  t4 += 250112 * t15 + 65536 * t14;
  t5 += 250112 * t16 + 65536 * t15;
  t6 += 250112 * t17 + 65536 * t16;
  t7 += 250112 * t18 + 65536 * t17;
  t8 += 250112 * t19 + 65536 * t18;
  t9 += 250112 * t20 + 65536 * t19;
  t10 += 250112 * t21 + 65536 * t20;
  const h = 65536 * t21;
  t0 += 250112 * h;
  t1 += 65536 * h;
  // Carry 0..9 at once, split limb 10 at bit 256, carry 0..9 again.
  const e0 = t0 + M - M;
  const e1 = t1 + M - M;
  const e2 = t2 + M - M;
  const e3 = t3 + M - M;
  const e4 = t4 + M - M;
  const e5 = t5 + M - M;
  const e6 = t6 + M - M;
  const e7 = t7 + M - M;
  const e8 = t8 + M - M;
  const e9 = t9 + M - M;
  t0 -= e0;
  t1 = t1 - e1 + e0 * S;
  t2 = t2 - e2 + e1 * S;
  t3 = t3 - e3 + e2 * S;
  t4 = t4 - e4 + e3 * S;
  t5 = t5 - e5 + e4 * S;
  t6 = t6 - e6 + e5 * S;
  t7 = t7 - e7 + e6 * S;
  t8 = t8 - e8 + e7 * S;
  t9 = t9 - e9 + e8 * S;
  t10 += e9 * S;
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

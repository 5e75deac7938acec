// The command `npm run unroll -w @covault/mpc` writes this file. Change the generator instead:
// packages/mpc/scripts/unroll/scalars.js.
//
// This file has integers mod q as 11 unsigned limbs of 24 bits in Int32Arrays. The rows of the
// multiplication are made of them (dkls23-spec 5, 11.3.6).
import { limbsFromWords } from "./limbs.ts";
import { subtractOrder } from "./order.ts";

/** Sets out[to..to+7] = a - b + c mod q, as canonical words, for a, b, c < q in limbs. */
export function differencePlus(
  out: Uint32Array,
  to: number,
  A: Int32Array,
  a: number,
  B: Int32Array,
  b: number,
  C: Int32Array,
  c: number,
): void {
  const t0 = A[a]! - B[b]! + C[c]!;
  const t1 = A[a + 1]! - B[b + 1]! + C[c + 1]!;
  const t2 = A[a + 2]! - B[b + 2]! + C[c + 2]!;
  const t3 = A[a + 3]! - B[b + 3]! + C[c + 3]!;
  const t4 = A[a + 4]! - B[b + 4]! + C[c + 4]!;
  const t5 = A[a + 5]! - B[b + 5]! + C[c + 5]!;
  const t6 = A[a + 6]! - B[b + 6]! + C[c + 6]!;
  const t7 = A[a + 7]! - B[b + 7]! + C[c + 7]!;
  const t8 = A[a + 8]! - B[b + 8]! + C[c + 8]!;
  const t9 = A[a + 9]! - B[b + 9]! + C[c + 9]!;
  const t10 = A[a + 10]! - B[b + 10]! + C[c + 10]!;
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

const big = new Uint32Array(8);

/** Sets out[to..] to the limbs of the big-endian word string at words[at..at+7] mod q. */
export function limbsFromDigest(out: Int32Array, to: number, words: Uint32Array, at: number): void {
  let w7 = words[at]! | 0;
  let w6 = words[at + 1]! | 0;
  let w5 = words[at + 2]! | 0;
  let w4 = words[at + 3]! | 0;
  let w3 = words[at + 4]! | 0;
  let w2 = words[at + 5]! | 0;
  let w1 = words[at + 6]! | 0;
  let w0 = words[at + 7]! | 0;
  // A hash is not below q with probability 2^-127, so this branch is never seen.
  if ((w7 & w6 & w5) === -1) {
    for (let i = 0; i < 8; i++) big[i] = words[at + 7 - i]!;
    subtractOrder(big, 0);
    w0 = big[0]! | 0;
    w1 = big[1]! | 0;
    w2 = big[2]! | 0;
    w3 = big[3]! | 0;
    w4 = big[4]! | 0;
    w5 = big[5]! | 0;
    w6 = big[6]! | 0;
    w7 = big[7]! | 0;
  }
  out[to] = w0 & 0xffffff;
  out[to + 1] = (w0 >>> 24) | ((w1 & 0xffff) << 8);
  out[to + 2] = (w1 >>> 16) | ((w2 & 0xff) << 16);
  out[to + 3] = w2 >>> 8;
  out[to + 4] = w3 & 0xffffff;
  out[to + 5] = (w3 >>> 24) | ((w4 & 0xffff) << 8);
  out[to + 6] = (w4 >>> 16) | ((w5 & 0xff) << 16);
  out[to + 7] = w5 >>> 8;
  out[to + 8] = w6 & 0xffffff;
  out[to + 9] = (w6 >>> 24) | ((w7 & 0xffff) << 8);
  out[to + 10] = w7 >>> 16;
}

/** Sets out[to..] to the limbs of the 8 little-endian words at words[at..]. */
export function intLimbsFromWords(out: Int32Array, to: number, words: Uint32Array, at: number): void {
  const w0 = words[at]!;
  const w1 = words[at + 1]!;
  const w2 = words[at + 2]!;
  const w3 = words[at + 3]!;
  const w4 = words[at + 4]!;
  const w5 = words[at + 5]!;
  const w6 = words[at + 6]!;
  const w7 = words[at + 7]!;
  out[to] = w0 & 0xffffff;
  out[to + 1] = (w0 >>> 24) | ((w1 & 0xffff) << 8);
  out[to + 2] = (w1 >>> 16) | ((w2 & 0xff) << 16);
  out[to + 3] = w2 >>> 8;
  out[to + 4] = w3 & 0xffffff;
  out[to + 5] = (w3 >>> 24) | ((w4 & 0xffff) << 8);
  out[to + 6] = (w4 >>> 16) | ((w5 & 0xff) << 16);
  out[to + 7] = w5 >>> 8;
  out[to + 8] = w6 & 0xffffff;
  out[to + 9] = (w6 >>> 24) | ((w7 & 0xffff) << 8);
  out[to + 10] = w7 >>> 16;
}

/**
 * Sets out[to..] to the number as balanced limbs, within 2^23. As a factor of `addProduct` they
 * save carries.
 */
export function balancedLimbs(out: Float64Array, to: number, words: Uint32Array, at: number): void {
  limbsFromWords(out, to, words, at);
  for (let i = to; i < to + 10; i++) {
    const carry = Math.round(out[i]! * 2 ** -24);
    out[i]! -= carry * 0x1000000;
    out[i + 1]! += carry;
  }
}

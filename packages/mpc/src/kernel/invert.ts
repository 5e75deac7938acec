// This file computes inverses mod p and mod q by division steps in constant time (Bernstein and
// Yang, eprint 2019/266, with the half-step start that makes 590 steps enough for 256 bits). It
// takes 24 steps at a time on the low words. Their matrix then moves f, g, d, e by one limb of 24
// bits.
//
// For a modulus m it always holds that d x = f and e x = g mod m, |f|, |g| <= m and -2m < d, e < m.
import { limbsFromWords, wordsFromLimbs } from "./limbs.ts";

const LIMBS = 11;
const BATCH = 24;
const BATCHES = 25;
const RADIX = 0x1000000;
const S = 2 ** -24;

export interface Modulus {
  readonly limbs: Float64Array;
  /** The inverse m^-1 mod 2^24. */
  readonly inverse: number;
}

/** Prepares an odd modulus of 8 little-endian words. */
export function modulusOf(words: Uint32Array): Modulus {
  const limbs = new Float64Array(LIMBS);
  limbsFromWords(limbs, 0, words, 0);
  let inverse = words[0]!;
  // In Newton's method the number of right bits doubles from 3.
  for (let i = 0; i < 5; i++) inverse = Math.imul(inverse, 2 - Math.imul(words[0]!, inverse));
  return { limbs, inverse: inverse & (RADIX - 1) };
}

const f = new Float64Array(LIMBS);
const g = new Float64Array(LIMBS);
const d = new Float64Array(LIMBS);
const e = new Float64Array(LIMBS);
const canonical = new Int32Array(LIMBS);
/** The matrix u, v, q, r. It turns 2^24 (f, g) into (u f + v g, q f + r g). */
const matrix = new Int32Array(4);

/** Makes 24 steps on the low 32 bits of f and g. Gives the new zeta, -(delta + 1/2). */
function steps(zeta: number, low: number, lowG: number): number {
  let f0 = low | 0;
  let g0 = lowG | 0;
  let u = 1;
  let v = 0;
  let q = 0;
  let r = 1;
  for (let i = 0; i < BATCH; i++) {
    const negative = zeta >> 31;
    const odd = -(g0 & 1);
    g0 = (g0 + (((f0 ^ negative) - negative) & odd)) | 0;
    q += ((u ^ negative) - negative) & odd;
    r += ((v ^ negative) - negative) & odd;
    const swap = negative & odd;
    zeta = (zeta ^ swap) - 1;
    f0 = (f0 + (g0 & swap)) | 0;
    u = (u + (q & swap)) << 1;
    v = (v + (r & swap)) << 1;
    g0 >>= 1;
  }
  matrix[0] = u;
  matrix[1] = v;
  matrix[2] = q;
  matrix[3] = r;
  return zeta;
}

/** Sets (f, g) = matrix (f, g) / 2^24, exactly. */
function moveValues(): void {
  const u = matrix[0]!;
  const v = matrix[1]!;
  const q = matrix[2]!;
  const r = matrix[3]!;
  let carryF = (u * f[0]! + v * g[0]!) * S;
  let carryG = (q * f[0]! + r * g[0]!) * S;
  for (let i = 1; i < LIMBS; i++) {
    const a = u * f[i]! + v * g[i]! + carryF;
    const b = q * f[i]! + r * g[i]! + carryG;
    carryF = Math.floor(a * S);
    carryG = Math.floor(b * S);
    f[i - 1] = a - carryF * RADIX;
    g[i - 1] = b - carryG * RADIX;
  }
  f[LIMBS - 1] = carryF;
  g[LIMBS - 1] = carryG;
}

/** Gives 1 if the number of this top limb is negative, else 0. */
function isNegative(top: number): number {
  return Math.floor(top * S) & 1;
}

/**
 * Gives the multiple of m that makes u d + v e a multiple of 2^24, near to the one that keeps the
 * result in its range.
 */
function correction(u: number, v: number, inverse: number): number {
  const near = Math.imul(u, isNegative(d[LIMBS - 1]!)) + Math.imul(v, isNegative(e[LIMBS - 1]!));
  const low = Math.imul(u, d[0]!) + Math.imul(v, e[0]!);
  return near - ((Math.imul(inverse, low) + near) & (RADIX - 1));
}

/** Sets (d, e) = matrix (d, e) / 2^24 mod m. */
function moveFactors(m: Float64Array, inverse: number): void {
  const u = matrix[0]!;
  const v = matrix[1]!;
  const q = matrix[2]!;
  const r = matrix[3]!;
  const forD = correction(u, v, inverse);
  const forE = correction(q, r, inverse);
  let carryD = (u * d[0]! + v * e[0]! + forD * m[0]!) * S;
  let carryE = (q * d[0]! + r * e[0]! + forE * m[0]!) * S;
  for (let i = 1; i < LIMBS; i++) {
    const a = u * d[i]! + v * e[i]! + forD * m[i]! + carryD;
    const b = q * d[i]! + r * e[i]! + forE * m[i]! + carryE;
    carryD = Math.floor(a * S);
    carryE = Math.floor(b * S);
    d[i - 1] = a - carryD * RADIX;
    e[i - 1] = b - carryE * RADIX;
  }
  d[LIMBS - 1] = carryD;
  e[LIMBS - 1] = carryE;
}

/**
 * Sets d = sign d + times m, with limbs normalised but for the signed top. It works in integers,
 * because engines test small carries in doubles for -0, by a branch.
 */
function settle(sign: number, m: Float64Array, times: number): void {
  let carry = 0;
  for (let i = 0; i < LIMBS - 1; i++) {
    const v = (Math.imul(sign, d[i]!) + Math.imul(times, m[i]!) + carry) | 0;
    carry = v >> 24;
    d[i] = v & (RADIX - 1);
  }
  d[LIMBS - 1] = (Math.imul(sign, d[LIMBS - 1]!) + Math.imul(times, m[LIMBS - 1]!) + carry) | 0;
}

/** Sets out[to..] = x^-1 mod m, canonical, and 0 for 0. `x` has 8 words below m. */
export function invertWords(out: Uint32Array, to: number, x: Uint32Array, { limbs: m, inverse }: Modulus): void {
  f.set(m);
  limbsFromWords(g, 0, x, 0);
  d.fill(0);
  e.fill(0);
  e[0] = 1;
  let zeta = -1;
  for (let batch = 0; batch < BATCHES; batch++) {
    zeta = steps(zeta, f[0]! | (f[1]! << 24), g[0]! | (g[1]! << 24));
    moveValues();
    moveFactors(m, inverse);
  }
  // f is 1 or -1 now, or m for x = 0, whose d is 0.
  settle(1, m, isNegative(d[LIMBS - 1]!));
  settle(1 - 2 * isNegative(f[LIMBS - 1]!), m, 0);
  settle(1, m, isNegative(d[LIMBS - 1]!));
  canonical.set(d);
  wordsFromLimbs(out, to, canonical);
  for (const secret of [f, g, d, e, matrix, canonical]) secret.fill(0);
}

// This file tells whether a number is a square mod p, in variable time, at a fifth of the cost of a
// square root that does not exist.
//
// It uses Bernstein-Yang division steps in the positive variant of libsecp256k1 (its page
// safegcd_implementation, "Jacobi symbol"), 24 at a time. With limbs of 24 bits and factors up to
// 2^24 every sum of two products is exact in a double.
import { P } from "./field.ts";
import { intLimbsFromWords } from "./scalar-limbs.ts";

const STEPS = 24;

// The table has -1/f mod 256 for odd f, at (f >> 1) & 127.
const negatedInverses = Uint8Array.from({ length: 128 }, (_, i) => {
  let inverse = 1;
  for (let k = 0; k < 7; k++) inverse = (inverse * (2 - (2 * i + 1) * inverse)) & 255;
  return -inverse & 255;
});

const f = new Int32Array(11);
const g = new Int32Array(11);
const modulus = new Int32Array(11);
intLimbsFromWords(modulus, 0, P as Uint32Array, 0);

/**
 * Gives false when x, 0 < x < p in little-endian words, has no square root mod p. Gives true when
 * it has one, as far as is known after 60 batches. Its time is variable, so it is for public x, or
 * for x that is thrown away if it has none.
 */
export function maySquare(x: Uint32Array, at: number): boolean {
  f.set(modulus);
  intLimbsFromWords(g, 0, x, at);
  let length = 11;
  let eta = -1;
  let sign = 0;
  // The loop takes some 23 batches. It is not proved that the positive variant always ends, so
  // there is a limit.
  for (let batch = 0; batch < 60; batch++) {
    let u = 1;
    let v = 0;
    let q = 0;
    let r = 1;
    let f0 = f[0]! | (f[1]! << 24);
    let g0 = g[0]! | (g[1]! << 24);
    let left = STEPS;
    for (;;) {
      const zeros = 31 - Math.clz32((g0 | (-1 << left)) & -(g0 | (-1 << left)));
      g0 >>>= zeros;
      u <<= zeros;
      v <<= zeros;
      eta -= zeros;
      left -= zeros;
      sign ^= zeros & ((f0 >> 1) ^ (f0 >> 2));
      if (left === 0) break;
      if (eta < 0) {
        eta = -eta;
        sign ^= (f0 & g0) >> 1;
        let t = f0;
        f0 = g0;
        g0 = t;
        t = u;
        u = q;
        q = t;
        t = v;
        v = r;
        r = t;
      }
      const limit = Math.min(eta + 1, left);
      const mask = (-1 >>> (32 - limit)) & 255;
      const w = Math.imul(g0, negatedInverses[(f0 >> 1) & 127]!) & mask;
      g0 = (g0 + Math.imul(f0, w)) | 0;
      q += Math.imul(u, w);
      r += Math.imul(v, w);
    }
    let carryF = (u * f[0]! + v * g[0]!) * 2 ** -24;
    let carryG = (q * f[0]! + r * g[0]!) * 2 ** -24;
    for (let i = 1; i < length; i++) {
      const fi = f[i]!;
      const gi = g[i]!;
      const a = u * fi + v * gi + carryF;
      const b = q * fi + r * gi + carryG;
      carryF = Math.floor(a * 2 ** -24);
      carryG = Math.floor(b * 2 ** -24);
      f[i - 1] = a - carryF * 0x1000000;
      g[i - 1] = b - carryG * 0x1000000;
    }
    f[length - 1] = carryF;
    g[length - 1] = carryG;
    while (length > 2 && f[length - 1] === 0 && g[length - 1] === 0) length--;
    if (f[0] === 1 && isOne(length)) return (sign & 1) === 0;
  }
  return true;
}

function isOne(length: number): boolean {
  for (let i = 1; i < length; i++) if (f[i] !== 0) return false;
  return true;
}

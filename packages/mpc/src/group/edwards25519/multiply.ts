// This file computes Σ k_i P_i for public values, in variable time, with one chain of doublings for
// all (Straus) and signed windows of odd digits.
import type { Scalar } from "../group.ts";
import { oddTable } from "./base-table.ts";
import { AFFINE, addAffine, addCached, CACHED, cache, double, EXTENDED, subAffine, subCached } from "./formulas.ts";

const BITS = 256;
const WINDOW = 5;
const ENTRIES = 8;
const BASE_WINDOW = 7;

/**
 * Gives odd digits below 2^(window-1) in size, at most one in any `window` places. `k` is
 * little-endian, below 2^254.
 */
function digitsOf(k: Uint8Array, window: number): Int8Array {
  const digits = new Int8Array(BITS);
  for (let i = 0; i < BITS; i++) digits[i] = (k[i >> 3]! >> (i & 7)) & 1;
  const top = (1 << (window - 1)) - 1;
  for (let i = 0; i < BITS; i++) {
    if (digits[i] === 0) continue;
    let value = digits[i]!;
    for (let j = 1; j < window && i + j < BITS; j++) {
      value += digits[i + j]! << j;
      digits[i + j] = 0;
    }
    if (value > top) {
      value -= 1 << window;
      // The borrow goes into the next place above the window.
      let j = i + window;
      while (digits[j] === 1) digits[j++] = 0;
      digits[j] = 1;
    }
    digits[i] = value;
  }
  return digits;
}

function oddMultiples(P: Float64Array): Float64Array {
  const table = new Float64Array(CACHED * ENTRIES);
  const point = P.slice();
  const twice = new Float64Array(EXTENDED);
  double(twice, 0, P, 0, true);
  const addend = new Float64Array(CACHED);
  cache(addend, 0, twice, 0);
  cache(table, 0, point, 0);
  for (let e = 1; e < ENTRIES; e++) {
    addCached(point, 0, point, 0, addend, 0, true);
    cache(table, CACHED * e, point, 0);
  }
  return table;
}

/** Gives k_0 B + Σ k_i P_i. */
export function combine(base: Scalar | undefined, terms: readonly (readonly [Uint8Array, Float64Array])[]): Float64Array {
  const chains = terms.map(([k, P]) => ({ digits: digitsOf(k, WINDOW), table: oddMultiples(P) }));
  const baseDigits = base === undefined ? new Int8Array(BITS) : digitsOf(base, BASE_WINDOW);
  const additions = new Uint8Array(BITS);
  for (const digits of [baseDigits, ...chains.map((chain) => chain.digits)])
    for (let i = 0; i < BITS; i++) additions[i]! += digits[i] === 0 ? 0 : 1;

  const R = new Float64Array(EXTENDED);
  R[11] = 1;
  R[22] = 1;
  let i = BITS - 1;
  while (i > 0 && additions[i] === 0) i--;
  for (; i >= 0; i--) {
    let pending = additions[i]!;
    // T is wanted only where an addition follows, and at the end.
    double(R, 0, R, 0, pending > 0 || i === 0);
    if (pending === 0) continue;
    for (const { digits, table } of chains) {
      const digit = digits[i]!;
      if (digit === 0) continue;
      pending--;
      if (digit > 0) addCached(R, 0, R, 0, table, CACHED * (digit >> 1), pending > 0 || i === 0);
      else subCached(R, 0, R, 0, table, CACHED * (-digit >> 1), pending > 0 || i === 0);
    }
    const digit = baseDigits[i]!;
    if (digit > 0) addAffine(R, 0, R, 0, oddTable(), AFFINE * (digit >> 1), i === 0);
    else if (digit < 0) subAffine(R, 0, R, 0, oddTable(), AFFINE * (-digit >> 1), i === 0);
  }
  return R;
}

/** Gives n P for 0 <= n < 2^16. */
export function mulSmall(P: Float64Array, n: number): Float64Array {
  const R = new Float64Array(EXTENDED);
  R[11] = 1;
  R[22] = 1;
  const addend = new Float64Array(CACHED);
  cache(addend, 0, P, 0);
  for (let bit = 31 - Math.clz32(n); bit >= 0; bit--) {
    double(R, 0, R, 0, true);
    if ((n >>> bit) & 1) addCached(R, 0, R, 0, addend, 0, true);
  }
  return R;
}

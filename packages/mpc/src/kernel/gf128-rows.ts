// This file computes h(row) = sum_j chi_j row_j of 128 secret rows at once, for public chi
// (dkls23-spec 4.2). It works on the columns of the matrix: column b, 128 bits, belongs to chi_j
// X^(b mod 128). So tables are indexed by bits of chi alone, never by a secret.
import { transpose } from "./bit-matrix.ts";

const GROUP = 4;
const SPAN = 128 + GROUP - 1;

/**
 * Gives 128 x 4 words. `chi` has 4 words per block of 128 columns. `columns` has 4 words for each
 * of the `count` columns, a multiple of 32.
 */
export function hashRows(chi: Uint32Array, columns: Uint32Array, count: number): Uint32Array {
  // Coefficient m of the product before its reduction stands, for all rows, in the 4 words at 4 m.
  const product = new Uint32Array(4 * 256);
  const table = new Uint32Array(4 * (1 << GROUP));
  const window = new Uint8Array(SPAN);
  for (let first = 0; first < count; first += GROUP) {
    const j = first >>> 7;
    if ((first & 127) === 0) windows(window, chi, 4 * j);
    for (let n = 1; n < 1 << GROUP; n++) {
      const bit = 31 - Math.clz32(n);
      const rest = 4 * (n ^ (1 << bit));
      for (let k = 0; k < 4; k++) table[4 * n + k] = table[rest + k]! ^ columns[4 * (first + bit) + k]!;
    }
    let m = 4 * (first & 127);
    for (let s = 0; s < SPAN; s++, m += 4) {
      const n = window[s]!;
      product[m]! ^= table[n]!;
      product[m + 1]! ^= table[n + 1]!;
      product[m + 2]! ^= table[n + 2]!;
      product[m + 3]! ^= table[n + 3]!;
    }
  }
  for (let m = 4 * 254 + 3; m >= 512; m--) {
    const word = product[m]!;
    for (const shift of [0, 1, 2, 7]) product[m - 512 + 4 * shift]! ^= word;
  }
  return transpose(product.subarray(0, 512), 4, 4, 4);
}

/** Sets window[s] to 4 times the number with bit k = bit s - k of chi. */
function windows(window: Uint8Array, chi: Uint32Array, at: number): void {
  let n = 0;
  for (let s = 0; s < SPAN; s++) {
    const bit = s < 128 ? (chi[at + (s >>> 5)]! >>> (s & 31)) & 1 : 0;
    n = ((n << 1) | bit) & ((1 << GROUP) - 1);
    window[s] = 4 * n;
  }
}

// The command `npm run unroll -w @covault/mpc` writes this file. Change the generator instead:
// packages/mpc/scripts/unroll/words.js.
//
// This file has 256-bit numbers as 8 words and as 11 limbs of 24 bits (dkls23-spec, Appendix A).

/** Sets out[to..] to 11 unsigned limbs from the 8 words at words[at..]. */
export function limbsFromWords(out: Float64Array, to: number, words: Uint32Array, at: number): void {
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

/** Sets out[to..] to 8 words from 11 canonical limbs. */
export function wordsFromLimbs(out: Uint32Array, to: number, l: Int32Array): void {
  out[to] = l[0]! | (l[1]! << 24);
  out[to + 1] = (l[1]! >>> 8) | (l[2]! << 16);
  out[to + 2] = (l[2]! >>> 16) | (l[3]! << 8);
  out[to + 3] = l[4]! | (l[5]! << 24);
  out[to + 4] = (l[5]! >>> 8) | (l[6]! << 16);
  out[to + 5] = (l[6]! >>> 16) | (l[7]! << 8);
  out[to + 6] = l[8]! | (l[9]! << 24);
  out[to + 7] = (l[9]! >>> 8) | (l[10]! << 16);
}

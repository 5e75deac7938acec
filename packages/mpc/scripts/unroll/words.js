// This file generates kernel/limbs.ts: a number of 256 bits as 8 little-endian words and as 11
// unsigned limbs of 24 bits. Three words make four limbs, so a limb is in one word or in two that
// follow each other, and a word in two limbs.
import { at, define, file, range } from "./text.js";

const mask = (bits) => `0x${((1 << bits) - 1).toString(16)}`;

/**
 * Gives limb i: bits 24 i to 24 i + 23. `word` names a word. Limb 10 is the 16 bits that are left.
 */
export function limbOf(word, i) {
  const [j, shift] = [(24 * i) >> 5, (24 * i) & 31];
  if (shift === 0) return `${word(j)} & ${mask(24)}`;
  if (shift === 8 || j === 7) return `${word(j)} >>> ${shift}`;
  return `(${word(j)} >>> ${shift}) | ((${word(j + 1)} & ${mask(shift - 8)}) << ${32 - shift})`;
}

/** Gives word j: bits 32 j to 32 j + 31. `limb` names a limb. */
export function wordOf(limb, j) {
  const [i, shift] = [Math.floor((32 * j) / 24), (32 * j) % 24];
  return `${shift === 0 ? limb(i) : `(${limb(i)} >>> ${shift})`} | (${limb(i + 1)} << ${24 - shift})`;
}

export const loadWords = range(0, 7).map((j) => `const w${j} = ${at("words", "at", j)}!;`);
export const storeLimbs = range(0, 10).map((i) => `${at("out", "to", i)} = ${limbOf((j) => `w${j}`, i)};`);

export const limbs = () =>
  file(
    "words.js",
    ["// This file has 256-bit numbers as 8 words and as 11 limbs of 24 bits (dkls23-spec, Appendix A)."],
    define(
      "/** Sets out[to..] to 11 unsigned limbs from the 8 words at words[at..]. */",
      "limbsFromWords",
      ["out: Float64Array", "to: number", "words: Uint32Array", "at: number"],
      [...loadWords, ...storeLimbs],
    ),
    define(
      "/** Sets out[to..] to 8 words from 11 canonical limbs. */",
      "wordsFromLimbs",
      ["out: Uint32Array", "to: number", "l: Int32Array"],
      range(0, 7).map((j) => `${at("out", "to", j)} = ${wordOf((i) => `l[${i}]!`, j)};`),
    ),
  );

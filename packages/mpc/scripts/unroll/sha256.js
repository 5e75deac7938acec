// This file generates SHA-256 (FIPS 180-4). kernel/sha256-block.ts is the compression function, and
// kernel/sha256-short.ts the one block of SH (dkls23-spec 0.3), of which most is computed once for
// many.
//
// Words and letters are variables, not elements of arrays. No letter moves to the next in a round,
// but their names do. In round i, a letter is the variable that held, at the start, the letter i
// places before it.
import { assignInt, at, define, file, range } from "./text.js";

// --- The constants are 32 bits of the fractions of roots of the first primes (4.2.2, 5.3.3).

const primes = range(2, 311).filter((n) => range(2, n - 1).every((d) => n % d !== 0));

/** Gives floor(x^(1/k)), by bisection. */
function root(x, k) {
  let [low, high] = [0n, 2n ** 40n];
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** k <= x) low = middle;
    else high = middle;
  }
  return low;
}
const fraction = (prime, k) => Number(BigInt.asIntN(32, root(BigInt(prime) << (32n * k), k)));
const K = primes.map((prime) => fraction(prime, 3n));
const initial = primes.slice(0, 8).map((prime) => fraction(prime, 2n));

// --- In the steps a term is an expression, or a number where its value is known.

const hex = (n) => `0x${n.toString(16).padStart(8, "0")}`;
const rotate = (x, by) => `((${x} >>> ${by}) | (${x} << ${32 - by}))`;
const xor = (...terms) => `(${terms.join(" ^ ")})`;

const bigSigma0 = (x) => xor(rotate(x, 2), rotate(x, 13), rotate(x, 22));
const bigSigma1 = (x) => xor(rotate(x, 6), rotate(x, 11), rotate(x, 25));
// Ch = (e & f) ^ (~e & g) and Maj = (a & b) ^ (a & c) ^ (b & c) are computed with an operation less
// each. Maj's b ^ c was a ^ b in the round before.
const ch = (e, f, g) => `(${g} ^ (${e} & (${f} ^ ${g})))`;
const maj = (a, b, c) => `(${b} ^ ((${a} ^ ${b}) & (${b} ^ ${c})))`;

const rotated = (x, by) => (x >>> by) | (x << (32 - by));
const sigma0 = (x) =>
  typeof x === "number" ? rotated(x, 7) ^ rotated(x, 18) ^ (x >>> 3) : xor(rotate(x, 7), rotate(x, 18), `(${x} >>> 3)`);
const sigma1 = (x) =>
  typeof x === "number" ? rotated(x, 17) ^ rotated(x, 19) ^ (x >>> 10) : xor(rotate(x, 17), rotate(x, 19), `(${x} >>> 10)`);

/** Gives the variables of the letters a..h in round i. */
const letters = (i) => range(0, 7).map((l) => "abcdefgh"[(l - i) & 7]);
const state = [..."abcdefgh"];

/**
 * Makes round i (6.2.2, step 3) with its word. T1 and T2 are summed in the variable of h, which is
 * the a of the next round.
 */
function round(i, word) {
  const [a, b, c, d, e, f, g, h] = letters(i);
  const k = K[i];
  const constant = typeof word === "number" ? [`(${hex((k + word) >>> 0)} | 0)`] : [k < 0 ? `-${hex(-k)}` : hex(k), word];
  return [
    ...assignInt(h, [h, bigSigma1(e), ch(e, f, g), ...constant]),
    ...assignInt(d, [d, h]),
    ...assignInt(h, [h, bigSigma0(a), maj(a, b, c)]),
  ];
}

/** Gives the variable of word i. The last sixteen are kept. */
const w = (i) => `w${i % 16}`;

/** Gives the four terms of word i (6.2.2, step 1), without those that are 0. */
const schedule = (i, word = w) => [word(i - 16), sigma0(word(i - 15)), word(i - 7), sigma1(word(i - 2))].filter((term) => term !== 0);

export const sha256Block = () =>
  file(
    "sha256.js",
    ["// This file has the compression function of SHA-256 (FIPS 180-4, 6.2.2), unrolled."],
    [
      "/** The initial state. */",
      "export const INITIAL: Readonly<Int32Array> = Int32Array.of(",
      ...initial.map((word) => `  ${word},`),
      ");",
    ],
    define(
      "/** Sets state = compress(state, the 16 big-endian words at bytes[at..]). */",
      "compress",
      ["state: Int32Array", "bytes: DataView", "at: number"],
      [
        ...range(0, 15).map((i) => `let ${w(i)} = bytes.getInt32(at${i > 0 ? ` + ${4 * i}` : ""});`),
        ...state.map((letter, i) => `let ${letter} = state[${i}]!;`),
        ...range(0, 15).flatMap((i) => round(i, w(i))),
        ...range(16, 63).flatMap((i) => [...assignInt(w(i), schedule(i)), ...round(i, w(i))]),
        ...state.flatMap((letter, i) => assignInt(`state[${i}]`, [`state[${i}]!`, letter])),
      ],
    ),
  );

// --- In SH words 0..7 are the salt, 8..11 mid, 12 is w, and the rest of the block is known.

const PADDING = { 13: 0x80000000 | 0, 14: 0, 15: 8 * 52 };
const known = (i) => PADDING[i] ?? w(i);

const isOfSalt = (i) => i < 8 || PADDING[i] !== undefined;

/**
 * Words 16..23 have two parts. What salt and padding alone make of them stands behind the state.
 * The rest is added by `finish`.
 */
const IN_PARTS = range(16, 23);
const ofSalt = (i) => schedule(i, (j) => (isOfSalt(j) ? known(j) : 0));
const rest = (i) => schedule(i, (j) => (isOfSalt(j) ? 0 : w(j)));

/** `absorb` leaves this for `finish`: where it stands in MID, and the letters after round 11. */
const [MID_STATE, MID_WORDS, MID_SALT] = [0, 8, 12];
const afterMid = letters(12);

export const sha256Short = () =>
  file(
    "sha256.js",
    [
      "// This file has SH(salt, mid, w) = SHA-256(salt' || mid || w), which is always one block",
      "// (dkls23-spec 0.3). What depends on the salt alone is computed once: the first 8 rounds and a part",
      "// of the message schedule. What depends on salt and mid is computed once, too: 4 rounds more.",
    ],
    ["// The block is 8 words of salt, 4 of mid, w, the padding bit, 0, and the 52 bytes in bits."],
    ["/** The state a..h after the salt, seven partial schedule words, the last word of the salt. */", "export type Salted = Int32Array;"],
    define(
      "/** Gives the midstate of the salt: 32 bytes as 8 words. The top bit of the first is set here. */",
      "saltSh",
      ["salt: Uint32Array"],
      [
        ...range(0, 7).map((i) => `const ${w(i)} = salt[${i}]! | ${i === 0 ? "0x80000000" : 0};`),
        ...state.map((letter, i) => `let ${letter} = ${initial[i]};`),
        ...range(0, 7).flatMap((i) => round(i, w(i))),
        "return Int32Array.of(",
        ...[...state, ...IN_PARTS.map((i) => ofSalt(i).join(" + "))].map((value) => `  ${value},`),
        ");",
      ],
      "Salted",
    ),
    ["const MID = new Int32Array(20);"],
    define(
      "/** Runs rounds 8..11: state a..h to MID[0..], mid to MID[8..], the rest of the salt behind it. */",
      "absorb",
      ["salted: Salted", "mids: Uint32Array", "m: number"],
      [
        ...range(8, 11).map((i) => `const ${w(i)} = mids[m + ${i - 8}]! | 0;`),
        ...state.map((letter, i) => `let ${letter} = salted[${i}]!;`),
        ...range(8, 11).flatMap((i) => round(i, w(i))),
        ...afterMid.map((letter, i) => `MID[${MID_STATE + i}] = ${letter};`),
        ...range(8, 11).map((i) => `MID[${MID_WORDS + i - 8}] = ${w(i)};`),
        ...IN_PARTS.map((i) => `MID[${MID_SALT + i - 16}] = salted[${8 + i - 16}]!;`),
      ],
      "void",
      false,
    ),
    define(
      "/** Runs rounds 12..63 with w, and writes the 8 words of the digest to out[o..]. */",
      "finish",
      ["out: Uint32Array", "o: number", "w: number"],
      [
        ...afterMid.map((letter, i) => `let ${letter} = MID[${MID_STATE + i}]!;`),
        ...range(8, 11).map((i) => `let ${w(i)} = MID[${MID_WORDS + i - 8}]!;`),
        "let w12 = w | 0;",
        ...range(12, 15).flatMap((i) => round(i, known(i))),
        ...IN_PARTS.flatMap((i) => [...assignInt(`let ${w(i)}`, [`MID[${MID_SALT + i - 16}]!`, ...rest(i)]), ...round(i, w(i))]),
        // The padding's words are known until others take their places, from 29 on.
        ...range(24, 63).flatMap((i) => [...assignInt(i > 28 && i < 32 ? `let ${w(i)}` : w(i), schedule(i, known)), ...round(i, w(i))]),
        ...state.map((letter, i) => `${at("out", "o", i)} = ${letter} + ${initial[i]};`),
      ],
      "void",
      false,
    ),
    define(
      "/** Sets out[o..o+7] = SH(salt, mid, w), with mid at mids[m..m+3]. */",
      "sh",
      ["out: Uint32Array", "o: number", "salted: Salted", "mids: Uint32Array", "m: number", "w: number"],
      ["absorb(salted, mids, m);", "finish(out, o, w);"],
    ),
    define(
      "/**\n * Sets out[o + 8 k ..] = SH(salt, mid, w + 256 k), k = 0, 1, 2. They are the three blocks of a row,\n * or the three masks of an OT.\n */",
      "shTriple",
      ["out: Uint32Array", "o: number", "salted: Salted", "mids: Uint32Array", "m: number", "w: number"],
      ["absorb(salted, mids, m);", "finish(out, o, w);", "finish(out, o + 8, w + 256);", "finish(out, o + 16, w + 512);"],
    ),
  );

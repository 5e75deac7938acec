// This file generates the integers mod q, the order of secp256k1. kernel/scalar-columns.ts has sums
// of products that are reduced once, and kernel/scalar-limbs.ts has what they are made of. Limbs
// and columns are those of limbs.js, but a sum is kept as 21 columns and two for what is carried
// out of them.
//
// q = 2^256 - c with a c of 129 bits. In the field c has 33, and one fold is enough. Here it is
// not. A fold replaces limb 11 + i by its multiple of 2^264 mod q: six balanced limbs, F, added to
// columns i to i + 5. It adds six products of a limb of F and one that was carried twice, each
// 2^46: less than 2^49. So 12 limbs above the eleventh become 7, then 2 of which the second is a
// carry, then none.
import { balanced, carried, carryAtOnce, LIMBS, load, operand, productColumn, roundings } from "./limbs.js";
import { assign, at, define, file, range } from "./text.js";
import { loadWords, storeLimbs, wordOf } from "./words.js";

const TOP = LIMBS - 1;
const COLUMNS = 2 * LIMBS - 1;
const q = 2n ** 256n - 0x14551231950b75fc4402da1732fc9bebfn;

const F = balanced(2n ** 264n % q);
const G = balanced(2n ** 256n % q);

/** Folds columns 11 to `last` into those below: column i takes F_j times limb 11 + i - j. */
const fold = (h, last) => [
  ...range(LIMBS, last).map((i) => `const ${h}${i} = t${i};`),
  ...range(0, last - LIMBS + F.length - 1).flatMap((i) =>
    assign(
      `t${i} ${i < LIMBS ? "+=" : "="}`,
      range(Math.max(0, i - F.length + 1), Math.min(i, last - LIMBS)).map((k) => `${F[i - k]} * ${h}${LIMBS + k}`),
    ),
  ),
];

/**
 * Writes t_0 … t_10, an integer between -q and 2 q in limbs that fit 32 bits, to `out` as canonical
 * words.
 */
function canonicalWords() {
  const limb = (i) => `0x${((q >> BigInt(24 * i)) & 0xffffffn).toString(16)}`;
  const [below, words] = [range(0, TOP - 1), range(0, 7)];
  return [
    "// The limbs have 24 bits, with the sign in the last one.",
    ...below.flatMap((i) => [i === 0 ? "let v = t0 | 0;" : `v = (t${i} | 0) + (v >> 24);`, `const l${i} = v & 0xffffff;`]),
    `const l${TOP} = (t${TOP} | 0) + (v >> 24);`,
    "// q is added if the number is negative, else subtracted: (q ^ flip) - flip.",
    `const flip = ~(l${TOP} >> 31);`,
    ...range(0, TOP).flatMap((i) => [
      `v = l${i} + ((${limb(i)} ^ flip) - flip)${i > 0 ? " + (v >> 24)" : ""};`,
      `const m${i} = v${i < TOP ? " & 0xffffff" : ""};`,
    ]),
    "// The difference is taken back if it is negative.",
    `const keep = (m${TOP} >> 31) & flip;`,
    ...range(0, TOP).map((i) => `const r${i} = m${i} ^ ((m${i} ^ l${i}) & keep);`),
    ...words.map((j) => `${at("out", "to", j)} = ${wordOf((i) => `r${i}`, j)};`),
  ];
}

/** Reduces from columns below 2^53. The comments bound them before each step. */
const reduceColumns = [
  ...range(0, COLUMNS + 1).map((i) => `let t${i} = c[${i}]!;`),
  // All columns are below 2^53, then at most 2^23 + 2^29. Those that are folded are carried twice,
  // to a unit and 2^6.
  ...carryAtOnce("p0x", 0, COLUMNS, `t${COLUMNS + 1} +=`),
  ...carryAtOnce("p1x", LIMBS, COLUMNS, `t${COLUMNS + 1} +=`),
  "// 2^264 mod q has 137 bits, so three folds bring the columns from 11 up into the eleven below.",
  "// Only what is folded is carried.",
  ...fold("h2x", 22),
  // The columns are below 2^49. Column 10 is carried, too, since its carry is to be folded.
  ...carryAtOnce("p3x", TOP, 16, "t17 ="),
  ...carryAtOnce("p4x", LIMBS, 16, "t17 +="),
  ...fold("h5x", 17),
  // The columns are below 2^50. Column 11 is F_5 times t17, which is the carry of a carry and of a
  // few bits, and takes the carry of column 10.
  ...carryAtOnce("p6x", TOP, LIMBS, "t12 ="),
  ...fold("h7x", 12),
  // The columns are below 2^51, with nothing above the eleventh. Carried twice, limb 10 holds all
  // that is above bit 240.
  ...carryAtOnce("p8x", 0, TOP - 1, `t${TOP} +=`),
  ...carryAtOnce("p9x", 0, TOP - 1, `t${TOP} +=`),
  // What is above bit 256 counts 2^256 mod q, six limbs. After that the number is within 2^255 and
  // a little, thus between -q and q.
  "const top = t10 + M16 - M16;",
  "const over = top * S16;",
  "t10 -= top;",
  ...G.map((limb, i) => `t${i} += ${limb} * over;`),
  ...carryAtOnce("p10x", 0, TOP - 1, `t${TOP} +=`),
  ...canonicalWords(),
];

const column = (i) => `c[${i}]!`;
const columns = range(0, COLUMNS - 1);
const ints = (letter) => [`${letter.toUpperCase()}: Int32Array`, `${letter}: number`];

export const scalarColumns = () =>
  file(
    "scalars.js",
    [
      "// This file has sums of products of integers mod q, lazily carried and reduced once (dkls23-spec",
      "// 11.3.6). The code is straight-line, on columns of 24 bits in doubles. It is exact as long as",
      "// every column stays below 2^53.",
    ],
    [
      "// Adding and subtracting M rounds to a multiple of 2^24.",
      "const M = 1.5 * 2 ** 76;",
      "const S = 2 ** -24;",
      "const M16 = 1.5 * 2 ** 68;",
      "const S16 = 2 ** -16;",
    ],
    ["/** 21 columns of the value sum c_i 2^(24 i), of any sign, and two for carries. */", "export type Columns = Float64Array;"],
    ["export function columnsNew(): Columns {", `  return new Float64Array(${COLUMNS + 2});`, "}"],
    define(
      "/**\n * Does c += a b. With a balanced (within 2^23) and limbs of b within 2^25, there are at most 2\n * products between two carries.\n */",
      "addProduct",
      ["c: Columns", ...operand("a"), ...ints("b")],
      [...load("a"), ...load("b"), ...columns.flatMap((k) => assign(`${column(k)} +=`, productColumn("a", "b", k)))],
    ),
    define(
      "/** Sets c = a b + d e + f, for balanced a and d and limbs of b and e within 2^25. */",
      "twoProducts",
      ["c: Columns", "A: Float64Array", ...ints("b"), "D: Float64Array", ...ints("e"), ...ints("f")],
      [
        ...load("a", { offset: 0 }),
        ...load("b"),
        ...load("d", { offset: 0 }),
        ...load("e"),
        ...columns.flatMap((k) => {
          const products = [...productColumn("a", "b", k), ...productColumn("d", "e", k)];
          return assign(`c[${k}] =`, k <= TOP ? [...products, `${at("F", "f", k)}!`] : products);
        }),
        ...[COLUMNS, COLUMNS + 1].map((k) => `c[${k}] = 0;`),
      ],
    ),
    define(
      "/** Carries every column into the next, all at once. Columns below 2^53 fall below 2^30. */",
      "carryColumns",
      ["c: Columns"],
      [
        ...roundings("k", 0, COLUMNS, column),
        `${column(0)} -= k0;`,
        ...range(1, COLUMNS).map((i) => `c[${i}] = ${carried("k", i, column(i))};`),
        `${column(COLUMNS + 1)} += k${COLUMNS} * S;`,
      ],
    ),
    define(
      "/** Sets out[to..to+7] to the sum mod q, as canonical little-endian words. */",
      "reduceColumns",
      ["out: Uint32Array", "to: number", "c: Columns"],
      reduceColumns,
    ),
  );

export const scalarLimbs = () =>
  file(
    "scalars.js",
    [
      "// This file has integers mod q as 11 unsigned limbs of 24 bits in Int32Arrays. The rows of the",
      "// multiplication are made of them (dkls23-spec 5, 11.3.6).",
      'import { limbsFromWords } from "./limbs.ts";',
      'import { subtractOrder } from "./order.ts";',
    ],
    define(
      "/** Sets out[to..to+7] = a - b + c mod q, as canonical words, for a, b, c < q in limbs. */",
      "differencePlus",
      ["out: Uint32Array", "to: number", ...ints("a"), ...ints("b"), ...ints("c")],
      [...range(0, TOP).map((i) => `const t${i} = ${at("A", "a", i)}! - ${at("B", "b", i)}! + ${at("C", "c", i)}!;`), ...canonicalWords()],
    ),
    ["const big = new Uint32Array(8);"],
    define(
      "/** Sets out[to..] to the limbs of the big-endian word string at words[at..at+7] mod q. */",
      "limbsFromDigest",
      ["out: Int32Array", "to: number", "words: Uint32Array", "at: number"],
      [
        ...range(0, 7).map((i) => `let w${7 - i} = ${at("words", "at", i)}! | 0;`),
        "// A hash is not below q with probability 2^-127, so this branch is never seen.",
        "if ((w7 & w6 & w5) === -1) {",
        "  for (let i = 0; i < 8; i++) big[i] = words[at + 7 - i]!;",
        "  subtractOrder(big, 0);",
        ...range(0, 7).map((i) => `  w${i} = big[${i}]! | 0;`),
        "}",
        ...storeLimbs,
      ],
    ),
    define(
      "/** Sets out[to..] to the limbs of the 8 little-endian words at words[at..]. */",
      "intLimbsFromWords",
      ["out: Int32Array", "to: number", "words: Uint32Array", "at: number"],
      [...loadWords, ...storeLimbs],
    ),
    define(
      "/**\n * Sets out[to..] to the number as balanced limbs, within 2^23. As a factor of `addProduct` they\n * save carries.\n */",
      "balancedLimbs",
      ["out: Float64Array", "to: number", "words: Uint32Array", "at: number"],
      [
        "limbsFromWords(out, to, words, at);",
        "for (let i = to; i < to + 10; i++) {",
        "  const carry = Math.round(out[i]! * 2 ** -24);",
        "  out[i]! -= carry * 0x1000000;",
        "  out[i + 1]! += carry;",
        "}",
      ],
    ),
  );

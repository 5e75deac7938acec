// This file generates the field of secp256k1, p = 2^256 - c with c = 2^32 + 977:
// kernel/field-mul.ts, field-sqr.ts and field-linear.ts.
//
// A product has 21 columns t_0 … t_20 below 2^53 (limbs.js). Limb 10 of a factor is 2^18 at most,
// as of any sum of a few results. The columns are brought back to eleven limbs in three steps.
//
// 1. Columns 10 to 20 are carried, into t_21. They are a unit and the carry of a column below 2^53
//    then, at most 2^23 + 2^29. Limbs 11 to 21 stand for multiples of 2^264 = 2^8 c = 250112 +
//    65536 · 2^24 (mod p), so 250112 t_(11+i) + 65536 t_(10+i), less than 2^48, is added to t_i.
//    There is room: columns 0 to 9 have ten products at most, 110 · 2^46 of the 128 · 2^46 that are
//    2^53, and column 10 was carried. 65536 t_21 belongs to column 11 and is folded once more, as
//    h. t_21 is the carry of a_10 b_10 alone, 2^12, so 250112 h is less than 2^46.
// 2. Columns 0 to 9 are carried, into t_10, where bit 256 is bit 16. What is above it, rounded to a
//    multiple of 2^16, stands for multiples of 2^256 = c = 977 + 256 · 2^24 (mod p).
// 3. Columns 0 to 9 are carried once more. What comes from the one below is small now: the limbs
//    are a unit and a hundredth at most, limb 10 is 2^15 + 2^7.
//
// kernel/unrolled-bounds.test.ts takes these bounds through the lines, and kernel/limits.test.ts
// drives every limb to them.
import { balanced, carryAtOnce, carryInto, LIMBS, load, operand, product, result, square } from "./limbs.js";
import { at, define, file, indent, range } from "./text.js";

const TOP = LIMBS - 1;
const c = 2n ** 32n + 977n;

const constants = ["const M = 1.5 * 2 ** 76;", "const S = 2 ** -24;", "const M16 = 1.5 * 2 ** 68;", "const S16 = 2 ** -16;"];

/** Makes step 1. */
function foldColumns() {
  const [low, high] = balanced(c << 8n);
  return [
    "// Columns 10..20 are carried at once, then 11..21 are folded into 0..10.",
    ...carryAtOnce("k", TOP, 2 * TOP, `const t${2 * TOP + 1} =`),
    ...range(0, TOP).map((i) => `t${i} += ${low} * t${LIMBS + i}${i > 0 ? ` + ${high} * t${TOP + i}` : ""};`),
    `const h = ${high} * t${2 * TOP + 1};`,
    `t0 += ${low} * h;`,
    `t1 += ${high} * h;`,
  ];
}

/** Makes the split of step 2, of what is above bit 256. */
function splitTop() {
  const [low, high] = balanced(c);
  return ["const top = t10 + M16 - M16;", "const over = top * S16;", `t0 += ${low} * over;`, `t1 += ${high} * over;`];
}

/** Makes steps 1 to 3. */
const reduce = (into = result) => [
  ...foldColumns(),
  "// Limbs 0..9 are carried at once, limb 10 is split at bit 256, and 0..9 are carried again.",
  ...carryAtOnce("e", 0, TOP - 1, `t${TOP} +=`),
  ...splitTop(),
  ...carryInto(into),
];

const minus = (...letters) =>
  range(0, TOP).map((i) => `t${i} -= ${letters.map((letter) => `${at(letter.toUpperCase(), letter, i)}!`).join(" + ")};`);

const operands = (letters) => [...letters].flatMap(operand);

export const fieldMul = () =>
  file(
    "secp256k1.js",
    [
      "// This file multiplies in the field of secp256k1 (dkls23-spec, Appendix A), on 11 limbs of 24 bits",
      "// in doubles. The code is straight-line, and exact as long as the products of the factors' units",
      "// add up to 11 at most. A unit is 2^23, and every result has one unit per limb. The carries run",
      "// side by side instead of one after the other, so that their latencies overlap.",
    ],
    ["// Adding and subtracting M rounds to a multiple of 2^24, and M16 to a multiple of 2^16.", ...constants],
    define("/** Sets R[r..] = a b. */", "mul", operands("rab"), [...load("a"), ...load("b"), ...product(), ...reduce()]),
    define("/** Sets R[r..] = a b - c, for c of up to 8 units. */", "mulMinus", operands("rabc"), [
      ...load("a"),
      ...load("b"),
      ...product(),
      ...minus("c"),
      ...reduce(),
    ]),
  );

const squared = () => square((limb) => `${limb} + ${limb}`);

export const fieldSqr = () =>
  file(
    "secp256k1.js",
    [
      "// This file squares in the field of secp256k1, once and many times over (dkls23-spec, Appendix A).",
      "// Bounds and constants are those of field-mul.ts.",
    ],
    constants,
    define("/** Sets R[r..] = a^2. */", "sqr", operands("ra"), [...load("a"), ...squared(), ...reduce()]),
    define("/** Sets R[r..] = a^2 - b - c, for b and c of up to 4 units. */", "sqrMinus", operands("rabc"), [
      ...load("a"),
      ...squared(),
      ...minus("b", "c"),
      ...reduce(),
    ]),
    define(
      "/** Sets R[r..] = a^(2^n), n >= 1. The limbs stay in registers between the squarings. */",
      "sqrTimes",
      [...operands("ra"), "n: number"],
      [
        ...load("a", { keyword: "let" }),
        "for (let i = 0; i < n; i++) {",
        ...indent([...squared(), ...reduce((i) => `a${i}`)]),
        "}",
        ...range(0, TOP).map((i) => `${result(i)} = a${i};`),
      ],
    ),
  );

/** Makes a function that works limb by limb, and carries nothing. */
const linear = (doc, name, letters, value, more = []) =>
  define(
    doc,
    name,
    [...operands(letters), ...more],
    range(0, TOP).map((i) => `${result(i)} = ${value((letter) => `${at(letter.toUpperCase(), letter, i)}!`)};`),
  );

export const fieldLinear = () =>
  file(
    "secp256k1.js",
    [
      "// This file has the linear operations of the field of secp256k1 (dkls23-spec, Appendix A). Units",
      "// add up, and nothing is carried except where a function says so.",
    ],
    constants,
    linear("/** Sets R[r..] = a + b. */", "add", "rab", (limb) => `${limb("a")} + ${limb("b")}`),
    linear("/** Sets R[r..] = a - b. */", "sub", "rab", (limb) => `${limb("a")} - ${limb("b")}`),
    linear("/** Sets R[r..] = a - b - c. */", "subTwo", "rabc", (limb) => `${limb("a")} - ${limb("b")} - ${limb("c")}`),
    linear("/** Sets R[r..] = s a, not carried, for s = 1, -1, 0 or 2. */", "times", "ra", (limb) => `${limb("a")} * s`, ["s: number"]),
    // There are 84 units at most. Limb 10 is split first, and one carry is enough.
    define(
      "/** Sets R[r..] = n a, carried to one unit, for n up to 21 and |a| up to 4 units. */",
      "scale",
      [...operands("ra"), "n: number"],
      [...range(0, TOP).map((i) => `${i < 2 ? "let" : "const"} t${i} = ${at("A", "a", i)}! * n;`), ...splitTop(), ...carryInto(result)],
    ),
  );

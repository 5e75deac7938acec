// This file generates group/edwards25519/field-mul.ts, the field of 2^255 - 19. The limbs and the
// columns are those of limbs.js. Only the folds differ from secp256k1.js, and are simpler.
//
// 1. Columns 10 to 20 are carried, into t_21. The limbs 11 to 21, at most 2^23 + 2^29, stand for
//    multiples of 2^264 = 19 · 2^9 = 9728 (mod p). So 9728 t_(11+i), less than 2^43, is added to
//    t_i. There is room, as in secp256k1.js.
// 2. Columns 0 to 9 are carried, into t_10, where bit 255 is bit 15. What is above it, rounded to a
//    multiple of 2^15, counts 19-fold in t_0.
// 3. Columns 0 to 9 are carried once more. The limbs are a unit and a hundredth at most, and limb
//    10 is 2^14 and a few.
//
// kernel/unrolled-bounds.test.ts takes these bounds through the lines, and
// group/edwards25519/limits.test.ts drives every limb to them.
import { carryAtOnce, carryInto, LIMBS, load, operand, product, result, square } from "./limbs.js";
import { at, define, file, range } from "./text.js";

const TOP = LIMBS - 1;
const FOLD = 19 << (24 * LIMBS - 255);

/** These lines are steps 2 and 3. */
const carry = [
  "// Limbs 0..9 are carried at once, limb 10 is folded at bit 255, and 0..9 are carried again.",
  ...carryAtOnce("e", 0, TOP - 1, `t${TOP} +=`),
  `const top = t${TOP} + M15 - M15;`,
  "t0 += 19 * (top * S15);",
  ...carryInto(result),
];

/** These lines are steps 1 to 3. */
const reduce = [
  "// Columns 10..20 are carried at once, then 11..21 are folded into 0..10: 2^264 = 19 · 2^9.",
  ...carryAtOnce("k", TOP, 2 * TOP, `const t${2 * TOP + 1} =`),
  ...range(0, TOP).map((i) => `t${i} += ${FOLD} * t${LIMBS + i};`),
  ...carry,
];

const operands = (letters) => [...letters].flatMap(operand);

export const fieldMul = () =>
  file(
    "edwards25519.js",
    [
      "// This file multiplies in the field of 2^255 - 19, on 11 limbs of 24 bits in doubles, by the same",
      "// scheme as the kernel's field of secp256k1 (dkls23-spec, Appendix A). The code is straight-line,",
      "// and exact as long as the products of the factors' units add up to 11 at most. A unit is 2^23.",
      "// Every result has one unit per limb, and 14 bits in the last. The carries run side by side, so",
      "// that their latencies overlap.",
    ],
    [
      "// Adding and subtracting M rounds to a multiple of 2^24, and M15 to a multiple of 2^15.",
      "const M = 1.5 * 2 ** 76;",
      "const S = 2 ** -24;",
      "const M15 = 1.5 * 2 ** 67;",
      "const S15 = 2 ** -15;",
    ],
    define("/** Sets R[r..] = a b. */", "mul", operands("rab"), [...load("a"), ...load("b"), ...product(), ...reduce]),
    define("/** Sets R[r..] = a^2. */", "sqr", operands("ra"), [...load("a"), ...square((limb) => `2 * ${limb}`), ...reduce]),
    define(
      "/** Sets R[r..] = a^(2^n), for n at least 1. */",
      "sqrTimes",
      [...operands("ra"), "n: number"],
      ["sqr(R, r, A, a);", "for (let i = 1; i < n; i++) sqr(R, r, R, r);"],
    ),
    define("/** Sets R[r..] = a, carried to one unit, for |a| up to 2^20 units. */", "carry", operands("ra"), [
      ...range(0, TOP).map((i) => `let t${i} = ${at("A", "a", i)}!;`),
      ...carry,
    ]),
  );

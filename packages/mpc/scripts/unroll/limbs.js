// This file has what the two fields and the scalars have in common. A number is eleven limbs of 24
// bits in doubles, x_0 + x_1 2^24 + … + x_10 2^240, of either sign. A double holds every integer
// below 2^53. As long as nothing grows beyond that, all that follows is exact, and nothing in it
// rounds but where it is meant to.
//
// A unit is 2^23. A carried limb is one unit at most, and a sum of m carried numbers has limbs of m
// units. A product of limbs of m and n units is m n 2^46, and a column of a product is the sum of
// at most eleven of them: 11 m n 2^46 < 2^53 as long as m n <= 11. Limb 10 is shorter than that
// (2^15 carried, 2^18 in a sum), which leaves room for what a reduction adds.
import { assign, at, range } from "./text.js";

export const LIMBS = 11;
const TOP = LIMBS - 1;

/** Gives an operand in an array of doubles, by its letter: the array and the offset in it. */
export const operand = (letter) => [`${letter.toUpperCase()}: Float64Array`, `${letter}: number`];

/** Loads every limb of the operand into a variable of its own: `const a3 = A[a + 3]!;`. */
export const load = (letter, { offset = letter, keyword = "const" } = {}) =>
  range(0, TOP).map((i) => `${keyword} ${letter}${i} = ${at(letter.toUpperCase(), offset, i)}!;`);

/** Gives the products that make column k of a b. */
export const productColumn = (a, b, k) => range(Math.max(0, k - TOP), Math.min(TOP, k)).map((i) => `${a}${i} * ${b}${k - i}`);

/** Computes t = a b: 21 columns, none carried. */
export const product = () => range(0, 2 * TOP).flatMap((k) => assign(`let t${k} =`, productColumn("a", "b", k)));

/**
 * Computes t = a^2. What occurs twice in a column is computed once, with the doubled limbs d.
 * `twice` says how a limb is doubled.
 */
export const square = (twice) => [
  ...range(0, TOP - 1).map((i) => `const d${i} = ${twice(`a${i}`)};`),
  ...range(0, 2 * TOP).flatMap((k) => {
    const pairs = range(Math.max(0, k - TOP), Math.ceil(k / 2) - 1).map((i) => `d${i} * a${k - i}`);
    return assign(`let t${k} =`, k % 2 === 0 ? [...pairs, `a${k / 2} * a${k / 2}`] : pairs);
  }),
];

/**
 * Rounds the carries of limbs `from` to `to`, all before the first is used, so that none waits for
 * another. (t + M) - M is t rounded to a multiple of 2^24. Doubles between 2^76 and 2^77 are 2^24
 * apart, and M, 1.5 · 2^76, keeps t + M between them for t of either sign. What is left of a limb
 * is a unit at most. What goes to the next is the multiple times S = 2^-24.
 */
export const roundings = (carry, from, to, value = (i) => `t${i}`) =>
  range(from, to).map((i) => `const ${carry}${i} = ${value(i)} + M - M;`);

/** Gives what is left of limb i, and the carry of the one below it. */
export const carried = (carry, i, value = `t${i}`) => `${value} - ${carry}${i} + ${carry}${i - 1} * S`;

/** Carries limbs `from` to `to` at once. `last` takes the last carry: `t10 +=`. */
export const carryAtOnce = (carry, from, to, last) => [
  ...roundings(carry, from, to),
  `t${from} -= ${carry}${from};`,
  ...range(from + 1, to).map((i) => `t${i} = ${carried(carry, i)};`),
  `${last} ${carry}${to} * S;`,
];

/**
 * Makes the last carry of limbs 0 to 9, straight into the result. `top` is what was split from limb
 * 10. `into` names the limb of the result.
 */
export const carryInto = (into) => [
  ...roundings("f", 0, TOP - 1),
  `${into(0)} = t0 - f0;`,
  ...range(1, TOP - 1).map((i) => `${into(i)} = ${carried("f", i)};`),
  `${into(TOP)} = t${TOP} - top + f${TOP - 1} * S;`,
];

export const result = (i) => at("R", "r", i);

/** Gives the balanced limbs of a constant, each within a unit: [250112, 65536] of 2^40 + 250112. */
export function balanced(x) {
  const limbs = [];
  for (let rest = x; rest !== 0n; ) {
    const limb = BigInt.asIntN(24, rest);
    limbs.push(Number(limb));
    rest = (rest - limb) >> 24n;
  }
  return limbs;
}

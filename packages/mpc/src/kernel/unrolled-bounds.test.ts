// No double in the unrolled arithmetic leaves the integers that a double holds. The tests do
// interval arithmetic over the lines of the files themselves, from the bounds of what goes in to
// those of what comes out (dkls23-spec, Appendix A). They follow magnitudes only, so a difference
// counts as a sum.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

type Bounds = Map<string, number>;

const [LIMIT, UNIT, TOP] = [2 ** 53, 2 ** 23, 2 ** 18];
/** Adding and subtracting these constants rounds to a multiple of these numbers. */
const grains: Record<string, number> = { M: 2 ** 24, M16: 2 ** 16, M15: 2 ** 15 };
const scales: [string, number][] = Object.entries({ S: 2 ** -24, S16: 2 ** -16, S15: 2 ** -15 });

/**
 * Gives the statements of a function, up to where it goes over to integers of 32 bits. It leaves
 * out what only the compiler reads, and the loop.
 */
function statementsOf(path: string, name: string): string[] {
  const text = readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
  const body = text.match(new RegExp(`export function ${name}\\([^{]*\\{\n(.*?)\n\\}\n`, "s"))?.[1] as string;
  const statements = body
    .replace(/^ *(\/\/.*|for .*|\})$/gm, "")
    .replace(/!|\b(const|let) /g, "")
    .replace(/\s+/g, " ")
    .split(/; ?/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "");
  const end = statements.findIndex((statement) => statement.startsWith("v ="));
  return end === -1 ? statements : statements.slice(0, end);
}

/**
 * Runs the statements on bounds, in place. Gives the largest that was not a rounded value. Rounded
 * values are multiples of 2^15 at least.
 */
function run(statements: readonly string[], bounds: Bounds): number {
  let largest = 0;
  /** The number that a rounded value was rounded from, as long as that stays what it is. */
  const rounded = new Map<string, { of: string; grain: number }>();
  const factor = (name: string): number => {
    const value = /^-?\d+$/.test(name) ? Math.abs(Number(name)) : bounds.get(name);
    if (value === undefined) throw new Error(`no bound of ${name}`);
    return value;
  };
  const sum = (terms: readonly string[]): number =>
    terms.reduce((total, term) => total + term.split(" * ").reduce((product, name) => product * factor(name), 1), 0);
  for (const statement of statements) {
    const [, target, sign, right] = statement.match(/^([^=]*) ([+-]?)= (.*)$/) as string[] as [string, string, string, string];
    const rounding = right.match(/^(\S+) \+ (M\d*) - \2$/);
    if (rounding !== null) {
      const [of, grain] = [rounding[1] as string, grains[rounding[2] as string] as number];
      rounded.set(target, { of, grain });
      bounds.set(target, factor(of) + grain / 2);
      continue;
    }
    // An offset, as in `A[a + 1]`, is no sum. The brackets that there are, as in
    // `19 * (top * S15)`, change no magnitude.
    const whole = sign === "" ? right : `${target} ${sign} ${right}`;
    const terms = whole.replace(/[()]/g, "").split(/ [+-] (?!\d+\])/);
    const rest = whole.includes(` - ${terms[1]}`) ? rounded.get(terms[1] as string) : undefined;
    const value = rest !== undefined && rest.of === terms[0] ? rest.grain / 2 + sum(terms.slice(2)) : sum(terms);
    bounds.set(target, value);
    for (const [name, { of }] of rounded) if (of === target) rounded.delete(name);
    largest = Math.max(largest, value);
  }
  return largest;
}

/** Gives the eleven limbs of an operand: so many units each, and 2^18 in the last. */
const limbs = (letter: string, units: number, top = TOP): [string, number][] =>
  Array.from({ length: 11 }, (_, i) => [`${letter.toUpperCase()}[${letter}${i > 0 ? ` + ${i}` : ""}]`, i < 10 ? units * UNIT : top]);
/** Gives the same of an array of one operand, and limbs of 2^25 as integers have them. */
const balanced = (letter: string): [string, number][] => Array.from({ length: 11 }, (_, i) => [`${letter}[${i}]`, UNIT]);
const integers = (letter: string) => limbs(letter, 4, 2 ** 25);

const secp256k1 = { path: "kernel/field", top: 2 ** 15 };
const edwards25519 = { path: "group/edwards25519/field", top: 2 ** 14 };
const root = Math.sqrt(11);
const products = [secp256k1, edwards25519].flatMap((field) =>
  [1, 2, 3, root].map((m) => ({
    field,
    file: "mul",
    name: "mul",
    of: ` of ${m.toFixed(1)} and ${(11 / m).toFixed(1)} units`,
    operands: [...limbs("a", m), ...limbs("b", 11 / m)],
  })),
);
const cases = [
  ...products,
  { field: secp256k1, file: "mul", name: "mulMinus", of: "", operands: [...limbs("a", 1), ...limbs("b", 11), ...limbs("c", 8)] },
  { field: secp256k1, file: "sqr", name: "sqr", of: "", operands: limbs("a", root) },
  { field: secp256k1, file: "sqr", name: "sqrMinus", of: "", operands: [...limbs("a", root), ...limbs("b", 4), ...limbs("c", 4)] },
  { field: secp256k1, file: "sqr", name: "sqrTimes", of: "", operands: limbs("a", root) },
  { field: secp256k1, file: "linear", name: "scale", of: "", operands: [...limbs("a", 4), ["n", 21] as [string, number]] },
  { field: edwards25519, file: "mul", name: "sqr", of: "", operands: limbs("a", root) },
  { field: edwards25519, file: "mul", name: "carry", of: "", operands: limbs("a", 2 ** 20, 2 ** 43) },
];
it.each(cases.map((each) => [`${each.field.path}-${each.file}.ts: ${each.name}${each.of}`, each] as const))(
  "%s stays below 2^53 with operands at their bounds, and leaves one unit",
  (_, { field, file, name, operands }) => {
    const bounds: Bounds = new Map([...scales, ...operands]);
    expect(run(statementsOf(`${field.path}-${file}.ts`, name), bounds)).toBeLessThan(LIMIT);
    const left = Array.from({ length: 11 }, (_, i) => bounds.get(`R[r${i > 0 ? ` + ${i}` : ""}]`) as number);
    expect(Math.max(...left.slice(0, 10))).toBeLessThan(1.01 * UNIT);
    expect(left[10]).toBeLessThan(field.top + 128);
  },
);

const sums = "kernel/scalar-columns.ts";
const emptyColumns = Array.from({ length: 23 }, (_, i): [string, number] => [`c[${i}]`, 0]);

/**
 * Checks that the columns are reduced to limbs that are integers of 32 bits, of a number above -q
 * and below q.
 */
function reduces(bounds: Bounds): void {
  expect(run(statementsOf(sums, "reduceColumns"), bounds)).toBeLessThan(LIMIT);
  const left = Array.from({ length: 11 }, (_, i) => bounds.get(`t${i}`) as number);
  expect(Math.max(...left)).toBeLessThan(2 ** 24);
  expect(left[10]).toBeLessThan(2 ** 15 + 128);
}

it("sums of 416 products mod q stay below 2^53, carried after every second one", () => {
  const bounds: Bounds = new Map([...scales, ...emptyColumns, ...limbs("a", 1, UNIT), ...integers("b")]);
  const [add, carry] = [statementsOf(sums, "addProduct"), statementsOf(sums, "carryColumns")];
  for (let j = 0; j < 416; j += 2) expect(Math.max(run(add, bounds), run(add, bounds), run(carry, bounds))).toBeLessThan(LIMIT);
  reduces(bounds);
});

it("two products and a summand mod q stay below 2^53", () => {
  const operands = [...balanced("A"), ...integers("b"), ...balanced("D"), ...integers("e"), ...integers("f")];
  const bounds: Bounds = new Map([...scales, ...operands]);
  expect(run(statementsOf(sums, "twoProducts"), bounds)).toBeLessThan(LIMIT);
  reduces(bounds);
});

it("beyond the bounds they do not: factors of 13 units, top limbs of 2^22, a third product before the carry", () => {
  const product = (units: number, top: number) =>
    run(statementsOf("kernel/field-mul.ts", "mul"), new Map([...scales, ...limbs("a", 1, top), ...limbs("b", units, top)]));
  // The rule of 11 takes limb 10 to be as long as the others. In truth 12 is within the limit.
  expect(product(12, TOP)).toBeLessThan(LIMIT);
  expect(product(13, TOP)).toBeGreaterThan(LIMIT);
  expect(product(1, 2 ** 22)).toBeGreaterThan(LIMIT);
  const bounds: Bounds = new Map([...scales, ...emptyColumns, ...limbs("a", 1, UNIT), ...integers("b")]);
  expect(Math.max(...[1, 2, 3].map(() => run(statementsOf(sums, "addProduct"), bounds)))).toBeGreaterThan(LIMIT);
});

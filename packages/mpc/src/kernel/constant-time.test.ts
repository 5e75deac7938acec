// Some operators take a time that depends on their operands in common engines, so they do not stand
// in arithmetic on secrets (dkls23-spec 12). `%` on doubles is a call of fmod. A comparison that
// makes a number is a branch. A division takes longer for some dividends, where the product with
// the reciprocal of a power of two gives the same.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const secretArithmetic = [
  ...readdirSync(new URL(".", import.meta.url)).map((name) => `./${name}`),
  ...["scalar", "base-table", "formulas", "field", "field-mul"].map((name) => `../group/edwards25519/${name}.ts`),
].filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));

describe("arithmetic on secrets", () => {
  it("has no remainder, no quotient by a power of two and no comparison in place of a number", () => {
    expect(secretArithmetic).toContain("./digits.ts");
    const found = secretArithmetic.flatMap((name) =>
      readFileSync(new URL(name, import.meta.url), "utf8")
        .split("\n")
        .filter((line) => !/^\s*(\/\/|\*|\/\*)/.test(line) && / % | \/ (?:[A-Z]|2 \*\*)|[<>]=? \S+ \? [01] : [01]/.test(line))
        .map((line) => `${name}: ${line.trim()}`),
    );
    expect(found).toEqual([]);
  });
});

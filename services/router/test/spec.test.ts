// Every rule of SPEC.md has a test whose title carries its id, and every id in a title is a rule.
import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

it("every rule of SPEC.md has a test, and every test names a rule", () => {
  const here = new URL(".", import.meta.url);
  const spec = readFileSync(new URL("../SPEC.md", here), "utf8");
  const rules = [...spec.matchAll(/^- \*\*\[(RT\d+)\]\*\*/gm)].map((match) => match[1]);
  const titles = readdirSync(here)
    .filter((name) => name.endsWith(".test.ts"))
    .flatMap((name) => [...readFileSync(new URL(name, here), "utf8").matchAll(/"\[(RT\d+)\]/g)].map((match) => match[1]));
  expect(new Set(rules).size).toBe(rules.length);
  expect([...new Set(titles)].sort()).toEqual([...rules].sort());
});

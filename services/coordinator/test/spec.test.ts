import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const service = join(import.meta.dirname, "..");
const tests = ["src", "test"]
  .flatMap((folder) => readdirSync(join(service, folder), { recursive: true, encoding: "utf8" }).map((name) => join(service, folder, name)))
  .filter((path) => path.endsWith(".test.ts"))
  .map((path) => readFileSync(path, "utf8"))
  .join("\n");
const rules = [...readFileSync(join(service, "SPEC.md"), "utf8").matchAll(/^- \[(CO\d+)\]/gm)].map((match) => match[1]!);

it.each(rules)("%s has a test whose title begins with it", (rule) => {
  expect(tests).toMatch(new RegExp(`\\bit(\\.each\\([^)]*\\))?\\(\\s*["'\`]\\[${rule}\\] `));
});
it("every rule has one id, and every id in a title is a rule", () => {
  expect(new Set(rules).size).toBe(rules.length);
  const used = new Set([...tests.matchAll(/["'`]\[(CO\d+)\] /g)].map((match) => match[1]!));
  expect([...used].filter((id) => !rules.includes(id))).toEqual([]);
});

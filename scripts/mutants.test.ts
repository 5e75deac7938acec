// A bounded part of `npm run mutants`: the checks of a few files, with the tests of their liars.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const script = join(import.meta.dirname, "mutants.js");

it.each([
  ["mpc", "src/(frost/sign|dkg)/finish", "frost/(liars|refusals-by)|liars-keygen"],
  ["trust", "src/may-ask", "may-ask"],
  ["channel", "src/pair-channel", "pair-channel"],
])("packages/%s/%s.ts: no check can be removed without a failing test", async (name, only, tests) => {
  const { stdout } = await promisify(execFile)(process.execPath, [script, "--package", name, "--only", only, "--tests", tests]);
  expect(stdout).toMatch(/^[1-9]\d* checks removed in turn: [1-9]\d* killed, 0 survived/m);
});

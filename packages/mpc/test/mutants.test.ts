// A bounded part of `npm run mutants`: the checks of two files, with the tests of their liars.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const script = join(import.meta.dirname, "../../../scripts/mutants.js");

it.each([
  ["src/frost/sign/finish", "frost/(liars|refusals-by)"],
  ["src/dkg/finish", "liars-keygen"],
])("%s.ts: no check can be removed without a failing test", async (only, tests) => {
  const { stdout } = await promisify(execFile)(process.execPath, [script, "--only", only, "--tests", tests]);
  expect(stdout).toMatch(/^[1-9]\d* checks removed in turn: [1-9]\d* killed, 0 survived/m);
});

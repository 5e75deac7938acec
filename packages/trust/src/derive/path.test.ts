// These tests try the paths that a public key can take, and that every other path is refused by
// name.
import { expect, it } from "vitest";
import { refusal } from "../../test/refused.ts";
import { parsePath, pathStepsMax, pathText } from "../index.ts";

it("is read from text and from numbers, and written again", () => {
  expect([parsePath("m"), parsePath("m/0/7"), parsePath([44, 2 ** 31 - 1])]).toEqual([[], [0, 7], [44, 2 ** 31 - 1]]);
  expect([pathText([]), pathText([0, 7])]).toEqual(["m", "m/0/7"]);
});

it.each(["m/0'", "m/44h/0", "m/1/2H", [0x80000000]])("%j has a hardened step, and that is why it is refused", (path) => {
  expect(refusal(() => parsePath(path))).toMatch(/^trust\/bad-path: .* is a hardened step, which needs the whole private key/);
});

it(`has at most ${pathStepsMax} steps, however they are written`, () => {
  const steps = (count: number): number[] => Array.from({ length: count }, () => 2 ** 31 - 1);
  expect(parsePath(pathText(steps(pathStepsMax)))).toHaveLength(pathStepsMax);
  expect(refusal(() => parsePath(steps(pathStepsMax + 1)))).toContain("17 steps are more than 16");
  expect(refusal(() => parsePath("m/0".padEnd(1_000_000, "/0")))).toContain("of at most 16 steps");
  expect(refusal(() => parsePath(new Array(4_000_000).fill(0)))).toContain("4000000 steps");
});

it.each([
  ..."0/1 m/ m//1 m/-1 m/01 m/1.5 m/x M/0 m/0/ m/2147483648 m/9999999999".split(" "),
  "",
  "m/ 1",
  [-1],
  [0.5],
  [2 ** 32],
  [Number.NaN],
  ["1"],
  undefined,
  null,
  { length: 0 },
])("%j is no path", (path) => {
  expect(refusal(() => parsePath(path as never))).toMatch(/^trust\/bad-path: The derivation path is refused: /);
});

it.each<[unknown, string]>([
  ["m/2147483648", "step 2147483648 is not in 0..2147483647"],
  [[2 ** 32], "a step is no integer in 0..2147483647"],
  [[-1], "a step is no integer in 0..2147483647"],
  [[2 ** 31], "0' is a hardened step, which needs the whole private key, and no party has it"],
  [[2 ** 32 - 1], "2147483647' is a hardened step, which needs the whole private key, and no party has it"],
])("%j: the refusal says what is wrong with it", (path, text) => {
  expect(refusal(() => parsePath(path as never))).toBe(`trust/bad-path: The derivation path is refused: ${text}.`);
});

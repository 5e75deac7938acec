import { describe, expect, it } from "vitest";
import { readOptions } from "./options.ts";

describe("the options", () => {
  it("are both systems, 12 s, 1, 8 and 32 callers and a minute of rest, unless they say otherwise", () => {
    expect(readOptions([])).toEqual({
      systems: ["embedded", "cluster"],
      seconds: 12,
      callers: [1, 8, 32],
      idleSeconds: 60,
      json: false,
      check: false,
    });
  });

  it("are read, and one caller is always measured", () => {
    const args = ["--only", "cluster", "--seconds", "0.5", "--callers", "32,4,4", "--idle-seconds", "5", "--json", "--check"];
    expect(readOptions(args)).toEqual({ systems: ["cluster"], seconds: 0.5, callers: [1, 4, 32], idleSeconds: 5, json: true, check: true });
  });

  it.each([
    [["--only", "both"], "--only: expected embedded or cluster, got both."],
    [["--seconds", "0"], '--seconds: expected a number above 0, got "0".'],
    [["--seconds", "0.0"], '--seconds: expected a number above 0, got "0.0".'],
    [["--idle-seconds", "-1"], "--idle-seconds"],
    [["--callers", "1,x"], '--callers: expected whole numbers from 1 to 999, got "x".'],
    [["--callers", "0"], "--callers"],
    [["--fast"], "--fast"],
    [["quickly"], "quickly"],
  ])("%j is refused, and the reason names it", (args, reason) => {
    expect(() => readOptions(args)).toThrow(reason);
  });
});

// The options of `npm run bench:system`.
import { parseArgs } from "node:util";
import { type SystemName, systemNames } from "./figures.ts";

export interface Options {
  readonly systems: readonly SystemName[];
  /** The length of each measurement, in seconds. Default 12. */
  readonly seconds: number;
  /** The numbers of callers, ascending. One caller is always among them. Default 1, 8 and 32. */
  readonly callers: readonly number[];
  /** How long the idle CPU is watched, in seconds. Default 60. */
  readonly idleSeconds: number;
  /** Prints the object of the ratios instead of the page. */
  readonly json: boolean;
  /** Ends with 1 unless every figure is within what it must be. */
  readonly check: boolean;
}

/** Reads the command line. Throws an error that says what is wrong with it. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string" },
      seconds: { type: "string", default: "12" },
      callers: { type: "string", default: "1,8,32" },
      "idle-seconds": { type: "string", default: "60" },
      json: { type: "boolean", default: false },
      check: { type: "boolean", default: false },
    },
  });
  const { only } = values;
  const isName = (name: string): name is SystemName => (systemNames as readonly string[]).includes(name);
  if (only !== undefined && !isName(only)) throw new Error(`--only: expected ${systemNames.join(" or ")}, got ${only}.`);
  const callers = values.callers.split(",").map((text) => numberOf("--callers", text, /^[1-9]\d{0,2}$/, "whole numbers from 1 to 999"));
  return {
    systems: only === undefined ? systemNames : [only],
    seconds: numberOf("--seconds", values.seconds, positive, "a number above 0"),
    callers: ascending([1, ...callers]),
    idleSeconds: numberOf("--idle-seconds", values["idle-seconds"], positive, "a number above 0"),
    json: values.json,
    check: values.check,
  };
}

/** Gives each number once, the least first. */
export const ascending = (numbers: readonly number[]): number[] => [...new Set(numbers)].sort((one, other) => one - other);

const positive = /^(?!0+(\.0+)?$)\d{1,4}(\.\d+)?$/;

function numberOf(name: string, text: string, form: RegExp, expected: string): number {
  if (!form.test(text)) throw new Error(`${name}: expected ${expected}, got ${JSON.stringify(text)}.`);
  return Number(text);
}

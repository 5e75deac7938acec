// This file reads derivation paths. Only steps that a public key can take exist here. No path is
// longer than any wallet uses, because each step costs every party a multiplication on the curve.
import { CovaultError } from "@covault/errors";

const hardened = 0x80000000;
/** The most steps of a path (docs/protocols/derivation.md). */
export const pathStepsMax = 16;

/**
 * Gives the steps of a path. `path` is "m", "m/0/7" or the numbers themselves, each below 2^31.
 * Throws `trust/bad-path`.
 */
export function parsePath(path: string | readonly number[]): readonly number[] {
  const steps = typeof path === "string" ? stepsOfText(path) : path;
  if (!Array.isArray(steps)) throw badPath("expected a text or a list of numbers");
  const fault = pathFault(steps);
  if (fault !== undefined) throw badPath(fault);
  return [...steps];
}

/** Gives a path as text, such as "m/0/7". `path` is as `parsePath` gives it. */
export const pathText = (path: readonly number[]): string => ["m", ...path].join("/");

/**
 * Gives what is wrong with the steps of a path, or undefined when nothing is. It looks at no more
 * steps than a path may have.
 */
export function pathFault(steps: readonly number[]): string | undefined {
  if (steps.length > pathStepsMax) return `${steps.length} steps are more than ${pathStepsMax}`;
  for (const step of steps) {
    if (!Number.isInteger(step) || step < 0 || step >= 2 * hardened) return "a step is no integer in 0..2147483647";
    if (step >= hardened) return isHardened(`${step - hardened}'`);
  }
  return undefined;
}

function stepsOfText(path: string): readonly number[] {
  if (path === "m") return [];
  // The longest path has "m" and 16 steps, each of a slash, ten digits and a mark.
  if (!path.startsWith("m/") || path.length > 1 + 12 * pathStepsMax)
    throw badPath(`expected "m" or "m/…" of at most ${pathStepsMax} steps, got ${JSON.stringify(path.slice(0, 40))}`);
  return path
    .slice(2)
    .split("/")
    .map((step) => {
      if (/^\d{1,10}['hH]$/.test(step)) throw badPath(isHardened(step));
      if (!/^(0|[1-9]\d{0,9})$/.test(step)) throw badPath(`${JSON.stringify(step.slice(0, 20))} is no step`);
      // Text has a mark for hardened steps, so a number in their range is a mistake.
      if (Number(step) >= hardened) throw badPath(`step ${step} is not in 0..2147483647`);
      return Number(step);
    });
}

const isHardened = (step: string): string => `${step} is a hardened step, which needs the whole private key, and no party has it`;

const badPath = (what: string): CovaultError => new CovaultError("trust/bad-path", `The derivation path is refused: ${what}.`);

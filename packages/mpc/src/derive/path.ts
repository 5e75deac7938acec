// Derivation paths: only steps that a public key can take.
import { CovaultError } from "@covault/errors";
import { badInput, list, type Read, shown } from "../protocol/encoding/inputs.ts";

const HARDENED = 0x80000000;
const DEPTH_MAX = 255;

/** "m", "m/0/7" or the numbers themselves, each below 2^31. Throws `mpc/bad-setup`. */
export function parsePath(path: string | readonly number[]): readonly number[] {
  const steps = typeof path === "string" ? fromText(path) : list(step)(path, "path");
  if (steps.length > DEPTH_MAX) throw bad(`at most ${DEPTH_MAX} steps, got ${steps.length}`);
  return steps;
}

const step: Read<number> = (value, field) => {
  if (Number.isInteger(value) && (value as number) >= HARDENED && (value as number) < 2 * HARDENED)
    throw hardened(`${(value as number) - HARDENED}'`);
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) >= HARDENED)
    throw badInput(field, `steps in 0..${HARDENED - 1}`, shown(value));
  return value as number;
};

function fromText(path: string): readonly number[] {
  if (path === "m") return [];
  if (!path.startsWith("m/")) throw bad(`expected "m" or "m/…", got "${path.slice(0, 40)}"`);
  return path
    .slice(2)
    .split("/")
    .map((step) => {
      if (/^\d{1,10}['hH]$/.test(step)) throw hardened(step);
      if (!/^(0|[1-9]\d{0,9})$/.test(step)) throw bad(`"${step.slice(0, 20)}" is no step`);
      const index = Number(step);
      if (index >= HARDENED) throw bad(`expected steps in 0..${HARDENED - 1}, got ${index}`);
      return index;
    });
}

const bad = (message: string): CovaultError => new CovaultError("mpc/bad-setup", `path: ${message}`);

const hardened = (step: string): CovaultError =>
  new CovaultError("mpc/bad-setup", `path: ${step} is a hardened step, which needs the whole private key, and no party has it.`, {
    hint: "Use steps without ' (below 2147483648): a key of several parties has only those.",
  });

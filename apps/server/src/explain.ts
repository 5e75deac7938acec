// An error as somebody who starts the system reads it.
import { inspect } from "node:util";
import { asCovaultError, explain as explained } from "@covault/errors";
import { CovaultApiError } from "@covault/sdk";
import { exitCodeOf, paletteOf } from "./terminal/index.ts";

export function explain(error: unknown): string {
  const text =
    asCovaultError(error)?.explain() ??
    (error instanceof CovaultApiError ? explained(error) : undefined) ??
    (error instanceof Error ? error.message : inspect(error, { breakLength: Number.POSITIVE_INFINITY }));
  return `${paletteOf(process.stderr, process.env).red("Error:")} ${text}`;
}

/** Says why on standard error; the exit code. */
export function failed(error: unknown): number {
  process.stderr.write(`${explain(error)}\n`);
  return exitCodeOf(error);
}

// This file shows an error to an operator who starts the system.
import { inspect } from "node:util";
import { asCovaultError, type Explained, explain as explained } from "@covault/errors";
import { exitCodeOf, paletteOf } from "./terminal/index.ts";

export function explain(error: unknown): string {
  const text =
    asCovaultError(error)?.explain() ??
    (isAnswer(error) ? explained(error) : undefined) ??
    (error instanceof Error ? error.message : inspect(error, { breakLength: Number.POSITIVE_INFINITY }));
  return `${paletteOf(process.stderr, process.env).red("Error:")} ${text}`;
}

/** An answer of the account service, as the SDK throws it. */
const isAnswer = (error: unknown): error is Explained => error instanceof Error && error.name === "CovaultApiError";

/** Says on standard error why the program failed, and gives the exit code. */
export function failed(error: unknown): number {
  process.stderr.write(`${explain(error)}\n`);
  return exitCodeOf(error);
}

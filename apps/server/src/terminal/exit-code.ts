// This file gives a command's exit code by whose fault its end was (docs/errors.md). A script that
// asks again needs to know whether that can help.
import { codes, type ErrorCode, type ErrorKind } from "@covault/errors";

const byKind: Readonly<Record<ErrorKind, number>> = { bug: 1, usage: 2, io: 3, cheat: 4 };

/** The exit code of wrong arguments. */
export const usageExitCode = byKind.usage;

export function exitCodeOf(error: unknown): number {
  const { code, status } = (typeof error === "object" && error !== null ? error : {}) as { code?: unknown; status?: unknown };
  if (typeof code === "string" && code in codes) return byKind[codes[code as ErrorCode].kind];
  // The code is in the answer of a service that knows more codes than this program.
  return typeof status === "number" && status >= 400 && status < 500 ? byKind.usage : byKind.bug;
}

// One run of the command line: arguments in, exit code out. Nothing here ends the process.
import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { CovaultApiError } from "@covault/sdk";
import { CommanderError } from "commander";
import { buildProgram } from "./program.ts";
import type { Terminal } from "./terminal.ts";

function envFile(): Record<string, string | undefined> {
  try {
    return parseEnv(readFileSync(".env", "utf8"));
  } catch {
    return {};
  }
}

export const processTerminal = (): Terminal => ({
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  env: { ...envFile(), ...process.env },
});

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

function failureOf(error: unknown): Failure {
  if (error instanceof CovaultApiError) return error;
  // Errors of the system (covault start) have the same three fields; anything else is a fault of ours, told in one line.
  const { code, message, hint } = (error ?? {}) as Partial<Failure>;
  return {
    code: typeof code === "string" ? code : "cli/internal",
    message: message ?? String(error),
    hint: hint ?? "Run again with DEBUG=covault to see where it happened, and report it.",
  };
}

/** Resolves with the exit code: 0, or 1 with the reason on standard error. */
export async function run(args: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  let exitCode = 0;
  const program = buildProgram(terminal, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has printed it: help and version end with 0, wrong usage with 1.
    if (error instanceof CommanderError) return error.exitCode;
    const { code, message, hint } = failureOf(error);
    if (args.includes("--json")) terminal.err(`${JSON.stringify({ code, message, hint })}\n`);
    else terminal.err(`Error: ${message}\n${hint ? `${hint}\n` : ""}(${code})\n`);
    if (terminal.env.DEBUG === "covault" && error instanceof Error) terminal.err(`${error.stack}\n`);
    return 1;
  }
}

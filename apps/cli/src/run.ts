// One run of the command line, with arguments in and an exit code out. Nothing here ends the
// process.
import { inspect } from "node:util";
import { asCovaultError, CovaultError, type Explained, explain } from "@covault/errors";
import { CovaultApiError } from "@covault/sdk";
import { exitCodeOf, paletteOf, plain, progressOn, usageExitCode } from "@covault/server/terminal";
import { environment } from "@covault/service-kit/settings";
import { CommanderError } from "commander";
import { hintFor, messageFor } from "./hints.ts";
import { buildProgram } from "./program.ts";
import type { Terminal } from "./terminal.ts";

const processTerminal = (env: Terminal["env"]): Terminal => ({
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  env,
  columns: process.stdout.isTTY ? process.stdout.columns || 80 : undefined,
  palette: paletteOf(process.stdout, process.env),
  errorPalette: paletteOf(process.stderr, process.env),
  during: progressOn(process.stderr, process.env).during,
});

/** Turns "error: unknown command 'x'" into a sentence, as the other failures are told. */
function sentence(text: string): string {
  const words = text.replace(/^error: /, "").replace(/\s+/g, " ");
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}${/[.)]$/.test(words) ? "" : "."}`;
}

/**
 * Explains a failure. Anything but an answer of the API and an error of ours is a fault of ours.
 */
function failureOf(error: unknown): Explained {
  if (error instanceof CovaultApiError) {
    const { code, message, hint } = error;
    return { code, message: messageFor(message), hint: hintFor(code, hint) };
  }
  if (error instanceof CommanderError) return new CovaultError("cli/bad-arguments", sentence(error.message));
  return (
    asCovaultError(error) ??
    new CovaultError("cli/internal", error instanceof Error ? error.message : inspect(error, { breakLength: Number.POSITIVE_INFINITY }), {
      cause: error,
    })
  );
}

/**
 * Runs the command line. Resolves with the exit code, which is 0 or says whose fault it was. The
 * reason is then on standard error.
 */
export async function run(args: readonly string[], given?: Terminal): Promise<number> {
  let exitCode = 0;
  let terminal = given ?? processTerminal(process.env);
  try {
    terminal = given ?? processTerminal(environment(".env"));
    const program = buildProgram(terminal, (code) => {
      exitCode = code;
    });
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    // Help and version are printed. When a command that has subcommands is given without one,
    // commander has printed them all.
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    if (error instanceof CommanderError && error.code === "commander.help") return usageExitCode;
    const failure = failureOf(error);
    const { code, message, hint, facts = {} } = failure;
    const withFacts = Object.keys(facts).length > 0 ? { facts } : {};
    if (args.includes("--json")) terminal.err(`${JSON.stringify({ code, message, hint, ...withFacts })}\n`);
    else terminal.err(`${(terminal.errorPalette ?? plain).red("Error:")} ${explain(failure)}\n`);
    if (terminal.env.DEBUG === "covault" && error instanceof Error) terminal.err(`${error.stack}\n`);
    return exitCodeOf(error instanceof CovaultApiError ? error : failure);
  }
}

// The variables of a .env file. Node's parser passes over a line that it does not understand, or
// takes it into the next name. A slip would switch a setting off without a word, so each line is
// checked first.
import { parseEnv } from "node:util";
import { asCovaultError, CovaultError } from "@covault/errors";
import { readText } from "./text-file.ts";

export type Env = Readonly<Record<string, string | undefined>>;

/**
 * A name, `=`, and the quote that begins the value, if one does. The pattern avoids \s, which takes
 * a byte order mark for a space.
 */
const assignment = /^[ \t]*(?:export[ \t]+)?[A-Za-z_][A-Za-z0-9_.-]*[ \t]*=[ \t]*(["'`]?)/;

/**
 * Gives no variables when the file is not there. Throws config/bad-value for a file that cannot be
 * read, and for a line that is no assignment.
 */
export function readEnvFile(path: string): Env {
  let text: string;
  try {
    text = readText(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") return {};
    throw asCovaultError(cause) ?? new CovaultError("config/bad-value", `The file ${path} cannot be read (${code}).`, { cause });
  }
  requireAssignments(text, path);
  return parseEnv(text) as Env;
}

/** Gives the variables of the process and of the file. Those of the process win. */
export function environment(file?: string, env: Env = process.env): Env {
  return file === undefined ? env : { ...readEnvFile(file), ...env };
}

function requireAssignments(text: string, path: string): void {
  const lines = text.split(/\r\n|\r|\n/);
  const wrong = (at: number, what: string): CovaultError =>
    new CovaultError("config/bad-value", `The file ${path}, line ${at + 1}: ${what}.`, {
      hint: "Write each setting as NAME=value on a line of its own; # begins a comment.",
    });
  if (/\r(?!\n)/.test(text)) throw wrong(0, "a carriage return stands without its line feed");
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] as string;
    if (/^[ \t]*(#|$)/.test(line)) continue;
    const begin = assignment.exec(line);
    if (begin === null) throw wrong(at, "expected NAME=value");
    const quote = begin[1] as string;
    if (quote === "") continue;
    // A quoted value may go over several lines.
    const began = at;
    let rest = line.slice(begin[0].length);
    while (!rest.includes(quote)) {
      at++;
      if (at >= lines.length) throw wrong(began, `the quote ${quote} is never closed`);
      rest = lines[at] as string;
    }
    if (!/^[ \t]*(#.*)?$/.test(rest.slice(rest.indexOf(quote) + 1))) throw wrong(at, `there is more behind the closing ${quote}`);
  }
}

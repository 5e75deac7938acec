// Reads a file of text as people and their editors write it: UTF-8, with or without a byte order
// mark. Everything else is refused, because a text that is read in part is another text.
import { readFileSync } from "node:fs";
import { CovaultError } from "@covault/errors";

/**
 * Throws config/bad-value for a file that is no UTF-8 text, and what the file system throws for a
 * file that cannot be read.
 */
export function readText(path: string): string {
  return textOf(path, readFileSync(path));
}

/** The text of a file that was read from `path`. Throws config/bad-value for what is no UTF-8. */
export function textOf(path: string, bytes: Uint8Array): string {
  const mark = Buffer.from(bytes.subarray(0, 2)).toString("hex");
  if (mark === "fffe" || mark === "feff" || bytes.includes(0)) throw notText(path, "It looks like UTF-16.");
  try {
    // The decoder leaves out the byte order mark.
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw notText(path, "It has bytes that are no UTF-8.", cause);
  }
}

function notText(path: string, reason: string, cause?: unknown): CovaultError {
  return new CovaultError("config/bad-value", `The file ${path} is no UTF-8 text. ${reason}`, {
    hint: "Save it as UTF-8: editors offer that where a file is saved under a name.",
    cause,
  });
}

// A file or folder of ours that cannot be used, as the operator reads it: its setting, its path, and what the system says.
import { statfsSync } from "node:fs";
import { CovaultError } from "@covault/errors";
import { reasonOf } from "./away.ts";

/** Of the WASM file system under PGlite, which throws no Error: numbers of WASI. */
const wasiNames: Readonly<Record<number, string>> = {
  2: "EACCES",
  19: "EDQUOT",
  29: "EIO",
  31: "EISDIR",
  33: "EMFILE",
  51: "ENOSPC",
  54: "ENOTDIR",
  63: "EPERM",
  69: "EROFS",
};

/** `what`: "cannot be read", "cannot be written". */
export function fileError(setting: string, path: string, what: string, cause: unknown): CovaultError {
  return new CovaultError("config/unusable-file", `${setting}: ${path} ${what} (${systemReason(cause)}${room(path)}).`, { cause });
}

function systemReason(cause: unknown): string {
  const { code, errno } = cause as { code?: unknown; errno?: unknown };
  if (typeof code === "string") return code;
  if (!(cause instanceof Error) && typeof errno === "number") return wasiNames[errno] ?? `errno ${errno}`;
  return reasonOf(cause);
}

/** Little room is often the reason where the system's text names another one. */
function room(path: string): string {
  try {
    const mebibytes = Math.floor(bytesLeft(path) / 1_048_576);
    return mebibytes < 64 ? `; its disk has ${mebibytes} MiB left` : "";
  } catch {
    return "";
  }
}

/** On the disk of a file or folder. */
export function bytesLeft(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}

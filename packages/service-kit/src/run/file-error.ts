// Explains to the operator that a file or a folder cannot be used, with its setting, its path, and
// the system's reason.
import { statfsSync } from "node:fs";
import { CovaultError } from "@covault/errors";
import { reasonOf } from "./away.ts";

/** Names of WASI's numbers. The WASM file system under PGlite throws those, and no Error. */
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

/** `what` is a text such as "cannot be read". */
export function fileError(setting: string, path: string, what: string, cause: unknown): CovaultError {
  return new CovaultError("config/unusable-file", `${setting}: ${path} ${what} (${systemReason(cause)}${room(path)}).`, { cause });
}

function systemReason(cause: unknown): string {
  const { code, errno } = cause as { code?: unknown; errno?: unknown };
  if (typeof code === "string") return code;
  if (!(cause instanceof Error) && typeof errno === "number") return wasiNames[errno] ?? `errno ${errno}`;
  return reasonOf(cause);
}

/** Little room is often the true reason where the system's text names another one. */
function room(path: string): string {
  try {
    const mebibytes = Math.floor(bytesLeft(path) / 1_048_576);
    return mebibytes < 64 ? `; its disk has ${mebibytes} MiB left` : "";
  } catch {
    return "";
  }
}

/** How many bytes the disk of a file or a folder has left. */
export function bytesLeft(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}

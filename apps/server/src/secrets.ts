// This file holds the secrets of an embedded system. They come from the environment or from
// `data/secrets`, and otherwise they are made there once, with mode 0600.
import { randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { asCovaultError, CovaultError } from "@covault/errors";
import { fileError, readText } from "@covault/service-kit/run";

export interface SecretFolder {
  /**
   * Gives the environment's value, or the stored one, or a new one of `bytes` random bytes in hex.
   */
  secret(name: string, bytes: number, given?: string): string;
  /**
   * Gives a key of 32 bytes: the environment's, or the stored one, or a new one. Throws
   * config/bad-value for a file that holds something else.
   */
  key(name: string, given?: Uint8Array): Uint8Array;
  /** Gives the path of a secret's file when there is none, and undefined when there is. */
  missing(name: string): string | undefined;
  /** Gives the names of the secrets that are stored in a folder of it. */
  names(folder: string): readonly string[];
  /** The files that this start made, for the note. */
  readonly made: readonly string[];
}

export function openSecrets(dataDir: string): SecretFolder {
  const root = join(dataDir, "secrets");
  const made: string[] = [];
  function secret(name: string, bytes: number, given?: string): string {
    if (given !== undefined) return given;
    const file = join(root, name);
    if (existsSync(file)) return readWhole(file).trim();
    const value = randomBytes(bytes).toString("hex");
    writeWhole(file, `${value}\n`);
    made.push(file);
    return value;
  }
  return {
    made,
    secret,
    key: (name, given) => given ?? keyOf(secret(name, 32), join(root, name)),
    missing: (name) => (existsSync(join(root, name)) ? undefined : join(root, name)),
    names(folder) {
      const path = join(root, folder);
      return existsSync(path) ? readdirSync(path).filter((name) => !name.endsWith(".new")) : [];
    },
  };
}

/**
 * Gives the key of 32 bytes that a file holds as hex. Buffer alone would take what comes before the
 * first wrong character.
 */
export function keyOf(hex: string, file: string): Uint8Array {
  if (/^[0-9a-fA-F]{64}$/.test(hex)) return new Uint8Array(Buffer.from(hex, "hex"));
  throw new CovaultError("config/bad-value", `The file ${file} holds no key: expected 64 hexadecimal characters.`, {
    hint: "Restore it from a backup. What was sealed or signed with the key that it held needs that key.",
  });
}

/** Gives the text of a file in the data folder. */
export function readWhole(file: string): string {
  try {
    return readText(file);
  } catch (cause) {
    throw asCovaultError(cause) ?? fileError("DATA_DIR", file, "cannot be read", cause);
  }
}

/** Writes a file aside and renames it, so that a crash leaves the whole file or none. */
export function writeWhole(file: string, text: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const aside = `${file}.new`;
    const handle = openSync(aside, "w", 0o600);
    try {
      writeSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(aside, file);
  } catch (cause) {
    throw fileError("DATA_DIR", file, "cannot be written", cause);
  }
}

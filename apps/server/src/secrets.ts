// The secrets of an embedded system: from the environment, else from `data/secrets`, else made there once, mode 0600.
import { randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";

export interface SecretFolder {
  /** The environment's value, or the stored one, or a new one of `bytes` random bytes in hex. */
  secret(name: string, bytes: number, given?: string): string;
  /** The secrets that are stored in a folder of it. */
  names(folder: string): readonly string[];
  /** Files made by this start, for the note. */
  readonly made: readonly string[];
}

export function openSecrets(dataDir: string): SecretFolder {
  const root = join(dataDir, "secrets");
  const made: string[] = [];
  return {
    made,
    secret(name, bytes, given) {
      if (given !== undefined) return given;
      const file = join(root, name);
      if (existsSync(file)) return readFileSync(file, "utf8").trim();
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      const value = randomBytes(bytes).toString("hex");
      // Written aside and renamed: a crash leaves the whole file or none.
      const aside = `${file}.new`;
      const handle = openSync(aside, "w", 0o600);
      writeSync(handle, `${value}\n`);
      fsyncSync(handle);
      closeSync(handle);
      renameSync(aside, file);
      made.push(file);
      return value;
    },
    names(folder) {
      const path = join(root, folder);
      return existsSync(path) ? readdirSync(path).filter((name) => !name.endsWith(".new")) : [];
    },
  };
}

// The secrets of an embedded system: from the environment, else from `data/secrets`, else made there once, mode 0600.
import { randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";

export interface SecretFolder {
  /** The environment's value, or the stored one, or a new one of `bytes` random bytes in hex. */
  secret(name: string, bytes: number, given?: string): string;
  /** Files made by this start, for the note. */
  readonly made: readonly string[];
}

export function openSecrets(dataDir: string): SecretFolder {
  const folder = join(dataDir, "secrets");
  const made: string[] = [];
  return {
    made,
    secret(name, bytes, given) {
      if (given !== undefined) return given;
      const file = join(folder, name);
      if (existsSync(file)) return readFileSync(file, "utf8").trim();
      mkdirSync(folder, { recursive: true, mode: 0o700 });
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
  };
}

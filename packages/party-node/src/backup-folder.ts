// A folder for backup documents. A file is written aside and moved to its name when all of it is on
// the disk, so that a reader never sees a part of one, and a killed writer leaves what it wrote
// aside as `<name>.….new`.
import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { CovaultError } from "@covault/errors";
import type { BackupFiles } from "@covault/party";
import { syncFolder, writeSynced } from "./synced-files.ts";

/**
 * Gives the folder, which is made with the first file. Several parties and their replicas may share
 * it. Its methods throw party/backup-folder when it cannot be used.
 */
export function backupFolder(path: string): BackupFiles {
  const folder = resolve(path);
  const named = async <T>(act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new CovaultError("party/backup-folder", `The folder of backups ${folder} cannot be used: ${reason}.`, { cause });
    }
  };
  return {
    place: folder,
    write: (name, document) =>
      named(async () => {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        const aside = join(folder, `${name}.${randomUUID()}.new`);
        await writeSynced(aside, document);
        await rename(aside, join(folder, name));
        await syncFolder(folder);
      }),
    names: () =>
      named(async () => {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        return readdir(folder);
      }),
    remove: (name) => named(() => rm(join(folder, name), { force: true })),
  };
}

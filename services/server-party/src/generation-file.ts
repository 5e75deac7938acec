// The Generation port on a file beside, not in, the backed-up store: written aside, synced and renamed, so that a crash leaves the old
// number or the new one.
import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import type { Generation } from "@covault/party";

export function generationFile(path: string): Generation {
  return {
    async read() {
      let text: string;
      try {
        text = await readFile(path, "utf8");
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw cause;
      }
      // A file that is no number is a lost one: the store counts as restored.
      return /^\d{1,15}\n$/.test(text) ? Number(text) : undefined;
    },
    async write(value) {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      // Replicas share the file, so each has a name of its own for what it writes aside.
      const aside = `${path}.${process.pid}.${randomUUID().slice(0, 8)}.new`;
      const file = await open(aside, "w", 0o600);
      try {
        await file.writeFile(`${value}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(aside, path);
      const folder = await open(dirname(path), "r");
      try {
        await folder.sync();
      } finally {
        await folder.close();
      }
    },
  };
}

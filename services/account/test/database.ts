// A fresh embedded database for a test file. Making one takes seconds, copying one a fraction: the first is kept, empty, below
// node_modules/.cache, and every test gets a copy of its own.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Database, openDatabase } from "@covault/service-kit";

const cache = join(import.meta.dirname, "../../../node_modules/.cache");

function engineVersion(): string {
  const entry = createRequire(import.meta.url).resolve("@electric-sql/pglite");
  const manifest = join(dirname(dirname(entry)), "package.json");
  return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
}

async function template(): Promise<string> {
  const folder = join(cache, `covault-test-postgres-${engineVersion()}`);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const aside = mkdtempSync(join(cache, "covault-test-postgres-"));
  await (await openDatabase({ kind: "pglite", dir: aside })).close();
  try {
    renameSync(aside, folder);
  } catch {
    // Another test file was first.
    rmSync(aside, { recursive: true });
  }
  return folder;
}

export async function testDatabase(): Promise<{ readonly database: Database; readonly remove: () => Promise<void> }> {
  const dir = mkdtempSync(join(tmpdir(), "covault-test-"));
  cpSync(await template(), dir, { recursive: true });
  const database = await openDatabase({ kind: "pglite", dir });
  return {
    database,
    remove: async () => {
      await database.close();
      rmSync(dir, { recursive: true });
    },
  };
}

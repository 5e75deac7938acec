// Fresh embedded databases for tests. Making one takes seconds of computing, and copying one a
// fraction of that. So the first is kept empty below node_modules/.cache, and every test gets a
// copy of its own. The tests in database.test.ts, full-disk.test.ts and e2e begin with an empty
// folder.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Database, openDatabase } from "../src/sql/database.ts";

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
    // Another test file has made it first.
    rmSync(aside, { recursive: true });
  }
  return folder;
}

/** Puts an empty database into a data folder, which is made if it is missing. */
export async function layDatabase(dir: string): Promise<void> {
  cpSync(await template(), dir, { recursive: true });
}

/** Opens a database on a folder of its own. The folder goes when the database is closed. */
export async function embeddedDatabase(): Promise<Database> {
  const dir = mkdtempSync(join(tmpdir(), "covault-test-"));
  await layDatabase(dir);
  const database = await openDatabase({ kind: "pglite", dir });
  return {
    ...database,
    async close() {
      await database.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

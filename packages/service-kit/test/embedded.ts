// Fresh embedded databases for tests, on folders of their own.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Database, openDatabase } from "../src/sql/database.ts";
import { layTemplate, makeTemplate } from "../src/sql/embedded-template.ts";

/** Puts an empty database into a data folder, which is made if it is missing. */
export async function layDatabase(dir: string): Promise<void> {
  // A build has made it, or the first test that needs one does.
  await makeTemplate();
  mkdirSync(dir, { recursive: true });
  layTemplate(join(dir, "postgres"));
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

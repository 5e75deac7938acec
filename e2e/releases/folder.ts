// What an embedded system leaves behind: its database, and the small files beside it. Both are kept
// as they lie in the data folder, since a later version starts on exactly that.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";
import { PGlite } from "@electric-sql/pglite";

/** The folder of what the releases left. */
export const kept = join(import.meta.dirname, "kept");
export const keptReleases = (): readonly string[] =>
  readdirSync(kept, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

const database = "postgres";
const archive = "postgres.tar.br";
const files = "files.json";
/**
 * The tar is some 40 MB long, and most of it repeats itself from far away. Quality 9 would take
 * five times as long for a tenth less.
 */
const params = { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_LGWIN]: 24 };

/** Keeps the data folder of an embedded system that has stopped. */
export async function keepFolder(dataDir: string, into: string): Promise<void> {
  keepFiles(dataDir, into);
  const pglite = await PGlite.create({ dataDir: join(dataDir, database) });
  const tar = Buffer.from(await (await pglite.dumpDataDir("none")).arrayBuffer());
  await pglite.close();
  writeFileSync(join(into, archive), brotliCompressSync(tar, { params }));
}

/** Keeps the files of a data folder: secrets, roster and generations, without database and logs. */
export function keepFiles(dataDir: string, into: string): void {
  const names = readdirSync(dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dataDir.length + 1))
    .filter((name) => !name.startsWith(`${database}/`) && !name.startsWith("logs/"));
  const contents = Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(dataDir, name), "utf8")]));
  mkdirSync(into, { recursive: true });
  writeFileSync(join(into, files), `${JSON.stringify(contents, undefined, 2)}\n`);
}

/** Lays a kept data folder out again, in an empty folder. */
export async function layFolder(from: string, dataDir: string): Promise<void> {
  layFiles(from, dataDir);
  const tar = brotliDecompressSync(readFileSync(join(from, archive)));
  const pglite = await PGlite.create({ dataDir: join(dataDir, database), loadDataDir: new Blob([tar]) });
  await pglite.close();
}

export function layFiles(from: string, dataDir: string): void {
  for (const [name, text] of Object.entries(JSON.parse(readFileSync(join(from, files), "utf8")) as Record<string, string>)) {
    mkdirSync(dirname(join(dataDir, name)), { recursive: true, mode: 0o700 });
    writeFileSync(join(dataDir, name), text, { mode: 0o600 });
  }
}

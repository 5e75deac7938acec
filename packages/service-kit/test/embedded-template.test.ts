import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Database, openDatabase } from "../src/sql/database.ts";
import { layTemplate, makeTemplate, systemIdentifier, templateFolder } from "../src/sql/embedded-template.ts";

const folder = mkdtempSync(join(tmpdir(), "covault-template-"));
beforeAll(() => makeTemplate());
afterAll(() => rmSync(folder, { recursive: true }));

const identifierOf = async ({ pool }: Database): Promise<unknown> =>
  (await pool.query("SELECT system_identifier FROM pg_control_system()")).rows[0].system_identifier;

it("every first start has a system identifier of its own, and keeps it over restarts", async () => {
  const identifiers = new Set([String(systemIdentifier(templateFolder()))]);
  for (const name of ["one", "other"]) {
    const dir = join(folder, name);
    const first = await openDatabase({ kind: "pglite", dir });
    const identifier = await identifierOf(first);
    await first.pool.query("CREATE TABLE kept AS SELECT 1 AS id");
    await first.close();
    expect(String(systemIdentifier(join(dir, "postgres")))).toBe(identifier);
    const second = await openDatabase({ kind: "pglite", dir });
    expect([await identifierOf(second), (await second.pool.query("SELECT id FROM kept")).rows]).toEqual([identifier, [{ id: 1 }]]);
    await second.close();
    identifiers.add(String(identifier));
  }
  expect(identifiers.size).toBe(3);
});

it("the template holds what initdb makes, and no table, schema or role of ours", async () => {
  const dir = join(folder, "fresh");
  const database = await openDatabase({ kind: "pglite", dir });
  const { rows } = await database.pool.query(
    `SELECT nspname AS name FROM pg_namespace WHERE nspname !~ '^pg_' UNION ALL SELECT relname FROM pg_class WHERE oid >= 16384
      UNION ALL SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY 1`,
  );
  expect(rows.map(({ name }) => name)).toEqual(["information_schema", "postgres", "public"]);
  await database.close();
});

it("a template that is damaged is refused, and leaves no half a database", () => {
  const template = join(folder, "damaged");
  layTemplate(template);
  const control = join(template, "global/pg_control");
  const bytes = readFileSync(control);
  writeFileSync(control, bytes.with(16, (bytes[16] as number) ^ 1));
  const dataDir = join(folder, "half");
  expect(() => layTemplate(dataDir, template)).toThrow("no checksum that fits");
  expect(readdirSync(folder).filter((name) => name.startsWith("half"))).toEqual([]);
});

/** The permissions of the folders below a path and its own, and those of the files, each once. */
function modesOf(path: string): { readonly folders: string[]; readonly files: string[] } {
  const all = [path, ...readdirSync(path, { recursive: true, encoding: "utf8" }).map((name) => join(path, name))].map((at) => statSync(at));
  const modes = (isFolder: boolean): string[] => [
    ...new Set(all.filter((one) => one.isDirectory() === isFolder).map(({ mode }) => (mode & 0o777).toString(8))),
  ];
  return { folders: modes(true), files: modes(false) };
}

it("every user may read a template and only its owner change it; a copy is its owner's, also of a read-only one", async () => {
  const template = join(folder, "made", "1");
  await makeTemplate(template);
  expect(modesOf(template)).toEqual({ folders: ["755"], files: ["644"] });
  const names = readdirSync(template, { recursive: true, encoding: "utf8" });
  for (const name of names) {
    const path = join(template, name);
    chmodSync(path, statSync(path).isDirectory() ? 0o555 : 0o444);
  }
  const dir = join(folder, "of-read-only");
  mkdirSync(dir);
  layTemplate(join(dir, "postgres"), template);
  expect(modesOf(join(dir, "postgres"))).toEqual({ folders: ["700"], files: ["600"] });
  expect(readdirSync(join(dir, "postgres"), { recursive: true, encoding: "utf8" }).sort()).toEqual(names.sort());
  const database = await openDatabase({ kind: "pglite", dir });
  await database.ping();
  await database.close();
});

it("what a copy left that died is taken away, and nothing that somebody else has put there", () => {
  const place = join(folder, "died");
  for (const name of ["postgres.copying-a1b2c3/base", "postgres.old/base"]) mkdirSync(join(place, name), { recursive: true });
  layTemplate(join(place, "postgres"));
  expect(readdirSync(place).sort()).toEqual(["postgres", "postgres.old"]);
});

it("a folder that has a database keeps it, and without a template nothing is laid", () => {
  const dataDir = join(folder, "used");
  layTemplate(dataDir, join(folder, "nowhere"));
  expect(existsSync(dataDir)).toBe(false);
  layTemplate(dataDir);
  const identifier = systemIdentifier(dataDir);
  layTemplate(dataDir);
  expect(systemIdentifier(dataDir)).toBe(identifier);
});

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { backupFolder } from "./index.ts";

const folder = mkdtempSync(join(tmpdir(), "covault-backups-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("a folder of backups", () => {
  const path = join(folder, "made", "by", "it");
  it("writes a file whole, for its owner alone, in the place of an older one, and removes it", async () => {
    const files = backupFolder(path);
    expect(await files.names()).toEqual([]);
    await files.write("one.json", Uint8Array.of(1, 2, 3));
    await files.write("one.json", Uint8Array.of(4, 5));
    expect(new Uint8Array(readFileSync(join(path, "one.json")))).toEqual(Uint8Array.of(4, 5));
    expect(statSync(join(path, "one.json")).mode & 0o777).toBe(0o600);
    expect(readdirSync(path)).toEqual(["one.json"]);
    await files.remove("one.json");
    await files.remove("one.json");
    expect(await files.names()).toEqual([]);
  });
  it("says which folder cannot be used, and why", async () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    await expect(backupFolder(file).write("one.json", Uint8Array.of(1))).rejects.toMatchObject({
      code: "party/backup-folder",
      message: expect.stringContaining(file),
    });
  });
  it("is one place, however its path is written", () => {
    expect(backupFolder(join(folder, "a", "..", "b")).place).toBe(backupFolder(join(folder, "b")).place);
  });
});

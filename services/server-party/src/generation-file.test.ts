import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { generationFile } from "./generation-file.ts";

const folder = mkdtempSync(join(tmpdir(), "covault-generation-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("generationFile", () => {
  it("reads what was last written, and that it is lost when it is", async () => {
    const path = join(folder, "deep", "generation");
    const file = generationFile(path);
    expect(await file.read()).toBeUndefined();
    for (const value of [1, 2, 3_000_000_000]) {
      await file.write(value);
      expect(await generationFile(path).read()).toBe(value);
    }
    expect(readdirSync(join(folder, "deep"))).toEqual(["generation"]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("takes writes of several replicas at once: each whole, none lost to another's", async () => {
    const path = join(folder, "shared", "generation");
    await Promise.all(Array.from({ length: 16 }, () => generationFile(path).write(7)));
    expect(await generationFile(path).read()).toBe(7);
    expect(readdirSync(join(folder, "shared"))).toEqual(["generation"]);
  });

  it.each(["", "12", "x\n", "1e3\n", "-1\n", "1\n2\n"])("takes the content %j for lost, not for a number", async (content) => {
    const path = join(folder, "other");
    writeFileSync(path, content);
    expect(await generationFile(path).read()).toBeUndefined();
  });
});

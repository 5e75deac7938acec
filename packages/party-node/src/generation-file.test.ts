// The record outside of a party's store, as a file.
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { generationContract } from "../../party/test/generation-contract.ts";
import { generationFile } from "./generation-file.ts";

const folder = mkdtempSync(join(tmpdir(), "covault-generation-"));
afterAll(() => rmSync(folder, { recursive: true }));
const identity = { system: "1" };

generationContract("file", async (partyId) => generationFile(join(folder, "deep", partyId), partyId));

describe("generationFile", () => {
  it("is readable by its owner alone, and keeps few of the records before", async () => {
    const path = join(folder, "tidy", "generation");
    const file = generationFile(path, "party-1");
    for (let generation = 0; generation < 30; generation++) await file.raise({ generation, identity });
    const names = readdirSync(join(folder, "tidy"));
    expect(names.length).toBeLessThan(11);
    expect(names).toContain("generation.29");
    expect(statSync(`${path}.29`).mode & 0o777).toBe(0o600);
  });

  it.each(["", "{", "12", "null", '{"party":"party-1"}'])("takes the content %j for a record of no store", async (content) => {
    const path = join(folder, "other");
    writeFileSync(`${path}.7`, content);
    expect(await generationFile(path, "party-1").read()).toEqual({ generation: 7, identity: { unreadable: path } });
  });

  it("refuses the file of another party, and names both", async () => {
    const path = join(folder, "foreign");
    await generationFile(path, "party-1").raise({ generation: 1, identity });
    await expect(generationFile(path, "party-2").read()).rejects.toMatchObject({
      code: "party/foreign-generation",
      message: expect.stringMatching(/foreign is that of party-1, not of party-2/),
    });
  });

  it("names the path when it cannot be read or written", async () => {
    const path = join(folder, "a-file");
    writeFileSync(path, "");
    const below = generationFile(join(path, "generation"), "party-1");
    const refused = { code: "party/generation-unavailable", message: expect.stringContaining(join(path, "generation")) };
    await expect(below.read()).rejects.toMatchObject(refused);
    await expect(below.raise({ generation: 1, identity })).rejects.toMatchObject(refused);
  });
});

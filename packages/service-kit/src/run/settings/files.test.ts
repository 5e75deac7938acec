import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { environment, readEnvFile } from "./env-file.ts";
import { readText } from "./text-file.ts";

const folder = mkdtempSync(join(tmpdir(), "covault-files-"));
afterAll(() => rmSync(folder, { recursive: true }));
function file(content: string | Uint8Array): string {
  const path = join(folder, `${Math.random()}`);
  writeFileSync(path, content);
  return path;
}
const utf16 = (text: string, order: "le" | "be", mark: boolean): Buffer => {
  const bytes = Buffer.from((mark ? "\ufeff" : "") + text, "utf16le");
  return order === "le" ? bytes : bytes.swap16();
};

describe("a file of text", () => {
  it("means the same with and without a byte order mark", () => {
    expect(readText(file("\ufeffzoë\n"))).toBe("zoë\n");
    expect(readText(file("zoë\n"))).toBe("zoë\n");
    expect(readText(file(""))).toBe("");
  });

  it.each([
    ["UTF-16, little end first", utf16("ENVIRONMENT=production", "le", true)],
    ["UTF-16, big end first", utf16("ENVIRONMENT=production", "be", true)],
    ["UTF-16 without its mark", utf16("ENVIRONMENT=production", "le", false)],
    ["bytes of Latin-1", Buffer.from("POSTGRES_PASSWORD=zoë", "latin1")],
  ])("that is %s is refused with its path", (_, bytes) => {
    const path = file(bytes);
    expect(() => readText(path)).toThrow(expect.objectContaining({ code: "config/bad-value", message: expect.stringContaining(path) }));
    expect(() => readEnvFile(path)).toThrow(path);
  });
});

describe("a .env file", () => {
  it("is read, and the environment wins over it", () => {
    const path = file('# comment\nA=1\nB="two words"\n');
    expect(environment(path, { A: "3" })).toEqual({ A: "3", B: "two words" });
    expect(readEnvFile(join(folder, "absent"))).toEqual({});
    expect(() => readEnvFile(folder)).toThrow("cannot be read");
  });

  it.each([
    ["a byte order mark", "\ufeffENVIRONMENT=production\n"],
    ["Windows line ends", "LOG_LEVEL=info\r\nENVIRONMENT=production\r\n"],
    ["both", "\ufeff# by an editor\r\nENVIRONMENT=production"],
    ["spaces and export", "  export ENVIRONMENT = production  # for good\n"],
    ["quotes", "ENVIRONMENT='production' # for good\n"],
    ["a value of several lines before it", 'NOTE="one\ntwo = 2\nthree"\nENVIRONMENT=production\n'],
  ])("with %s says the same", (_, text) => {
    expect(readEnvFile(file(text)).ENVIRONMENT).toBe("production");
  });

  it.each([
    ["a line without =", "LOG_LEVEL=info\nENVIRONMENT production\n", 2],
    ["a colon in place of =", "ENVIRONMENT: production\n", 1],
    ["an invisible character before the name", "\u200bENVIRONMENT=production\n", 1],
    ["a second byte order mark", "\ufeff\ufeffENVIRONMENT=production\n", 1],
    ["a name with a space", "MY ENVIRONMENT=production\n", 1],
    ["a quote that is never closed", 'A=1\nB="two\nENVIRONMENT=production\n', 2],
    ["text behind a closing quote", 'A="x" ENVIRONMENT=production\n', 1],
    ["line ends of an old Macintosh", "A=1\rENVIRONMENT=production\r", 1],
  ])("with %s is refused with its line", (_, text, line) => {
    const path = file(text);
    expect(() => readEnvFile(path)).toThrow(`The file ${path}, line ${line}: `);
  });
});

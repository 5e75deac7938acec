import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { run } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "covault-connection-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function errorOf(args: string, env: Record<string, string>): Promise<string> {
  let err = "";
  const told = (text: string): void => {
    err += text;
  };
  const terminal = { out: () => {}, err: told, env: { MPC_API_KEY: "key-from-the-environment", ...env } };
  expect(await run(args.split(" "), terminal)).toBe(2);
  return err;
}

describe("where the system is", () => {
  it.each([
    ["COVAULT_URL", "http://u:hunter2@127.0.0.1:1", "account list"],
    ["COVAULT_URL", "http://127.0.0.1:1?key=hunter2", "account list"],
    ["COVAULT_URL", "http:127.0.0.1:1", "account list"],
    ["COVAULT_URL", "http:///127.0.0.1:1", "account list"],
    ["COVAULT_COORDINATOR_URL", "http://127.0.0.1:0", "party show"],
    ["ACCOUNT_PORT", "4e3", "account list"],
    ["COORDINATOR_PORT", "127.0.0.1:1", "party show"],
  ])("%s=%s is refused with its name", async (name, value, args) => {
    const err = await errorOf(args, { [name]: value });
    expect(err).toContain(name);
    expect(err).toContain("cli/bad-url");
    expect(err).not.toContain("hunter2");
  });
});

/** Runs the built command in a folder with this `.env`. */
function covault(args: readonly string[], dotEnv: string | Uint8Array): Promise<{ code: number; err: string }> {
  writeFileSync(join(folder, ".env"), dotEnv);
  const bin = join(import.meta.dirname, "../bin/covault.js");
  return new Promise((resolve) => {
    execFile(process.execPath, [bin, ...args], { cwd: folder, env: { PATH: process.env.PATH } }, (error, _out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), err }),
    );
  });
}

describe("a .env file that an editor wrote", () => {
  const ports = ["ACCOUNT", "COORDINATOR", "ROUTER", "SERVER_PARTY_API"].map((name) => `${name}_PORT=0\r\n`).join("");
  it.each([
    ["with a byte order mark", "\ufeff"],
    ["without one", ""],
  ])("%s makes covault start refuse production", async (_, mark) => {
    const { code, err } = await covault(["start", "--once"], `${mark}ENVIRONMENT=production\r\n${ports}`);
    expect([code, err]).toEqual([2, expect.stringContaining("ENVIRONMENT is production")]);
  });

  it("in UTF-16, or with a line that is no assignment, is refused by every command", async () => {
    for (const dotEnv of [Buffer.from("\ufeffENVIRONMENT=production\n", "utf16le"), "ENVIRONMENT production\n"]) {
      const { code, err } = await covault(["account", "list"], dotEnv);
      expect([code, err]).toEqual([2, expect.stringContaining(".env")]);
      expect(err).toContain("config/bad-value");
    }
  });
});

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { doItAgain, keyFileInShell } from "./first-light.ts";

it("the API key is shown as the file that has it, whatever the folder is called, and never itself", () => {
  expect(keyFileInShell(join(process.cwd(), "data"))).toBe("$(cat data/secrets/mpc_api_key)");
  const folder = mkdtempSync(join(tmpdir(), "covault it's "));
  mkdirSync(join(folder, "secrets"));
  writeFileSync(join(folder, "secrets", "mpc_api_key"), "the-key\n");
  const lines: string[] = [];
  const call = { accountUrl: "http://127.0.0.1:4000", keyInShell: keyFileInShell(folder), accountId: "acc_1", digest: "0xab" };
  doItAgain(call, (line) => lines.push(line));
  expect(lines.join("\n")).not.toContain("the-key");
  // curl is played by echo: what a shell makes of the lines.
  const script = `curl() { printf '%s|' "$@"; echo; }\n${lines.filter((line) => line.startsWith("  ")).join("\n")}`;
  const said = execFileSync("sh", ["-c", script], { encoding: "utf8" }).trim().split("\n");
  const headers = "-H|X-API-Key: the-key|-H|content-type: application/json|-d|";
  expect(said).toEqual([
    `-X|POST|http://127.0.0.1:4000/api/v1/accounts|${headers}{"user_id":"user123"}|`,
    `-X|POST|http://127.0.0.1:4000/api/v1/accounts/acc_1/sign|${headers}{"digest":"0xab"}|`,
  ]);
  rmSync(folder, { recursive: true });
});

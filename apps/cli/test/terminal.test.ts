// The command line as it is at a terminal of 80 columns and through a pipe. The terminal is
// `script` of util-linux.
import { spawn, spawnSync } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const covault = `${process.execPath} ${join(import.meta.dirname, "../bin/covault.js")}`;
const account = {
  ...{ id: `acc_${"1".repeat(26)}`, user_id: "a-user-with-a-name-that-is-long", name: null, status: "active" },
  ...{ scheme: "ecdsa-secp256k1", threshold_t: 2, threshold_n: 3, public_key: `0x02${"ab".repeat(32)}` },
  ...{ addresses: { evm: `0x${"aB".repeat(20)}` }, keygen_session_id: `ses_${"2".repeat(26)}`, error: null },
  keys: [{ key_id: `0x${"cd".repeat(32)}`, scheme: "ecdsa-secp256k1", public_key: `0x02${"ab".repeat(32)}`, epoch: 0 }],
  parties: [1, 2, 3].map((index) => ({ party_id: `server-party-${index}`, role: "persistent", share_index: index })),
  created_at: "2026-01-01T00:00:00.000Z",
};
let server: Server;
let environment: Record<string, string> = {};
beforeAll(async () => {
  server = createServer((request, response) => {
    const answer = request.method === "POST" ? account : { accounts: Array(100).fill(account), altered: [], next_cursor: null };
    // To make a key takes its time.
    setTimeout(() => response.end(JSON.stringify(answer)), request.method === "POST" ? 1_300 : 0);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  environment = { PATH: process.env.PATH ?? "", TERM: "xterm", COVAULT_URL: url, MPC_API_KEY: "key-of-the-tests" };
});
afterAll(() => void server.close());

/** Runs a line of shell. Gives what it said on each stream. */
async function shell(line: string, env: Record<string, string> = {}) {
  const child = spawn("bash", ["-c", line], { env: { ...environment, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const [out, err, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((ended) => child.once("close", ended)),
  ]);
  return { out, err, code };
}

/** Does the same at a terminal, which has one stream. */
const terminal = (line: string, env?: Record<string, string>) => shell(`script -qec "stty cols 80; ${line}" /dev/null`, env);

const longest = (text: string): number => Math.max(...text.split(/[\r\n]+/).map((line) => stripVTControlCharacters(line).length));

describe("at a terminal of 80 columns", () => {
  it("has the program that plays the terminal", () => {
    expect(spawnSync("script", ["--version"], { encoding: "utf8" }).stdout).toContain("util-linux");
  });

  it("a list is coloured and fits, and account ids stay whole", async () => {
    const { out } = await terminal(`${covault} account list`);
    expect(out).toContain("\x1b[32mactive\x1b[39m");
    expect(out).toContain(account.id);
    expect(longest(out)).toBeLessThanOrEqual(80);
  });

  it("NO_COLOR takes the colour away", async () => {
    expect((await terminal(`${covault} account list`, { NO_COLOR: "1" })).out).not.toContain("\x1b[");
  });

  it("what takes more than a second says so, and leaves nothing behind", async () => {
    const { out } = await terminal(`${covault} account create alice`, { NO_COLOR: "1" });
    expect(out).toContain("Making a 2-of-3 key, 1 s");
    const left = out.split("\r\x1b[2K").at(-1);
    expect(left?.split("\r\n")[0]).toBe(`account     ${account.id}`);
    expect(longest(out)).toBeLessThanOrEqual(80);
  });

  it("a refusal is red and ends with its exit code", async () => {
    const { out, code } = await terminal(`${covault} account`);
    expect([code, out.includes("Usage: covault account")]).toEqual([2, true]);
    const wrong = await terminal(`${covault} frobnicate`);
    expect([wrong.code, wrong.out]).toEqual([2, expect.stringContaining("\x1b[31mError:\x1b[39m Unknown command 'frobnicate'.")]);
  });
});

describe("through a pipe", () => {
  it("nothing is coloured, cut or shown in between", async () => {
    const list = await shell(`${covault} account list | cat`);
    expect([list.err, list.out.includes("\x1b")]).toEqual(["", false]);
    expect(list.out).toContain(account.addresses.evm);
    const created = await shell(`${covault} account create alice 2>&1 | cat`);
    expect(created.out.split("\n")[0]).toBe(`account     ${account.id}`);
  });

  it("FORCE_COLOR colours it", async () => {
    expect((await shell(`${covault} account list | cat`, { FORCE_COLOR: "1" })).out).toContain("\x1b[32mactive");
  });

  it.each(["true", "head -1"])("a reader that has gone is no error: account list | %s", async (reader) => {
    const { out, err } = await shell(`${covault} account list | ${reader}; echo "codes \${PIPESTATUS[*]}"`);
    expect([err, out]).toEqual(["", expect.stringContaining("codes 0 0")]);
  });
});

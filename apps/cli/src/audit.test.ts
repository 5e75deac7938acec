// The commands covault audit. An export is printed as it comes, and it is verified with nothing but
// its file and the public key.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ed25519Signer } from "@covault/crypto";
import { newKey } from "@covault/server";
import { emptyHead, entryHash, entryParts, signCheckpoint } from "@covault/trust";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "./run.ts";

const key = newKey("audit");
const publicKey = key.public?.key ?? "";
const signer = ed25519Signer(Buffer.from(key.secret, "hex"));
const at = "2026-11-30T10:00:00.000Z";
let prev = emptyHead;
const entries = Array.from({ length: 6 }, (_, index) => {
  const act = { act: "session.opened", actor: { kind: "api_key", id: "Zoë" }, at, data: {}, object: { session_id: `ses_${index}` } };
  const [before, after] = entryParts("default", act);
  const entry = `${before},"prev":"${prev}","seq":"${index + 1}"${after}`;
  prev = entryHash(entry);
  return entry;
});
const checkpoint = (size: number): string =>
  signCheckpoint({ tenant: "default", size, head: entryHash(entries[size - 1] as string), at }, signer);
const whole = [...entries, checkpoint(6)];

const folder = mkdtempSync(join(tmpdir(), "covault-audit-"));
let server: Server;
let asked = "";
beforeAll(async () => {
  server = createServer((request, response) => {
    asked = `${request.url} ${request.headers["x-api-key"]}`;
    if (asked.includes("wrong")) {
      response.writeHead(401, { "content-type": "application/json" });
      response.end(JSON.stringify({ code: "http/unauthorized", message: "The API key is missing or wrong.", hint: "" }));
      return;
    }
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    const bytes = Buffer.from(`${whole.join("\n")}\n`);
    // The cut is within a character.
    const cut = bytes.indexOf("ë") + 1;
    response.write(bytes.subarray(0, cut));
    if (asked.includes("cut")) setTimeout(() => response.destroy(), 20);
    else setTimeout(() => response.end(bytes.subarray(cut)), 20);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

async function covault(args: string, env: Record<string, string> = {}) {
  let out = "";
  let err = "";
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const terminal = {
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
    env: { COVAULT_URL: url, MPC_API_KEY: "key-of-a-test-0123", DATA_DIR: join(folder, "none"), ...env },
  };
  const code = await run(args.split(" "), terminal);
  return { code, out, err };
}
function file(name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

describe("covault audit export", () => {
  it("prints what the service sends, byte for byte, of the time that was asked for", async () => {
    expect(await covault("audit export --from 2026-11-30 --to 2026-12-01T00:00:00Z")).toEqual({
      code: 0,
      out: `${whole.join("\n")}\n`,
      err: "",
    });
    expect(asked).toBe("/api/v1/audit/export?from=2026-11-30T00%3A00%3A00.000Z&to=2026-12-01T00%3A00%3A00.000Z key-of-a-test-0123");
    expect((await covault("audit export --from yesterday")).code).toBe(2);
  });

  it("says when it was refused, and when the service went away in the middle", async () => {
    expect((await covault("audit export", { MPC_API_KEY: "wrong-key-of-a-test" })).err).toContain("The API key is missing or wrong.");
    const cut = await covault("audit export", { MPC_API_KEY: "cut-key-of-a-test-0" });
    expect([cut.code, cut.err]).toEqual([3, expect.stringContaining("did not answer to the end")]);
  });
});

describe("covault audit verify", () => {
  it("says what is proved, and what only a later checkpoint can say", async () => {
    const { code, out } = await covault(`audit verify ${file("whole", whole)} --key ${publicKey}`);
    expect(code).toBe(0);
    expect(out).toContain("Entries 1 to 6 of tenant default are as they were written.");
    expect(out).toContain("only a later checkpoint can say");
    const open = await covault(
      `audit verify ${file("open", [...entries.slice(0, 4), checkpoint(4), ...entries.slice(4)])} --key ${publicKey}`,
    );
    expect(open.out).toContain("The 2 entries after it: not signed yet.");
  });

  it.each<[string, readonly string[], string]>([
    ["removed", whole.toSpliced(2, 1), "Entry 3 was removed, at line 3."],
    ["cut", [...entries.slice(0, 4), checkpoint(6)], "Entry 5 was removed."],
    ["changed", whole.with(2, whole[2]?.replace("ses_2", "ses_x") ?? ""), "Entry 3 was changed, at line 3."],
    ["added", whole.toSpliced(2, 0, entries[4] ?? ""), "Line 3 was added"],
    ["moved", whole.toSpliced(1, 1).toSpliced(3, 0, entries[1] ?? ""), "Entry 2 was moved"],
    ["unsigned", entries, "nothing here is signed"],
    ["forged", [...entries, checkpoint(6).replace('"size":"6"', '"size":"5"')], "The checkpoint at line 7 is not signed"],
  ])("ends with 1 and names what was %s", async (name, lines, text) => {
    const path = file(name, lines);
    const { code, out } = await covault(`audit verify ${path} --key ${publicKey}`);
    expect([code, out]).toEqual([1, expect.stringContaining(text)]);
    const json = await covault(`audit verify ${path} --key ${publicKey} --json`);
    expect([json.code, JSON.parse(json.out)]).toEqual([1, expect.objectContaining({ fault: expect.any(Object) })]);
  });

  it("sees a cut tail under a kept export or its last line, and a first entry that is not the one that was asked for", async () => {
    const path = file("short", [...entries.slice(0, 4), checkpoint(4)]);
    expect((await covault(`audit verify ${path} --key ${publicKey}`)).code).toBe(0);
    for (const head of [file("kept", whole), file("line", whole.slice(-1))]) {
      const { code, out } = await covault(`audit verify ${path} --key ${publicKey} --head ${head}`);
      expect([code, out]).toEqual([1, "Entry 5 was removed.\n"]);
    }
    const late = file("late", whole.slice(2));
    expect((await covault(`audit verify ${late} --key ${publicKey}`)).out).toContain("Entry 1 was removed");
    expect((await covault(`audit verify ${late} --key ${publicKey} --first 3`)).code).toBe(0);
  });

  it("takes the key of the system in this folder when none is given, and asks for one when there is none", async () => {
    const path = file("here", whole);
    expect(await covault(`audit verify ${path}`)).toMatchObject({ code: 2, err: expect.stringContaining("--key") });
    mkdirSync(join(folder, "data", "secrets"), { recursive: true });
    writeFileSync(join(folder, "data", "secrets", "audit_key"), `${key.secret}\n`);
    expect((await covault(`audit verify ${path}`, { DATA_DIR: join(folder, "data") })).code).toBe(0);
  });

  it("refuses a file that is not there and a key that is none", async () => {
    expect(await covault(`audit verify ${join(folder, "nowhere")} --key ${publicKey}`)).toMatchObject({
      code: 2,
      err: expect.stringContaining("cannot be read"),
    });
    expect((await covault(`audit verify ${file("k", whole)} --key hunter2`)).code).toBe(2);
  });
});

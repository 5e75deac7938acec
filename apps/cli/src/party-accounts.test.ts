// The command covault party accounts on the data folder of a stopped system, as covault start
// leaves it.
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newKey, signRosterFile } from "@covault/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { layDatabase } from "../../../packages/service-kit/test/embedded.ts";
import { run } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "covault-party-accounts-"));
const [root, initiator, identity] = [newKey("root"), newKey("initiator"), newKey("identity")];
const roster = join(folder, "roster");
beforeAll(async () => {
  mkdirSync(join(folder, "secrets"));
  writeFileSync(join(folder, "secrets", "row_key"), `${randomBytes(32).toString("hex")}\n`);
  const list = join(folder, "parties.yaml");
  const parties = `[{ id: server-party-1, identity_key: "${identity.public?.key}" }]`;
  writeFileSync(list, `parties: ${parties}\ninitiators: [{ id: account, key: "${initiator.public?.key}" }]\n`);
  writeFileSync(roster, signRosterFile(list, root.secret, 7n).text);
  await layDatabase(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function covault(words: string[], env: Record<string, string> = {}) {
  const [out, err]: [string[], string[]] = [[], []];
  const terminal = {
    out: (text: string) => void out.push(text),
    err: (text: string) => void err.push(text),
    env: { DATA_DIR: folder, ...env },
  };
  const code = await run(["party", "accounts", ...words], terminal);
  return { code, out: out.join(""), err: err.join("") };
}
const settings = { ROSTER_FILE: roster, ROOT_PUBLIC_KEY: root.public?.key ?? "" };

describe("covault party accounts", () => {
  it("says when a party holds nothing, by the roster of the settings or by that of the data folder", async () => {
    expect(await covault(["server-party-1"], settings)).toEqual({ code: 0, out: "server-party-1 holds no account's shares.\n", err: "" });
    writeFileSync(join(folder, "secrets", "root_key"), `${root.secret}\n`);
    const { code, out } = await covault(["server-party-1", "--without", "--json"]);
    expect([code, JSON.parse(out)]).toEqual([0, { party_id: "server-party-1", roster_serial: "7", accounts: [] }]);
  });

  it.each([
    ["half of the roster's settings", { ROSTER_FILE: roster }, "ROOT_PUBLIC_KEY"],
    ["a database elsewhere without its roster", { DATABASE_URL: "postgres://127.0.0.1:1/x", ROW_KEY: newKey("row").secret }, "ROSTER_FILE"],
    ["another root", { ...settings, ROOT_PUBLIC_KEY: newKey("root").public?.key ?? "" }, "trust/bad-roster"],
    ["no database", { ...settings, DATA_DIR: join(folder, "nowhere") }, "DATABASE_URL"],
  ])("%s is refused with what to set", async (_which, env, told) => {
    const { code, err } = await covault(["server-party-1"], env);
    expect([code, err]).toEqual([2, expect.stringContaining(told)]);
  });
});

// The command covault api-key on the data folder of a system that is stopped, as `covault start`
// leaves it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { layDatabase } from "../../../packages/service-kit/test/embedded.ts";
import { run } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "covault-api-key-"));
beforeAll(async () => {
  mkdirSync(join(folder, "secrets"));
  writeFileSync(join(folder, "secrets", "row_key"), `${"5a".repeat(32)}\n`);
  await layDatabase(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function covault(args: string[], env: Record<string, string> = {}) {
  const [out, err]: [string[], string[]] = [[], []];
  const terminal = {
    out: (text: string) => void out.push(text),
    err: (text: string) => void err.push(text),
    env: { DATA_DIR: folder, ...env },
  };
  const code = await run(["api-key", ...args], terminal);
  return { code, out: out.join(""), err: err.join("") };
}

describe("covault api-key", () => {
  it("makes a key and shows it once, lists it without, and revokes it by its id", async () => {
    expect((await covault(["list"])).out).toBe("No API keys.\n");
    const made = await covault(["create", "billing", "--expires", "2099-01-01"]);
    const [, secret] = /API key +(covault_[0-9a-f]{64})\n/.exec(made.out) ?? [];
    const [, id] = /id +(key_\S+)\n/.exec(made.out) ?? [];
    expect([made.code, made.err, typeof secret, typeof id]).toEqual([0, "", "string", "string"]);
    const { out } = await covault(["list"]);
    expect(out).toMatch(new RegExp(`${id} +default +billing +active +2099-01-01T00:00Z\n`));
    expect(out).not.toContain(secret);
    expect((await covault(["revoke", id ?? ""])).out).toContain(`${id} (billing) is revoked since 20`);
    expect((await covault(["list"])).out).toMatch(/billing +revoked/);
  });

  it("speaks JSON, and makes a tenant with its first key", async () => {
    const refused = await covault(["create", "shop", "--tenant", "shop"]);
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining("--new-tenant")]);
    const made = JSON.parse((await covault(["create", "shop", "--tenant", "shop", "--new-tenant", "--json"])).out);
    expect(made).toMatchObject({ tenant_id: "shop", status: "active", expires_at: null, api_key: expect.stringMatching(/^covault_/) });
    const { api_keys } = JSON.parse((await covault(["list", "--json"])).out);
    expect(api_keys.map((key: object) => Object.keys(key))).toEqual(
      api_keys.map(() => ["id", "tenant_id", "label", "status", "created_at", "expires_at", "revoked_at"]),
    );
  });

  it.each([
    ["a day that is over", ["create", "x", "--expires", "2020-01-01"], {}, "to come"],
    ["no day", ["create", "x", "--expires", "soon"], {}, "to come"],
    ["a tenant with a space", ["create", "x", "--tenant", "a b"], {}, "lower case"],
    ["a label of two lines", ["create", "a\nb"], {}, "one line"],
    ["an id of no key", ["revoke", "key_1"], {}, "account/unknown-api-key"],
    ["no database", ["list"], { DATA_DIR: join(folder, "nowhere") }, "DATABASE_URL"],
    ["a ROW_KEY of another length", ["list"], { ROW_KEY: "hunter2" }, "ROW_KEY"],
    ["a ROW_KEY of another database", ["list"], { ROW_KEY: "6b".repeat(32) }, "account/wrong-row-key"],
  ])("refuses %s, and says what is wrong without a secret", async (_what, args, env, told) => {
    const { code, err } = await covault(args, env);
    expect([code, err]).toEqual([2, expect.stringContaining(told)]);
    expect(err).not.toContain("hunter2");
  });
});

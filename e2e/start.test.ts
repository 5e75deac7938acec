// These tests start the system on settings and data folders that are wrong, taken, or of fewer
// parties: it names what is wrong and starts nothing, and says in time what it cannot do.
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { accounts, signs } from "./accounts.ts";
import { cleanUp, newDataDir, preparedDataDir, startSystem } from "./system.ts";

afterAll(cleanUp);

describe("one data folder", () => {
  it("has one system at a time, which signs with two of three parties and says within 15 s that one is not enough", async () => {
    const dataDir = await preparedDataDir();
    const all = await startSystem({ dataDir });
    const { body: account } = await all.call("POST", accounts, { user_id: "fewer" });
    const second = await startSystem({ dataDir });
    expect(await second.exited()).not.toBe(0);
    expect(second.output()).toContain("database-in-use");
    expect(await all.end("SIGTERM")).toBe(0);

    const two = await startSystem({ dataDir, env: { EMBEDDED_PARTIES: "server-party-1,server-party-3" } });
    await signs(two, account);
    const refused = await two.call("POST", accounts, { user_id: "fewer" });
    expect(refused.status).toBe(503);
    expect(JSON.stringify(refused.body)).toContain("server-party-2");
    await two.end("SIGTERM");

    const one = await startSystem({ dataDir, env: { EMBEDDED_PARTIES: "server-party-2" } });
    const asked = Date.now();
    const alone = await one.call("POST", `${accounts}/${account.id}/sign`, { message: randomBytes(32).toString("hex") });
    expect(Date.now() - asked).toBeLessThan(15_000);
    expect(alone.status).toBe(503);
    expect(alone.body.message).toMatch(/server-party-[13]/);
    await one.end("SIGTERM");
  }, 180_000);
});

describe("configuration", () => {
  it("every wrong setting is named before anything starts", async () => {
    const env = {
      CRYPTO_MASTER_KEY: "1234",
      ACCOUNT_PORT: "notaport",
      JWT_SECRET_KEY: "short",
      ALLOWED_IPS: "10.0.0.0/99",
      ENVIRONMENT: "staging",
      EMBEDDED_PARTIES: "Server Party",
      INITIATOR_KEY: "xyz",
      ROW_KEY: "xyz",
      AUDIT_KEY: "xyz",
      LOG_LEVEL: "loud",
    };
    const system = await startSystem({ dataDir: newDataDir(), env });
    expect(await system.exited()).toBe(2);
    expect(Object.keys(env).filter((name) => !system.output().includes(name))).toEqual([]);
    expect(system.output()).not.toContain("Covault is up");
  });

  it("a taken port and an address of another machine name their setting, and no secret is made for them", async () => {
    const taken = createServer();
    await new Promise<void>((listening) => taken.listen(0, "127.0.0.1", listening));
    const { port } = taken.address() as { port: number };
    const dataDir = await preparedDataDir();
    const second = await startSystem({ dataDir, env: { ROUTER_PORT: String(port) } });
    expect([await second.exited(), second.output()]).toEqual([
      2,
      expect.stringContaining(`ROUTER_PORT: port ${port} of 127.0.0.1 is taken`),
    ]);
    const elsewhere = await startSystem({ dataDir, env: { BIND_ADDRESS: "192.0.2.1" } });
    expect([await elsewhere.exited(), elsewhere.output()]).toEqual([2, expect.stringContaining('BIND_ADDRESS: "192.0.2.1" is no address')]);
    expect(existsSync(join(dataDir, "secrets"))).toBe(false);
    taken.close();
  }, 60_000);

  it("production refuses embedded parts", async () => {
    const system = await startSystem({ dataDir: newDataDir(), env: { ENVIRONMENT: "production" } });
    expect(await system.exited()).not.toBe(0);
    expect(system.output()).toContain("ENVIRONMENT");
  });

  it("a wrong master key refuses to start and says so; --once exits with 0 when all is well", async () => {
    const dataDir = newDataDir();
    const once = await startSystem({ dataDir, args: ["--once"], env: { LOG_LEVEL: "info" } });
    expect(await once.exited(), once.output()).toBe(0);
    // Through a pipe every line is JSON.
    const lines = once.output().trimEnd().split("\n");
    const told = lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
    for (const text of ["verified by OpenSSL", "Stopping...", "Stopped."]) expect(told).toContain(text);
    expect(once.output(), "lines to repeat what a system did that is gone").not.toContain("Do it again");
    const wrong = await startSystem({ dataDir, env: { CRYPTO_MASTER_KEY: "ab".repeat(32) } });
    expect(await wrong.exited()).not.toBe(0);
    expect(wrong.output()).toContain("CRYPTO_MASTER_KEY");
    const lonely = await startSystem({ dataDir, args: ["--once"], env: { EMBEDDED_PARTIES: "server-party-1" } });
    expect(await lonely.exited()).not.toBe(0);
  }, 180_000);
});

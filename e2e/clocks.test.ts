// These tests set the wall clock of a whole system while it works, and suspend one. Everything goes
// on.
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { cleanUp, preparedDataDir, type System, startSystem } from "./system.ts";

const setClock = pathToFileURL(join(import.meta.dirname, "set-clock.js")).href;
/** The settings against the true time. Each is a step from the one before. */
const settings = [-300_000, 300_000, -3_600_000, 3_600_000];

let system: System;
let account: { readonly id: string };
let clockFile: string;
const digestOf = (name: string) => createHash("sha256").update(name).digest("hex");
const create = (name: string) => system.call("POST", "/api/v1/accounts", { user_id: name });
const sign = (name: string) => system.call("POST", `/api/v1/accounts/${account.id}/sign`, { digest: digestOf(name) });
/** Gives how often a party has said that it runs the rounds of an attempt. */
const startedCount = () => system.output().split('"msg":"started"').length;

beforeAll(async () => {
  const dataDir = await preparedDataDir();
  clockFile = join(dataDir, "clock");
  system = await startSystem({ dataDir, env: { NODE_OPTIONS: `--import=${setClock}`, CLOCK_FILE: clockFile, LOG_LEVEL: "info" } });
  const created = await create("clocks");
  expect(created.status).toBe(201);
  account = created.body;
});
afterAll(async () => {
  await system?.end("SIGTERM");
  cleanUp();
});

describe("a running system", () => {
  it.each(settings)("makes keys and signatures while its clock is set to be %i ms off", async (byMs) => {
    const before = startedCount();
    const keygen = create(`${byMs}`);
    // Three parties have joined. What runs from here on carries no time.
    await vi.waitFor(() => expect(startedCount()).toBeGreaterThanOrEqual(before + 3), { timeout: 20_000, interval: 5 });
    writeFileSync(clockFile, String(byMs));
    system.signal("SIGUSR2");
    expect((await keygen).status).toBe(201);
    const answers = [await sign(`${byMs}`), ...(await Promise.all([1, 2, 3, 4].map((k) => sign(`${byMs} ${k}`))))];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    const session = await system.call("GET", `/api/v1/sessions/${answers[0]?.body.session_id}`);
    expect(Math.abs(Date.parse(session.body.created_at) - Date.now() - byMs)).toBeLessThan(60_000);
  });

  it("goes on after it was suspended for longer than any lease of its sessions", async () => {
    const before = startedCount();
    const keygen = create("suspended");
    await vi.waitFor(() => expect(startedCount()).toBeGreaterThanOrEqual(before + 3), { timeout: 20_000, interval: 5 });
    system.signal("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, 7_000));
    system.signal("SIGCONT");
    expect((await keygen).status).toBe(201);
    expect((await sign("after the pause")).status).toBe(200);
  });
});

// A coordinator whose broker or presence is away. A caller is told so at once, and nothing is
// opened that nobody could hear of.
import { coordinatorQueue, inProcessBroker, memoryPresence } from "@covault/service-kit/messages";
import { makeLogger } from "@covault/service-kit/run";
import { seeded } from "@covault/testkit";
import { actBy, unsteadyBroker } from "@covault/testkit/network";
import { afterAll, expect, it, vi } from "vitest";
import { startCoordinator } from "../src/index.ts";
import { actor, keygenIntent, liveRoster, signed, text } from "./cast.ts";
import { anyDatabase } from "./databases.ts";
import { secretKey } from "./stage.ts";

const apiKey = "an API key for tests";
const db = await anyDatabase();
const broker = inProcessBroker();
const presence = memoryPresence();
const away = new Set<string>();
const unsteady = <Part extends { ping(): Promise<void> }>(name: string, part: Part): Part => ({
  ...part,
  async ping() {
    if (away.has(name))
      throw Object.assign(new Error("away"), { name: "CovaultError", code: "broker/unavailable", kind: "io", hint: "", facts: {} });
  },
});
const coordinator = await startCoordinator({
  config: { port: 0, apiKey, jwtSecret: secretKey },
  database: db.database,
  roster: liveRoster(),
  broker: unsteady("broker", broker),
  presence: unsteady("presence", presence),
  logger: makeLogger({ name: "coordinator", level: "silent" }),
});
afterAll(async () => {
  await coordinator.stop();
  await broker.close();
  await db.close();
});

async function ask(method: string, path: string, body?: object, url = coordinator.url) {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { "x-api-key": apiKey, ...(body && { "content-type": "application/json" }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: answers are JSON of many forms
  return { status: response.status, body: (await response.json()) as any };
}
const opening = (id: string) => ({ session_id: id, intent: text(signed(keygenIntent(id, Date.now()))) });

it.each(["broker", "presence"])(
  "while the %s is away, opening and waiting say so, readiness names it, and nothing was opened",
  async (part) => {
    expect((await ask("POST", "/api/v1/sessions", opening(`before-${part}`))).status).toBe(202);
    away.add(part);
    expect(await ask("POST", "/api/v1/sessions", opening(`during-${part}`))).toMatchObject({
      status: 503,
      body: { code: "broker/unavailable" },
    });
    expect((await ask("GET", `/api/v1/sessions/before-${part}?wait_ms=50`)).status).toBe(503);
    // Without waiting, the caller is told what is known.
    expect((await ask("GET", `/api/v1/sessions/before-${part}`)).body.session_id).toBe(`before-${part}`);
    expect((await ask("GET", `/api/v1/sessions/during-${part}`)).status).toBe(404);
    const checks = { [part]: "failed", database: "ok" };
    await vi.waitFor(async () => expect((await ask("GET", "/health/ready")).body.checks).toMatchObject(checks), {
      timeout: 3_000,
      interval: 50,
    });
    away.delete(part);
    expect((await ask("POST", "/api/v1/sessions", opening(`during-${part}`))).status).toBe(202);
  },
);

it.each([1, 2])("a broker that loses, doubles, delays and swaps messages costs time, and no key (seed %i)", async (seed) => {
  const random = seeded(`broker ${seed}`);
  const fates: Record<string, number> = {};
  const unsteadyOne = unsteadyBroker(broker, (queue) => {
    // An actor says everything once. A party says again what was not answered.
    const drop = queue === coordinatorQueue ? 0 : 0.15;
    const act = actBy({ drop, twice: 0.15, late: 0.15, swap: 0.15 }, () => random.below(1_000) / 1_000);
    fates[act] = (fates[act] ?? 0) + 1;
    return act;
  });
  const actors = await Promise.all(["p1", "p2", "p3"].map((name) => actor(unsteadyOne, presence, name)));
  const other = await startCoordinator({
    config: { port: 0, apiKey, jwtSecret: secretKey, tickMs: 20 },
    database: db.database,
    roster: liveRoster(),
    broker: unsteadyOne,
    presence,
    logger: makeLogger({ name: "coordinator", level: "silent" }),
  });
  const id = `unsteady-${seed}`;
  expect((await ask("POST", "/api/v1/sessions", opening(id), other.url)).status).toBe(202);
  const end = await ask("GET", `/api/v1/sessions/${id}?wait_ms=40000`, undefined, other.url);
  expect(end.body.status, JSON.stringify([end.body, fates])).toBe("completed");
  await Promise.all(actors.map((one) => one.stop()));
  await other.stop();
});

// A coordinator whose roster changes while sessions are open.

import { create } from "@bufbuild/protobuf";
import { inProcessBroker, memoryPresence } from "@covault/service-kit/messages";
import { makeLogger, type OnStep } from "@covault/service-kit/run";
import { LiveRoster } from "@covault/trust";
import { DeclineSchema } from "@covault/wire";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type Coordinator, startCoordinator } from "../src/start.ts";
import { type Actor, actor, keygenIntent, liveRoster, rosterWithout, signed, signIntent, text, trust } from "./cast.ts";
import { anyDatabase, type TestDatabase } from "./databases.ts";
import { secretKey } from "./stage.ts";

const apiKey = "api-key-of-the-tests";
const logger = makeLogger({ name: "coordinator", level: "silent" });
const config = { port: 0, apiKey, jwtSecret: secretKey, limits: { graceMs: 300 } };

let db: TestDatabase;
let roster: LiveRoster;
let coordinator: Coordinator;
let actors: Actor[] = [];
const broker = inProcessBroker();
const presence = memoryPresence();

beforeEach(async () => {
  db = await anyDatabase();
  roster = liveRoster();
  coordinator = await startCoordinator({ config, database: db.database, roster, broker, presence, logger });
  // The first two are chosen unless something speaks against them.
  actors = await Promise.all([0, 1, 100].map((load, at) => actor(broker, presence, `p${at + 1}`, { load })));
  await open(keygenIntent("the-key", Date.now()));
  expect(await ended("the-key")).toMatchObject({ status: "completed" });
});
afterEach(async () => {
  for (const one of actors) await one.stop();
  await coordinator.stop();
  await db.close();
});

// biome-ignore lint/suspicious/noExplicitAny: answers are JSON of many forms
async function ask(method: string, path: string, body?: object): Promise<any> {
  const headers = { "x-api-key": apiKey, ...(body && { "content-type": "application/json" }) };
  const response = await fetch(`${coordinator.url}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  return response.json();
}
const open = (intent: Parameters<typeof signed>[0]) =>
  ask("POST", "/api/v1/sessions", { session_id: intent.sessionId, intent: text(signed(intent)) });
const ended = (id: string) => ask("GET", `/api/v1/sessions/${id}?wait_ms=20000`);
const signers = async (id: string): Promise<string[]> =>
  (await ended(id)).parties
    .filter(({ state }: { state: string }) => state === "signed")
    .map(({ party_id }: { party_id: string }) => party_id);
const invited = (at: number, id: string) => actors[at]?.heard.some((body) => body.case === "invite" && body.value.sessionId === id);

it("[CO70] a removed party is in no new quorum and no candidate, though it is still connected, and the others sign on", async () => {
  await open(signIntent("before", Date.now()));
  expect(await signers("before")).toEqual(["p1", "p2"]);
  await roster.replace(rosterWithout("p1"));
  await open(signIntent("after", Date.now()));
  expect(await signers("after")).toEqual(["p2", "p3"]);
  expect(invited(0, "after")).toBe(false);
  const { candidates, absent } = await ask("GET", "/api/v1/candidates?count=3");
  expect([candidates.map(({ party_id }: { party_id: string }) => party_id), absent]).toEqual([["p2", "p3"], []]);
});

it("[CO70] a session that was open before gets no further attempt with a removed party", async () => {
  let refuse = (): void => {};
  const asked = new Promise<void>((resolve) => {
    refuse = resolve;
  });
  const [first] = actors as [Actor];
  // It keeps its first invite to itself, so that the attempt dies after the roster has changed.
  first.instead = async (body) => {
    if (body.case === "invite") refuse();
    return true;
  };
  await open(signIntent("open", Date.now()));
  await asked;
  await roster.replace(rosterWithout("p1"));
  expect(await signers("open")).toEqual(["p2", "p3"]);
  const attempts = first.heard.flatMap((body) => (body.case === "invite" && body.value.sessionId === "open" ? [body.value.attempt] : []));
  expect(new Set(attempts)).toEqual(new Set([1]));
}, 30_000);

it("[CO70] too few parties that the roster has is a failure that names the others", async () => {
  await roster.replace(rosterWithout("p1", "p2"));
  await open(signIntent("too-few", Date.now()));
  expect(await ended("too-few")).toMatchObject({ status: "failed", error: { code: "coordinator/parties-missing", parties: ["p1", "p2"] } });
});

it("[CO71] a refusal of a partner that another roster lacks is no fault of the party that refuses", async () => {
  // The second party has the next roster already, the coordinator has not.
  const [, second] = actors as [Actor, Actor];
  second.instead = async (body) => {
    if (body.case !== "invite") return false;
    const { sessionId, attempt, joinToken, signers: asked } = body.value;
    if (sessionId !== "declined" || !asked.includes(1)) return false;
    await second.say({
      case: "decline",
      value: create(DeclineSchema, { sessionId, attempt, joinToken, code: "trust/unknown-party", message: "no p1" }),
    });
    return true;
  };
  await open(signIntent("declined", Date.now()));
  expect(await signers("declined")).toEqual(["p2", "p3"]);
  expect(await ended("declined")).toMatchObject({ attempt: 2 });
});

it("[CO72] says whose roster has which serial, and shows no party that the roster has lost", async () => {
  const put = (partyId: string, instanceId: string, more: object) =>
    presence.put({ partyId, instanceId, routerId: "r1", streamId: "s", connectedAtMs: 0, sessions: 0, ...more }, 60_000);
  await put("p1", "p1-b", { routerRosterSerial: "2", rosterSerial: "2" });
  await actors[2]?.stop();
  const shown = await ask("GET", "/api/v1/roster");
  expect(shown).toMatchObject({
    serial: "1",
    routers: [
      { router_id: "r", serial: null },
      { router_id: "r1", serial: "2" },
    ],
    parties: [
      { party_id: "p1" },
      { party_id: "p2", instances: [{ instance_id: "p2-a", serial: null }] },
      { party_id: "p3", instances: [] },
    ],
  });
  expect(shown.parties[0].instances).toContainEqual({ instance_id: "p1-b", serial: "2" });
  const gauge = async () => (await coordinator.metrics.registry.getSingleMetric("covault_party_roster_serial")?.get())?.values;
  expect(await gauge()).toContainEqual(expect.objectContaining({ labels: { party_id: "p1" }, value: 0 }));
  await presence.remove("p1", "p1-a");
  expect(await gauge()).toContainEqual(expect.objectContaining({ labels: { party_id: "p1" }, value: 2 }));
  await roster.replace(rosterWithout("p1"));
  const after = await ask("GET", "/api/v1/roster");
  expect([after.serial, after.parties.map(({ party_id }: { party_id: string }) => party_id)]).toEqual(["2", ["p2", "p3"]]);
  await presence.remove("p1", "p1-b");
});

it("[CO72] health shows the serial, and a roster that is refused without being unready for it", async () => {
  await expect(roster.replace(new Uint8Array(7))).rejects.toMatchObject({ code: "trust/bad-roster" });
  const health = async () => (await (await fetch(`${coordinator.url}/health/ready`)).json()) as Record<string, object>;
  await vi.waitFor(async () =>
    expect(await health()).toMatchObject({ status: "ok", roster: { serial: "1", refused: "trust/bad-roster" } }),
  );
  await roster.replace(rosterWithout("p1"));
  expect(await health()).toMatchObject({ status: "ok", roster: { serial: "2" } });
  expect((await health()).roster).not.toHaveProperty("refused");
});

it("[CO73] does not start with a roster that is older than the one that it, or a replica, has gone by", async () => {
  await roster.replace(rosterWithout("p1"));
  await coordinator.stop();
  const older = startCoordinator({ config, database: db.second, roster: liveRoster(), broker, presence, logger });
  await expect(older).rejects.toMatchObject({
    code: "trust/roster-not-newer",
    message: expect.stringContaining("serial 1, and one with serial 2"),
  });
  const newest = new LiveRoster(rosterWithout("p1"), trust.rootKey);
  coordinator = await startCoordinator({ config, database: db.second, roster: newest, broker, presence, logger });
});

it("[CO74] decides nothing while a replica has a newer roster, is not ready, leaves due sessions to others, and goes on with that roster", async () => {
  let claims = 0;
  const onStep: OnStep = (step, act) => {
    if (step.port === "due" && step.method === "claim") claims++;
    return act(...step.args);
  };
  await coordinator.stop();
  coordinator = await startCoordinator({ config, database: db.database, roster, broker, presence, logger, onStep });
  await vi.waitFor(() => expect(claims).toBeGreaterThan(1), 10_000);
  // Nobody joins, so that the session stays open.
  for (const one of actors) await one.stop();
  await open(signIntent("open", Date.now()));
  const newest = new LiveRoster(rosterWithout("p1"), trust.rootKey);
  const replica = await startCoordinator({ config, database: db.second, roster: newest, broker, presence, logger });
  expect(await roster.lookAgain()).toBe(true);
  expect(await open(signIntent("behind", Date.now()))).toMatchObject({ status: 503, code: "trust/roster-behind" });
  expect(await ask("GET", "/health/ready")).toMatchObject({
    status: "unavailable",
    checks: { roster: "failed" },
    roster: { serial: "1", refused: "trust/roster-behind" },
  });
  expect(await ask("GET", "/api/v1/roster")).toMatchObject({ serial: "1" });
  expect(await ask("GET", "/api/v1/sessions/open")).toMatchObject({ session_id: "open" });
  const before = claims;
  // It looks every 100 ms otherwise.
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(claims).toBe(before);
  await replica.stop();
  await roster.replace(rosterWithout("p1"));
  expect(await ask("GET", "/health/ready")).toMatchObject({ roster: { serial: "2" } });
  expect(await open(signIntent("behind", Date.now()))).toMatchObject({ session_id: "behind" });
});

it("[CO74] takes no message of a party while a replica has a newer roster, so that none waits here for what only that one may do", async () => {
  let taking = 0;
  const counted: typeof broker = {
    ...broker,
    async consume(...args) {
      const stop = await broker.consume(...args);
      taking++;
      return async () => {
        taking--;
        await stop();
      };
    },
  };
  await coordinator.stop();
  const behind = await startCoordinator({ config, database: db.database, roster, broker: counted, presence, logger });
  expect(taking).toBe(1);
  const newest = new LiveRoster(rosterWithout("nobody"), trust.rootKey);
  coordinator = await startCoordinator({ config, database: db.second, roster: newest, broker, presence, logger });
  expect(await roster.lookAgain()).toBe(true);
  await vi.waitFor(() => expect(taking).toBe(0), 10_000);
  await open(keygenIntent("meanwhile", Date.now()));
  expect(await ended("meanwhile")).toMatchObject({ status: "completed" });
  await roster.replace(rosterWithout("nobody"));
  await vi.waitFor(() => expect(taking).toBe(1), 10_000);
  await behind.stop();
  expect(taking).toBe(0);
});

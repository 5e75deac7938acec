// The HTTP edge, answer by answer, and the event stream. A whole coordinator runs, and parties play
// along.
import { once } from "node:events";
import { request } from "node:http";
import { create, fromBinary } from "@bufbuild/protobuf";
import { coordinatorApi, routes } from "@covault/api/coordinator";
import { identityKeyFromSeed } from "@covault/channel";
import { inProcessBroker, memoryPresence, memoryRateLimit } from "@covault/service-kit/messages";
import { makeLogger } from "@covault/service-kit/run";
import {
  deviceIdOf,
  intentIdOf,
  keysOf,
  verifyBackup,
  verifyCertificate,
  verifyHolding,
  verifyImportRecipient,
  verifyRelease,
} from "@covault/trust";
import {
  BackupReportSchema,
  ExportReportSchema,
  HoldingReportSchema,
  HoldingSchema,
  ImportRecipientReportSchema,
  type KeygenAction,
  type Signed,
  SignedSchema,
} from "@covault/wire";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkAnswer } from "../../../packages/api/test/check-answer.ts";
import { type Coordinator, startCoordinator } from "../src/index.ts";
import {
  type Actor,
  abandonment,
  actor,
  backup,
  digest,
  ecdsa,
  exportIntent,
  holding,
  importRecipient,
  keygenIntent,
  keyId,
  liveRoster,
  publicKey,
  refreshIntent,
  release,
  seed,
  signed,
  signIntent,
  stranger,
  text,
  verifiedRoster,
} from "./cast.ts";
import { anyDatabase, type TestDatabase } from "./databases.ts";
import { secretKey } from "./stage.ts";

const apiKey = "an API key for tests";
const broker = inProcessBroker();
const presence = memoryPresence();
let db: TestDatabase;
let coordinator: Coordinator;
/**
 * Another replica on the same data, with another broker. It hears nothing and reads the table
 * alone.
 */
let replica: Coordinator;
const actors: Actor[] = [];

beforeAll(async () => {
  db = await anyDatabase();
  const logger = makeLogger({ name: "coordinator", level: "silent" });
  const config = { port: 0, apiKey, jwtSecret: secretKey, limits: { graceMs: 300, joinMs: 30_000 } };
  coordinator = await startCoordinator({ config, database: db.database, roster: liveRoster(), broker, presence, logger });
  replica = await startCoordinator({ config, database: db.second, roster: liveRoster(), broker: inProcessBroker(), presence, logger });
  actors.push(await actor(broker, presence, "p1", { load: 3 }), await actor(broker, presence, "p2", { load: 1 }));
  const third = await actor(broker, presence, "p3");
  await done("POST", "/api/v1/sessions", opening(keygenIntent("the-key", Date.now())));
  expect((await get("/api/v1/sessions/the-key?wait_ms=20000")).body.status).toBe("completed");
  await third.stop();
});
afterAll(async () => {
  for (const one of actors) await one.stop();
  await coordinator.stop();
  await replica.stop();
  await broker.close();
  await db.close();
});

// biome-ignore lint/suspicious/noExplicitAny: answers are JSON of many forms
type Answer = { status: number; body: any };
async function ask(method: string, path: string, body?: unknown, key: string | null = apiKey, at = coordinator): Promise<Answer> {
  const headers = {
    ...(key === null ? {} : { "x-api-key": key }),
    ...(body === undefined ? {} : { "content-type": "application/json" }),
  };
  const sent = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
  const response = await fetch(`${at.url}${path}`, { method, headers, ...sent });
  const answer = { status: response.status, body: await response.json() };
  const seen = checkAnswer(coordinatorApi, { method, url: path, contentType: response.headers.get("content-type"), ...answer });
  if (seen !== undefined) answered.add(seen);
  return answer;
}
/** Every operation with a status that it answered. */
const answered = new Set<string>();
const get = (path: string, at = coordinator) => ask("GET", path, undefined, apiKey, at);
async function done(method: string, path: string, body?: unknown): Promise<Answer> {
  const answer = await ask(method, path, body);
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
  return answer;
}
const opening = (intent: Parameters<typeof signed>[0], key?: Parameters<typeof signed>[1]) => ({
  session_id: intent.sessionId,
  intent: text(signed(intent, key)),
});
const refusedAs = (answer: Answer) => ({ status: answer.status, code: answer.body.code });

describe("200 and 202", () => {
  it("[CO31] a keygen session answers with its certificate, which verifies", async () => {
    const { body } = await get("/api/v1/sessions/the-key");
    expect(body).toMatchObject({
      session_id: "the-key",
      kind: "keygen",
      status: "completed",
      tenant_id: "default",
      threshold_t: 2,
      threshold_n: 3,
      attempt: 1,
      error: null,
      parties: [{ party_id: "p1", share_index: 1, state: "acknowledged" }, { party_id: "p2" }, { party_id: "p3" }],
    });
    const certificate = Buffer.from(body.result.certificate, "base64");
    const verified = verifyCertificate(new Uint8Array(certificate), { keysOf: keysOf(verifiedRoster), intentId: "any" });
    expect(verified.publicKey).toEqual(publicKey);
    expect(new Date(body.deadline).getTime()).toBeGreaterThan(new Date(body.created_at).getTime());
  });
  it("[CO31] opening answers 202 at once, and waiting answers with the signature as soon as it is there", async () => {
    const opened = await ask("POST", "/api/v1/sessions", opening(signIntent("sign-1", Date.now())));
    expect(opened).toMatchObject({ status: 202, body: { session_id: "sign-1", status: "running" } });
    const begun = performance.now();
    const { body } = await get("/api/v1/sessions/sign-1?wait_ms=20000");
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect(body).toMatchObject({ kind: "sign", status: "completed", result: { signature: Buffer.from(ecdsa(digest)).toString("hex") } });
    expect(body.parties.map((party: { state: string }) => party.state)).toEqual(["signed", "signed", "unused"]);
  });
  it("[CO31] waiting at a replica that did not decide answers too", async () => {
    await done("POST", "/api/v1/sessions", opening(signIntent("sign-2", Date.now())));
    expect((await get("/api/v1/sessions/sign-2?wait_ms=20000", replica)).body.status).toBe("completed");
  });
  it("[CO31] a wait ends with its time", async () => {
    await done("POST", "/api/v1/sessions", opening(keygenIntent("waits", Date.now())));
    const { status, body } = await get("/api/v1/sessions/waits?wait_ms=50");
    expect(status).toBe(200);
    expect(["open", "running"]).toContain(body.status);
  });
  it("[CO1] opening twice is one session", async () => {
    const intent = opening(signIntent("sign-3", Date.now()));
    expect((await ask("POST", "/api/v1/sessions", intent)).status).toBe(202);
    expect((await ask("POST", "/api/v1/sessions", intent)).status).toBe(202);
    const { body } = await get("/api/v1/sessions/sign-3/events");
    expect(body.events.filter((event: { type: string }) => event.type === "SessionOpened")).toHaveLength(1);
  });
  it("[CO10] a keygen whose members are missing fails with their names", async () => {
    await done("POST", "/api/v1/sessions", opening(keygenIntent("missing", Date.now())));
    const { body } = await get("/api/v1/sessions/missing?wait_ms=20000");
    expect(body).toMatchObject({ status: "failed", result: null, error: { code: "coordinator/parties-missing", parties: ["p3"] } });
    expect(body.error.hint).toContain("Start the parties");
  });
  it("[CO33] events answer in order with snake_case data", async () => {
    const { body } = await get("/api/v1/sessions/the-key/events");
    expect(body.events.map((event: { seq: number }) => event.seq)).toEqual(body.events.map((_: unknown, at: number) => at + 1));
    expect(body.events[0]).toMatchObject({ type: "SessionOpened", data: { plan: { session_id: "the-key", tenant_id: "default" } } });
    expect(JSON.stringify(body)).not.toMatch(/"[a-z]+[A-Z][A-Za-z]*":/);
  });
  it("[CO32] candidates are the present ones, the least busy first; the absent are named", async () => {
    const { body } = await get("/api/v1/candidates?role=persistent&count=3");
    expect(body).toEqual({
      candidates: [
        { party_id: "p2", role: "persistent", load: 1 },
        { party_id: "p1", role: "persistent", load: 3 },
      ],
      absent: ["p3"],
    });
    expect((await get("/api/v1/candidates?count=1")).body.candidates).toHaveLength(1);
    expect((await get("/api/v1/candidates?role=delegate")).body).toEqual({ candidates: [], absent: [] });
  });
  it("[CO32] parties shows roster, presence and burns", async () => {
    const { body } = await get("/api/v1/parties");
    expect(body.parties).toMatchObject([
      { party_id: "p1", present: true, instances: [{ instance_id: "p1-a", load: 3 }] },
      { party_id: "p2", present: true },
      { party_id: "p3", present: false, instances: [] },
    ]);
    expect(body.burns).toEqual([]);
    // Parties of these tests say no serial.
    const { status, body: roster } = await get("/api/v1/roster");
    expect([status, roster.serial]).toEqual([200, String(verifiedRoster.serial)]);
    expect(roster.parties[0]).toEqual({ party_id: "p1", instances: [{ instance_id: "p1-a", serial: null }] });
  });
  it("[CO67] an abort ends what is open, changes nothing of what has ended, and is refused for a keygen", async () => {
    const intent = signIntent("to-abort", Date.now(), { eligible: ["p1", "p3"], required: ["p3"] });
    const before = await ask("POST", "/api/v1/sessions", { session_id: "to-abort", intent: text(signed(intent)) });
    expect(before.status).toBe(202);
    const abort = (id: string) => ask("POST", `/api/v1/sessions/${id}/abort`, {});
    const aborted = await abort("to-abort");
    expect([aborted.status, aborted.body.status, aborted.body.error?.code]).toEqual([200, "failed", "coordinator/aborted"]);
    expect((await abort("to-abort")).body.version).toBe(aborted.body.version);
    expect(refusedAs(await abort("the-key"))).toEqual({ status: 409, code: "coordinator/not-abortable" });
    expect(refusedAs(await abort("nobody"))).toEqual({ status: 404, code: "coordinator/unknown-session" });
    expect((await ask("POST", "/api/v1/sessions/to-abort/abort", {}, "another-key")).status).toBe(401);
    expect((await ask("POST", "/api/v1/sessions/to-abort/abort", { why: "x" })).status).toBe(400);
  });
  it("[CO67] an abort that comes before the session is opened ends it when it is", async () => {
    const early = await ask("POST", "/api/v1/sessions/early/abort", {});
    expect(refusedAs(early)).toEqual({ status: 404, code: "coordinator/unknown-session" });
    const intent = text(signed(signIntent("early", Date.now(), { eligible: ["p1", "p2"] })));
    expect((await ask("POST", "/api/v1/sessions", { session_id: "early", intent })).body).toEqual({
      session_id: "early",
      status: "failed",
    });
    const { body } = await get("/api/v1/sessions/early");
    expect([body.status, body.error?.code, body.attempt]).toEqual(["failed", "coordinator/aborted", 0]);
  });
  it("[CO19] an abandonment ends a keygen", async () => {
    const intent = keygenIntent("left", Date.now());
    await done("POST", "/api/v1/sessions", opening(intent));
    const body = { abandonment: text(abandonment(intent)) };
    expect(await ask("POST", "/api/v1/sessions/left/abandon", body)).toMatchObject({ status: 200, body: { status: "failed" } });
    expect((await ask("POST", "/api/v1/sessions/left/abandon", body)).status).toBe(200);
  });
  it("[CO30] health needs no key and names its parts", async () => {
    const { status, body } = await ask("GET", "/health/ready", undefined, null);
    expect({ status, checks: body.checks }).toEqual({ status: 200, checks: { database: "ok", broker: "ok", presence: "ok" } });
  });
});

describe("400 and 403", () => {
  it("[CO30] names the field that is wrong, and shows no stack", async () => {
    const good = opening(keygenIntent("bad", Date.now()));
    const cases: [unknown, RegExp][] = [
      [{ ...good, session_id: "../etc" }, /session_id/],
      [{ ...good, session_id: "another" }, /session_id/],
      [{ ...good, intent: "not base64!" }, /intent/],
      [{ session_id: "bad" }, /intent/],
      ["{", /JSON/],
    ];
    for (const [body, names] of cases) {
      const answer = await ask("POST", "/api/v1/sessions", body);
      expect(answer.status).toBe(400);
      expect(answer.body.message).toMatch(names);
    }
    expect((await get("/api/v1/candidates?count=0")).status).toBe(400);
    expect((await get("/api/v1/sessions/x?wait_ms=abc")).status).toBe(400);
    expect((await ask("POST", "/api/v1/sessions/the-key/abandon", { abandonment: text(signed(keygenIntent("x", 1))) })).status).toBe(400);
  });
  it("[CO34] refuses an intent that its initiator did not sign, may not sign, or that has expired", async () => {
    const open = async (...args: Parameters<typeof opening>) => refusedAs(await ask("POST", "/api/v1/sessions", opening(...args)));
    const now = Date.now();
    expect(await open(keygenIntent("i1", now), stranger)).toEqual({ status: 400, code: "trust/bad-intent" });
    expect(await open({ ...keygenIntent("i2", now), initiatorId: "nobody" })).toEqual({ status: 400, code: "trust/bad-intent" });
    expect(await open({ ...keygenIntent("i3", now), initiatorId: "reader" }, stranger)).toEqual({
      status: 403,
      code: "trust/not-entitled",
    });
    expect(await open(keygenIntent("i4", now - 300_000))).toEqual({ status: 409, code: "trust/intent-expired" });
    const flipped = opening(keygenIntent("i5", now));
    const bytes = Buffer.from(flipped.intent, "base64");
    bytes[40] = bytes[40]! ^ 1;
    expect(refusedAs(await ask("POST", "/api/v1/sessions", { ...flipped, intent: bytes.toString("base64") })).status).toBe(400);
  });
  it("[CO34] refuses a signing intent that contradicts the key's certificate", async () => {
    const open = async (intent: Parameters<typeof signed>[0]) => refusedAs(await ask("POST", "/api/v1/sessions", opening(intent)));
    expect(await open(signIntent("c1", Date.now(), { eligible: ["p1", "p9"] }))).toEqual({ status: 400, code: "trust/bad-intent" });
    const required = signIntent("c2", Date.now());
    if (required.action.case === "sign") required.action.value.required = ["p1", "p2", "p3"];
    expect(await open(required)).toEqual({ status: 400, code: "trust/bad-intent" });
    const later = signIntent("c3", Date.now());
    if (later.action.case === "sign") later.action.value.epochNumberMin = 1;
    expect(await open(later)).toEqual({ status: 400, code: "trust/bad-intent" });
  });
  it("[CO19] refuses an abandonment that somebody else signed, or of another session", async () => {
    const intent = keygenIntent("mine", Date.now());
    await done("POST", "/api/v1/sessions", opening(intent));
    const abandon = async (statement: ReturnType<typeof abandonment>) =>
      refusedAs(await ask("POST", "/api/v1/sessions/mine/abandon", { abandonment: text(statement) }));
    expect(await abandon(abandonment(intent, stranger))).toEqual({ status: 400, code: "trust/bad-abandonment" });
    expect(await abandon(abandonment(keygenIntent("mine", Date.now() - 1_000)))).toEqual({ status: 400, code: "trust/bad-abandonment" });
  });
});

describe("401", () => {
  it("[CO30] every route but health and the API's description needs the key", async () => {
    const guarded = [...Object.values(routes), { method: "GET", path: "/metrics" }];
    for (const { method, path } of guarded)
      for (const key of [null, "a wrong API key, as long"]) {
        const body = method === "POST" ? {} : undefined;
        const answer = await ask(method, path.replace("{id}", "the-key"), body, key);
        expect(refusedAs(answer), `${method} ${path}`).toEqual({ status: 401, code: "http/unauthorized" });
      }
  });
});

describe("429", () => {
  it("[CO30] a limit of calls per key and of refused keys per address holds where one is set", async () => {
    const logger = makeLogger({ name: "coordinator", level: "silent" });
    const rate = { store: memoryRateLimit(), callsPerMinute: 2 };
    const config = { port: 0, apiKey, jwtSecret: secretKey };
    const limited = await startCoordinator({
      config,
      database: db.database,
      roster: liveRoster(),
      broker: inProcessBroker(),
      presence,
      logger,
      rate,
    });
    const statuses: number[] = [];
    for (let call = 0; call < 3; call++) statuses.push((await get("/api/v1/candidates", limited)).status);
    expect(statuses).toEqual([200, 200, 429]);
    for (let guess = 0; guess < 21; guess++) await ask("GET", "/api/v1/candidates", undefined, `a wrong API key ${guess}`, limited);
    expect(refusedAs(await ask("GET", "/api/v1/candidates", undefined, "another wrong key", limited))).toEqual({
      status: 429,
      code: "http/too-many-requests",
    });
    await limited.stop();
  });
});

describe("404 and 409", () => {
  it("[CO30] an unknown session is 404 wherever it is asked for", async () => {
    const abandon = { abandonment: text(abandonment(keygenIntent("nobody", 1))) };
    for (const [method, path, body] of [
      ["GET", "", undefined],
      ["GET", "?wait_ms=5000", undefined],
      ["GET", "/events", undefined],
      ["GET", "/stream", undefined],
      ["POST", "/abandon", abandon],
    ] as const) {
      const answer = await ask(method, `/api/v1/sessions/nobody${path}`, body);
      expect(refusedAs(answer), path).toEqual({ status: 404, code: "coordinator/unknown-session" });
    }
  });
  it("[CO1] another intent under the same session id is 409", async () => {
    const intent = keygenIntent("the-key", Date.now() - 1);
    expect(refusedAs(await ask("POST", "/api/v1/sessions", opening(intent)))).toEqual({ status: 409, code: "coordinator/session-exists" });
  });
  it("[CO34] what this coordinator could not verify is not opened: a payload that it does not know, or that the key's scheme does not sign", async () => {
    const payload = (kind: string, inputs: { index: number }[]) => ({ kind, body: digest, inputs });
    for (const [kind, inputs, code] of [
      ["evm_transaction", [{ index: 0 }], "trust/unknown-payload"],
      ["evm_personal_message", [{ index: 0 }, { index: 1 }], "trust/bad-intent"],
    ] as const) {
      const intent = signIntent(`payload-${inputs.length}`, Date.now(), { message: new Uint8Array(), payload: payload(kind, [...inputs]) });
      expect(refusedAs(await ask("POST", "/api/v1/sessions", opening(intent)))).toEqual({ status: 400, code });
      expect((await get(`/api/v1/sessions/${intent.sessionId}`)).status).toBe(404);
    }
  });
  it("[CO34] signing with a key whose holders are unknown here is 409", async () => {
    const intent = signIntent("unknown-key", Date.now());
    if (intent.action.case === "sign") intent.action.value.keyId = seed(1);
    expect(refusedAs(await ask("POST", "/api/v1/sessions", opening(intent)))).toEqual({ status: 409, code: "coordinator/unknown-key" });
  });
  it("[CO57] an intent for another tenant's or another account's key is refused, though its initiator may ask for both", async () => {
    for (const change of [{ tenantId: "other" }, { accountId: "acc_2" }]) {
      const intent = { ...signIntent("not-mine", Date.now()), ...change };
      expect(refusedAs(await ask("POST", "/api/v1/sessions", opening(intent)))).toMatchObject({ code: "trust/bad-intent" });
      const refresh = { ...refreshIntent("not-mine", Date.now(), { from: keygenIntent("the-key", 1), epochNumber: 1 }), ...change };
      expect(refusedAs(await ask("POST", "/api/v1/sessions", opening(refresh)))).toMatchObject({ code: "trust/bad-intent" });
    }
    expect((await get("/api/v1/sessions/not-mine")).status).toBe(404);
  });
  it("[CO55] a keygen among others than the roster's parties is refused: another key, another role, a stranger, devices alone", async () => {
    const device = (byte: number) => {
      const { publicKey: idpk } = identityKeyFromSeed(seed(byte));
      return { partyId: deviceIdOf(idpk), idpk, role: "device" };
    };
    const coManaged = { custody: "co-managed", initiators: [], initiatorsRule: "devices" };
    for (const change of [
      (keygen: KeygenAction) => Object.assign(keygen.members[2]!, { idpk: stranger.publicKey }),
      (keygen: KeygenAction) => Object.assign(keygen.members[2]!, { role: "temporary" }),
      (keygen: KeygenAction) => Object.assign(keygen.members[2]!, { partyId: "p9" }),
      (keygen: KeygenAction) => {
        for (const [at, member] of keygen.members.entries()) Object.assign(member, device(50 + at));
        Object.assign(keygen, coManaged);
      },
    ]) {
      const intent = structuredClone(keygenIntent("strangers", Date.now()));
      if (intent.action.case === "keygen") change(intent.action.value);
      expect(refusedAs(await ask("POST", "/api/v1/sessions", opening(intent)))).toMatchObject({ code: "trust/unknown-party" });
    }
    expect((await get("/api/v1/sessions/strangers")).status).toBe(404);
  });
  it("[CO19] abandoning after the certificate, or a signature, is 409", async () => {
    const intent = keygenIntent("late", Date.now());
    const third = await actor(broker, presence, "p3");
    await done("POST", "/api/v1/sessions", opening(intent));
    expect((await get("/api/v1/sessions/late?wait_ms=20000")).body.status).toBe("completed");
    await third.stop();
    const refused = async (id: string, statement: ReturnType<typeof abandonment>) =>
      refusedAs(await ask("POST", `/api/v1/sessions/${id}/abandon`, { abandonment: text(statement) }));
    expect(await refused("late", abandonment(intent))).toEqual({ status: 409, code: "coordinator/already-committed" });
    const sign = signIntent("no-abandon", Date.now());
    await done("POST", "/api/v1/sessions", opening(sign));
    expect(await refused("no-abandon", abandonment(sign))).toEqual({ status: 409, code: "coordinator/not-abandonable" });
  });
});

describe("the event stream", () => {
  async function stream(id: string, at: Coordinator, last?: number): Promise<{ ids: number[]; types: string[] }> {
    const headers = { "x-api-key": apiKey, ...(last === undefined ? {} : { "last-event-id": String(last) }) };
    const response = await fetch(`${at.url}/api/v1/sessions/${id}/stream`, { headers });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    // The stream ends by itself when the session has ended.
    const frames = (await response.text()).split("\n\n").filter((frame) => frame.startsWith("id:"));
    const field = (frame: string, name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(frame)?.[1] ?? "";
    for (const frame of frames) expect(JSON.parse(field(frame, "data"))).toMatchObject({ seq: Number(field(frame, "id")) });
    return { ids: frames.map((frame) => Number(field(frame, "id"))), types: frames.map((frame) => field(frame, "event")) };
  }
  it("[CO33] follows a session to its end, here and at another replica, and goes on from the last event id", async () => {
    await done("POST", "/api/v1/sessions", opening(signIntent("streamed", Date.now())));
    const [here, there] = await Promise.all([stream("streamed", coordinator), stream("streamed", replica)]);
    const { body } = await get("/api/v1/sessions/streamed/events");
    const types = body.events.map((event: { type: string }) => event.type);
    expect(here.types).toEqual(types);
    expect(there).toEqual(here);
    expect(types.at(-1)).toBe("Completed");
    expect((await stream("streamed", coordinator, 3)).ids).toEqual(here.ids.slice(3));
    expect((await stream("streamed", coordinator, here.ids.length)).ids).toEqual([]);
  });
  it("[CO33] answers HEAD with the headers alone, and does not follow", async () => {
    await done("POST", "/api/v1/sessions", opening(keygenIntent("headed", Date.now())));
    const response = await fetch(`${coordinator.url}/api/v1/sessions/headed/stream`, { method: "HEAD", headers: { "x-api-key": apiKey } });
    expect([response.status, response.headers.get("content-type"), await response.text()]).toEqual([200, "text/event-stream", ""]);
  });
  it("[CO33] a stream and a wait end when the service stops", async () => {
    const logger = makeLogger({ name: "coordinator", level: "silent" });
    const config = { port: 0, apiKey, jwtSecret: secretKey };
    const third = await startCoordinator({
      config,
      database: db.database,
      roster: liveRoster(),
      broker: inProcessBroker(),
      presence,
      logger,
    });
    await done("POST", "/api/v1/sessions", opening(keygenIntent("never", Date.now())));
    const headers = { "x-api-key": apiKey };
    const following = await fetch(`${third.url}/api/v1/sessions/never/stream`, { headers });
    const waiting = request(`${third.url}/api/v1/sessions/never?wait_ms=50000`, { headers: { ...headers, expect: "100-continue" } });
    const answered = once(waiting, "response");
    waiting.end();
    // The server has the request.
    await once(waiting, "continue");
    const begun = performance.now();
    await third.stop();
    expect(await following.text()).toContain("event: SessionOpened");
    expect((await answered)[0].statusCode).toBe(200);
    expect(performance.now() - begun).toBeLessThan(20_000);
  });
});

describe("POST /api/v1/holdings", () => {
  const question = (nonce: number, change: object = {}) => ({
    key_id: Buffer.from(keyId).toString("hex"),
    epoch: "00".repeat(32),
    nonce: Buffer.from(seed(nonce)).toString("hex"),
    ...change,
  });
  const saidBy = ({ body }: Answer) =>
    body.holdings.map((text: string) => fromBinary(SignedSchema, new Uint8Array(Buffer.from(text, "base64"))).signer);

  it("[CO77] all connected holders answer, the absent are named, and what leads on from the caller's epoch comes along", async () => {
    const answer = await done("POST", "/api/v1/holdings", question(1));
    expect([saidBy(answer), answer.body.asked, answer.body.absent]).toEqual([["p1", "p2"], ["p1", "p2", "p3"], ["p3"]]);
    expect(answer.body.certificates).toHaveLength(1);
    const [statement] = answer.body.holdings;
    const signedHolding = fromBinary(SignedSchema, new Uint8Array(Buffer.from(statement, "base64")));
    const holder = { partyId: "p1", idpk: identityKeyFromSeed(seed(1)).publicKey };
    expect(verifyHolding(signedHolding, { holder, keyId, nonce: seed(1), scheme: "ecdsa-secp256k1" }).highestEpochNumber).toBe(3);
  });
  it("[CO77] a report counts under the identity key of the one that was asked, for this question, and once", async () => {
    const [first, second] = actors as [Actor, Actor];
    const report = (holding: Signed) => ({ case: "holdingReport" as const, value: create(HoldingReportSchema, { holding }) });
    second.instead = async (body) => {
      if (body.case !== "holdingRequest") return false;
      // A liar speaks for another, for another question, and under another name.
      await second.say(report(holding("p3", seed(2))));
      await second.say(report({ ...holding("p3", seed(2)), signer: "p2" }));
      await second.say(report(holding("p2", seed(3))));
      return true;
    };
    const startedMs = performance.now();
    expect(saidBy(await done("POST", "/api/v1/holdings", question(2)))).toEqual(["p1"]);
    expect(performance.now() - startedMs).toBeGreaterThan(2_500);
    second.instead = undefined;
    // A second report of one party changes nothing.
    await first.say(report(holding("p1", seed(2), { highestEpochNumber: 99 })));
    const [statement] = (await done("POST", "/api/v1/holdings", question(2))).body.holdings;
    const { body } = fromBinary(SignedSchema, new Uint8Array(Buffer.from(statement, "base64")));
    expect(fromBinary(HoldingSchema, body).highestEpochNumber).toBe(3);
  });
  it("[CO77] reports that reach another replica count, and a question is of one key", async () => {
    // The replica has another broker, so that nobody hears its question. The parties answer the
    // same question of the other coordinator.
    const [asked] = await Promise.all([
      ask("POST", "/api/v1/holdings", question(4), apiKey, replica),
      done("POST", "/api/v1/holdings", question(4)),
    ]);
    expect(saidBy(asked)).toEqual(["p1", "p2"]);
    expect(refusedAs(await ask("POST", "/api/v1/holdings", question(5, { key_id: "00".repeat(32) })))).toEqual({
      status: 409,
      code: "coordinator/unknown-key",
    });
  });
});

describe("POST /api/v1/backups", () => {
  const question = (nonce: number, change: object = {}) => ({
    key_id: Buffer.from(keyId).toString("hex"),
    epoch: "00".repeat(32),
    nonce: Buffer.from(seed(nonce)).toString("hex"),
    ...change,
  });
  const statements = ({ body }: Answer): readonly Signed[] =>
    body.backups.map((text: string) => fromBinary(SignedSchema, new Uint8Array(Buffer.from(text, "base64"))));

  it("[CO95] connected holders say whom they have sealed to, and no request has a field that could name a recipient", async () => {
    const answer = await done("POST", "/api/v1/backups", question(21));
    expect([statements(answer).map(({ signer }) => signer), answer.body.asked, answer.body.absent]).toEqual([
      ["p1", "p2"],
      ["p1", "p2", "p3"],
      ["p3"],
    ]);
    expect(answer.body.certificates).toHaveLength(1);
    const holder = { partyId: "p1", idpk: identityKeyFromSeed(seed(1)).publicKey };
    expect(verifyBackup(statements(answer)[0] as Signed, { holder, keyId, nonce: seed(21) }).copies).toHaveLength(1);
    for (const field of ["recipient", "recipients", "parties"])
      expect((await ask("POST", "/api/v1/backups", question(22, { [field]: ["02".padEnd(66, "0")] }))).status).toBe(400);
    expect(refusedAs(await ask("POST", "/api/v1/backups", question(23, { key_id: "00".repeat(32) })))).toEqual({
      status: 409,
      code: "coordinator/unknown-key",
    });
  });
  it("[CO95] a report counts under the identity key of the one that was asked, for this question and of this kind", async () => {
    const [, second] = actors as [Actor, Actor];
    const report = (statement: Signed) => ({ case: "backupReport" as const, value: create(BackupReportSchema, { backup: statement }) });
    second.instead = async (body) => {
      if (body.case !== "backupRequest") return false;
      await second.say(report(backup("p3", seed(24))));
      await second.say(report({ ...backup("p3", seed(24)), signer: "p2" }));
      await second.say(report(backup("p2", seed(25))));
      await second.say(report(holding("p2", seed(24))));
      await second.say({ case: "holdingReport", value: create(HoldingReportSchema, { holding: holding("p2", seed(24)) }) });
      return true;
    };
    expect(statements(await done("POST", "/api/v1/backups", question(24))).map(({ signer }) => signer)).toEqual(["p1"]);
    second.instead = undefined;
    expect((await ask("POST", "/api/v1/holdings", question(24))).status).toBe(400);
  }, 30_000);
});

describe("POST /api/v1/exports", () => {
  const saidBy = ({ body }: Answer) =>
    body.releases.map((each: string) => fromBinary(SignedSchema, new Uint8Array(Buffer.from(each, "base64"))).signer);
  const asking = (sessionId: string, change: object = {}) => ({ intent: text(signed(exportIntent(sessionId, Date.now(), { ...change }))) });

  it("[CO97] gives what each connected holder has signed to this intent, and asks nobody twice who has answered", async () => {
    const body = asking("export-1");
    const answer = await done("POST", "/api/v1/exports", body);
    expect([saidBy(answer), answer.body.asked, answer.body.absent]).toEqual([["p1", "p2"], ["p1", "p2", "p3"], ["p3"]]);
    const statement = fromBinary(SignedSchema, new Uint8Array(Buffer.from(answer.body.releases[0], "base64")));
    const intentId = intentIdOf(fromBinary(SignedSchema, new Uint8Array(Buffer.from(body.intent, "base64"))).body);
    const holder = { partyId: "p1", idpk: identityKeyFromSeed(seed(1)).publicKey };
    expect(verifyRelease(statement, { holder, intentId, keyId }).document).toEqual(seed(78));
    const heard = () => actors.map((each) => each.heard.filter((said) => said.case === "exportRequest").length);
    const before = heard();
    expect(saidBy(await done("POST", "/api/v1/exports", body))).toEqual(["p1", "p2"]);
    expect(heard()).toEqual(before);
  });
  it("[CO97] an answer counts under the key of the holder that was asked, for this intent, and once", async () => {
    const second = actors[1] as Actor;
    const report = (statement: Signed) => ({ case: "exportReport" as const, value: create(ExportReportSchema, { release: statement }) });
    second.instead = async (body) => {
      if (body.case !== "exportRequest") return false;
      const intentId = intentIdOf(body.value.intent!.body);
      await second.say(report(release("p3", intentId)));
      await second.say(report({ ...release("p3", intentId), signer: "p2" }));
      await second.say(report(release("p2", seed(3))));
      await second.say(report(release("p2", intentId, { keyId: seed(3) })));
      await second.say({ case: "holdingReport", value: create(HoldingReportSchema, { holding: holding("p2", intentId) }) });
      return true;
    };
    const body = asking("export-2");
    expect(saidBy(await done("POST", "/api/v1/exports", body))).toEqual(["p1"]);
    second.instead = undefined;
    expect(saidBy(await done("POST", "/api/v1/exports", body))).toEqual(["p1", "p2"]);
  }, 30_000);
  it("[CO98] asks nobody with an intent that is none, exports no key, is not of the key's epoch, or that its initiator may not sign", async () => {
    const before = actors.map(({ heard }) => heard.length);
    const refused = async (body: object) => refusedAs(await ask("POST", "/api/v1/exports", body));
    expect(await refused({ intent: "AAAA" })).toMatchObject({ status: 400, code: "trust/bad-intent" });
    expect(await refused({ intent: text(signed(signIntent("export-3", Date.now()))) })).toMatchObject({ code: "trust/bad-intent" });
    expect(await refused({ intent: text(signed(keygenIntent("export-3", Date.now()))) })).toMatchObject({ code: "trust/bad-intent" });
    expect(await refused(asking("export-3", { epochNumber: 3 }))).toMatchObject({ status: 400, code: "trust/bad-intent" });
    expect(await refused(asking("export-3", { keyId: seed(9) }))).toMatchObject({ status: 409, code: "coordinator/unknown-key" });
    expect(await refused({ intent: text(signed(exportIntent("export-3", Date.now()), stranger)) })).toMatchObject({
      code: "trust/bad-intent",
    });
    expect(await refused({ ...asking("export-3"), recipient: "02" })).toMatchObject({ status: 400, code: "http/bad-request" });
    expect(await refused({ intent: text(signed(exportIntent("export-3", Date.now() - 3_600_000))) })).toMatchObject({
      status: 409,
      code: "trust/intent-expired",
    });
    expect(actors.map(({ heard }) => heard.length)).toEqual(before);
  });
});

describe("POST /api/v1/import-recipients", () => {
  const asking = (nonce: number, parties = ["p1", "p2", "p3", "nobody"]) => ({ nonce: Buffer.from(seed(nonce)).toString("hex"), parties });
  const saidBy = ({ body }: Answer) =>
    body.recipients.map((each: string) => fromBinary(SignedSchema, new Uint8Array(Buffer.from(each, "base64"))).signer);

  it("[CO99] gives the keys that parties of the roster have signed for this question", async () => {
    const answer = await done("POST", "/api/v1/import-recipients", asking(61));
    expect([saidBy(answer), answer.body.asked, answer.body.absent]).toEqual([["p1", "p2"], ["p1", "p2", "p3"], ["p3"]]);
    const statement = fromBinary(SignedSchema, new Uint8Array(Buffer.from(answer.body.recipients[0], "base64")));
    const party = { partyId: "p1", idpk: identityKeyFromSeed(seed(1)).publicKey };
    expect(verifyImportRecipient(statement, { party, nonce: seed(61), nowMs: Date.now() }).x25519).toEqual(seed(79));
    for (const wrong of [{ nonce: "00" }, { parties: [] }, { party: "p1" }])
      expect((await ask("POST", "/api/v1/import-recipients", { ...asking(62), ...wrong })).status).toBe(400);
  });
  it("[CO99] an answer counts under the key of the party that was asked, for this question, in its time", async () => {
    const second = actors[1] as Actor;
    const report = (recipient: Signed) => ({
      case: "importRecipientReport" as const,
      value: create(ImportRecipientReportSchema, { recipient }),
    });
    second.instead = async (body) => {
      if (body.case !== "importRecipientRequest") return false;
      await second.say(report(importRecipient("p3", seed(63))));
      await second.say(report({ ...importRecipient("p3", seed(63)), signer: "p2" }));
      await second.say(report(importRecipient("p2", seed(64))));
      await second.say(report(importRecipient("p2", seed(63), { expiresAtMs: BigInt(Date.now() - 1) })));
      return true;
    };
    expect(saidBy(await done("POST", "/api/v1/import-recipients", asking(63)))).toEqual(["p1"]);
    second.instead = undefined;
  }, 30_000);
});

describe("the contract", () => {
  it("[CO30] refuses a parameter that no route knows, and bodies of another type or size", async () => {
    for (const { method, path } of Object.values(routes)) {
      const body = method === "POST" ? {} : undefined;
      expect((await ask(method, `${path.replace("{id}", "the-key")}?verbose=1`, body)).status, path).toBe(400);
    }
    const ofSessions = ["/api/v1/sessions", "/api/v1/sessions/the-key/abandon", "/api/v1/sessions/the-key/abort"];
    const asked = ["/api/v1/holdings", "/api/v1/backups", "/api/v1/exports", "/api/v1/import-recipients"];
    for (const path of [...ofSessions, ...asked]) {
      const send = async (type: string, body: string) => {
        const headers = { "x-api-key": apiKey, "content-type": type };
        const response = await fetch(`${coordinator.url}${path}`, { method: "POST", headers, body });
        const contentType = response.headers.get("content-type");
        const answer = { method: "POST", url: path, status: response.status, contentType, body: await response.json() };
        answered.add(checkAnswer(coordinatorApi, answer) ?? "");
        return response.status;
      };
      expect([await send("text/plain", "x"), await send("application/json", JSON.stringify("x".repeat(1_100_000)))]).toEqual([415, 413]);
    }
  });
  it("[CO30] every answer of these tests was one that the contract documents, and hardly any is left out", () => {
    // An address that may not call, a limit of calls, a fault, and a part that is away have tests
    // of their own, and so has a message of Ed25519 (src/signature-check.test.ts). The stream's
    // success is read above.
    const elsewhere = ["403", "422", "429", "500", "503"];
    const left = Object.entries(routes).flatMap(([id, { answers }]) =>
      Object.keys(answers)
        .filter((status) => !elsewhere.includes(status) && !answered.has(`${id} ${status}`))
        .map((status) => `${id} ${status}`),
    );
    expect(left).toEqual(["streamSessionEvents 200"]);
  });
});

import { describe, expect, it } from "vitest";
import { type Answer, digest, otherTenantKey, testSystem } from "../../test/system.ts";

const system = await testSystem();
const account = (await system.createAccount()).body;
const signPath = `/api/v1/accounts/${account.id}/sign`;
const configurationPath = `/api/v1/accounts/${account.id}/signing-configuration`;

/** Gives the body without its instance. It names the request, and so differs in every answer. */
const withoutInstance = (body: object): object => ({ ...body, instance: "" });

function expectRefusal({ status, body }: Answer, expected: number, named: string): void {
  expect(status).toBe(expected);
  expect(body.status).toBe(expected);
  expect(body.message).toContain(named);
  expect(JSON.stringify(body)).not.toMatch(/node_modules|\.ts:|at .*\(/);
}

describe("400: the field is named", () => {
  it.each([
    ["user_id", {}],
    ["user_id", { user_id: "" }],
    ["user_id", { user_id: 7 }],
    ["user_id", { user_id: "x".repeat(257) }],
    ["threshold_t", { user_id: "u", threshold_t: 1 }],
    ["threshold_t", { user_id: "u", threshold_t: 4 }],
    ["threshold_t", { user_id: "u", threshold_t: 2.5 }],
    ["threshold_n", { user_id: "u", threshold_n: 1 }],
    ["threshold_n", { user_id: "u", threshold_n: 21 }],
    ["threshold_n", { user_id: "u", threshold_n: "3" }],
    ["threshold_n", { user_id: "u", threshold_n: 5 }],
    ["treshold_t", { user_id: "u", treshold_t: 2 }],
    ["name", { user_id: "u", name: 1 }],
    ["user_id", { user_id: "a\u0000b" }],
    ["user_id", { user_id: "\ud800" }],
    ["name", { user_id: "u", name: "a\u0000b" }],
  ])("%s in POST /accounts %j", async (named, body) => {
    expectRefusal(await system.createAccount(body), 400, named);
  });

  it.each([
    ["digest", {}],
    ["digest", { digest: "0x1234" }],
    ["digest", { digest: 5 }],
    ["digest", { digest: null }],
    ["give one of them", { digest, message: digest }],
    ["give one of them", { digest, message: `0x${digest}` }],
    ["message", { message: "" }],
    ["message", { message: "0x1234" }],
    ["message", { message: `0x${digest}ab` }],
    ["message", { message: `0x${"zz".repeat(32)}` }],
    ["message", { message: 5 }],
  ])("%s in POST /sign %j", async (named, body) => {
    expectRefusal(await system.call("POST", signPath, body), 400, named);
  });

  const order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
  it.each([
    ["0x1234", "got 4."],
    [`0X${digest}ab`, "got 66."],
    ["", "got 0."],
    ["zz".repeat(32), "not hex"],
    [`0x0x${digest.slice(4)}`, "not hex"],
    ["0".repeat(64), "modulo the group order"],
    [order, "modulo the group order"],
  ])("what is wrong with the digest %j, under both of its names", async (text, named) => {
    for (const field of ["digest", "message"]) {
      const answer = await system.call("POST", signPath, { [field]: text });
      expectRefusal(answer, 400, named);
      expect([answer.body.code, answer.body.message]).toEqual(["account/bad-digest", expect.stringMatching(`^${field}: `)]);
      expect(answer.body.errors).toEqual([{ pointer: `/${field}`, message: answer.body.message }]);
    }
  });

  it.each(["accounts/%00", "accounts/%00/signing-configuration", "sessions/%00"])("id in GET /%s", async (path) => {
    expectRefusal(await system.call("GET", `/api/v1/${path}`), 400, "id");
  });

  it("malformed JSON, and an Idempotency-Key with a space", async () => {
    expectRefusal(await system.call("POST", "/api/v1/accounts", "{"), 400, "JSON");
    expectRefusal(await system.createAccount({ user_id: "u" }, { "idempotency-key": "a b" }), 400, "idempotency-key");
  });

  it.each([
    "limit=0",
    "limit=101",
    "limit=x",
    "limit=1e1",
    "limit=0x10",
    "limit=%205",
    "limit=5.0",
    "cursor=AAAA",
    "user_id=",
    "user_id=%00",
    "user=x",
  ])("GET /accounts?%s", async (query) => {
    expectRefusal(await system.call("GET", `/api/v1/accounts?${query}`), 400, query.split("=")[0] as string);
  });

  it.each([
    ["parties", { parties: ["server-party-1"] }],
    ["parties", { parties: ["server-party-1", "server-party-4"] }],
    ["parties", { parties: ["server-party-1", "server-party-1"] }],
    ["required", { parties: ["server-party-1", "server-party-2"], required: ["server-party-3"] }],
    [
      "required",
      { parties: ["server-party-1", "server-party-2", "server-party-3"], required: ["server-party-1", "server-party-2", "server-party-3"] },
    ],
  ])("%s in PUT /signing-configuration %j", async (named, body) => {
    expectRefusal(await system.call("PUT", configurationPath, body), 400, named);
  });
});

describe("415", () => {
  it("a body that is no JSON by its type", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded"])
      expectRefusal(await system.call("POST", "/api/v1/accounts", '{"user_id":"u"}', { "content-type": type }), 415, "application/json");
  });
});

describe("400: a parameter that no route knows", () => {
  it.each([`accounts/${account.id}`, `sessions/${account.keygen_session_id}`])("GET /%s", async (path) => {
    expectRefusal(await system.call("GET", `/api/v1/${path}?verbose=1`), 400, "verbose");
  });
});

describe("401", () => {
  it.each([
    ["GET", "/api/v1/accounts"],
    ["POST", "/api/v1/accounts"],
    ["GET", `/api/v1/accounts/${account.id}`],
    ["POST", signPath],
    ["GET", configurationPath],
    ["GET", `/api/v1/sessions/${account.keygen_session_id}`],
    ["GET", "/api/v1/events"],
    ["GET", "/api/v1/audit"],
    ["GET", "/api/v1/audit/export"],
    ["GET", "/metrics"],
  ])("%s %s with no key, and with a wrong one, alike", async (method, path) => {
    const without = await system.call(method, path, undefined, { "x-api-key": "" });
    const wrong = await system.call(method, path, undefined, { "x-api-key": "wrong-key-0123456789" });
    expectRefusal(without, 401, "API key");
    expect([wrong.status, withoutInstance(wrong.body)]).toEqual([401, withoutInstance(without.body)]);
  });

  it.each([
    ["revoked", { revoked_at: new Date(0) }],
    ["expired", { expires_at: new Date(0) }],
  ])("a key that is %s is as one that never was", async (name, end) => {
    const secret = `${name}-key-0123456789`;
    await system.addApiKey({ api_key_id: name, secret, ...end });
    const { status, body } = await system.call("GET", "/api/v1/accounts", undefined, { "x-api-key": secret });
    const never = await system.call("GET", "/api/v1/accounts", undefined, { "x-api-key": "never-key-0123456789" });
    expect([status, withoutInstance(body)]).toEqual([401, withoutInstance(never.body)]);
  });

  it("is not asked of health, docs and OpenAPI", async () => {
    for (const path of ["/health", "/health/live", "/health/ready", "/openapi.json"])
      expect((await system.call("GET", path, undefined, { "x-api-key": "" })).status).toBe(200);
    expect((await fetch(`${system.service().url}/docs`)).status).toBe(200);
  });
});

describe("404: another tenant's is as one that does not exist", () => {
  const other = { "x-api-key": otherTenantKey };
  const unknown = (path: string, id: string): string => path.replace(id, `${id.slice(0, -1)}0`);
  it.each([
    ["GET", `/api/v1/accounts/${account.id}`, undefined],
    ["POST", signPath, { message: digest }],
    ["GET", configurationPath, undefined],
    ["PUT", configurationPath, { parties: ["server-party-1", "server-party-2"] }],
    ["GET", `/api/v1/sessions/${account.keygen_session_id}`, undefined],
  ])("%s %s", async (method, path, body) => {
    const id = path.includes("sessions") ? account.keygen_session_id : account.id;
    const theirs = await system.call(method, path, body, other);
    const nobodys = await system.call(method, unknown(path, id), body, other);
    expectRefusal(theirs, 404, id);
    const text = (answer: Answer) => JSON.stringify(withoutInstance(answer.body));
    expect(text(nobodys)).toBe(text(theirs).replaceAll(id, unknown(id, id)));
  });

  it("lists nothing of another tenant", async () => {
    expect((await system.call("GET", "/api/v1/accounts", undefined, other)).body.accounts).toEqual([]);
  });
});

describe("409", () => {
  it("another body under the same Idempotency-Key, for both routes", async () => {
    const headers = { "idempotency-key": "twice" };
    await system.createAccount({ user_id: "a" }, headers);
    expectRefusal(await system.createAccount({ user_id: "b" }, headers), 409, "Idempotency-Key");
    await system.call("POST", signPath, { message: digest }, headers);
    expectRefusal(await system.call("POST", signPath, { message: "cd".repeat(32) }, headers), 409, "Idempotency-Key");
  });

  it("keeps the keys of two tenants apart", async () => {
    const headers = { "idempotency-key": "shared" };
    const ours = await system.createAccount({ user_id: "a" }, headers);
    const theirs = await system.createAccount({ user_id: "b" }, { ...headers, "x-api-key": otherTenantKey });
    expect([ours.status, theirs.status]).toEqual([201, 201]);
  });

  it("signing with an account whose keygen failed", async () => {
    system.coordinator.behaviour.fail = { code: "mpc/bad-proof", message: "no" };
    await system.createAccount({ user_id: "failed" });
    const [failed] = (await system.call("GET", "/api/v1/accounts?user_id=failed")).body.accounts;
    expectRefusal(await system.call("POST", `/api/v1/accounts/${failed.id}/sign`, { message: digest }), 409, "failed");
  });
});

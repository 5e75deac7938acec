import { connect } from "node:net";
import { errorBody, integerParameter } from "@covault/api";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { memoryRateLimit } from "../messages/rate-limit/memory.ts";
import { makeLogger } from "../run/log.ts";
import { apiKeyGuard } from "./api-key-guard.ts";
import { limitedGuard } from "./limited-guard.ts";
import { buildServer, type HttpServer, type ServerOptions } from "./server.ts";

const key = "test-key-0123456789abcdef";
const metricsKey = "metrics-key-0123456789";
const logger = makeLogger({ name: "test", level: "silent" });
let server: HttpServer | undefined;
afterEach(async () => {
  await server?.close();
});

async function serve(options: Partial<ServerOptions> = {}): Promise<HttpServer> {
  server = await buildServer({
    name: "test",
    logger,
    routes: (api) => {
      const querystring = z.strictObject({ limit: integerParameter(1, 100).default(20), name: z.string().optional() });
      api.get("/api/v1/things", { schema: { querystring } }, async (request) => request.query);
      api.get("/api/v1/things/:id", { schema: { params: z.object({ id: z.string() }) } }, async (request) => request.params);
      const body = z.strictObject({ name: z.string(), count: z.int().optional() });
      api.post("/api/v1/things", { schema: { body } }, async (request) => request.body);
    },
    ...options,
  });
  return server;
}

/** Gives everything that a socket reads until its other end closes it. */
async function raw(url: string, text: string): Promise<{ head: string; body: string }> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(text);
  let all = "";
  for await (const chunk of socket) all += chunk;
  const [head = "", body = ""] = all.split("\r\n\r\n");
  return { head, body };
}

const isOfShape = (body: object): void => expect(errorBody.parse(body)).toEqual(body);

describe("every refusal has one shape", () => {
  it.each(["/api/v1/things/%E0%A4%A", "/%", "/api/v1/things/%ff", "/%c0%80"])("of the path %s that is no UTF-8", async (url) => {
    const { app } = await serve({ guard: apiKeyGuard({ keys: { one: key } }) });
    const answer = await app.inject({ method: "GET", url, headers: { "x-api-key": key } });
    expect([answer.statusCode, answer.json().code]).toEqual([400, "http/bad-request"]);
    isOfShape(answer.json());
    expect(answer.headers["x-request-id"]).toMatch(/^req_/);
  });

  it("of bytes that are no HTTP, and of headers that are too large", async () => {
    const { listen } = await serve();
    const { url } = await listen({ port: 0 });
    const garbage = await raw(url, "HELLO\r\n\r\n");
    expect(garbage.head.split("\r\n")[0]).toBe("HTTP/1.1 400 Bad Request");
    const large = await raw(url, `GET /health HTTP/1.1\r\nHost: x\r\nX-Large: ${"x".repeat(20_000)}\r\n\r\n`);
    expect(large.head.split("\r\n")[0]).toBe("HTTP/1.1 431 Request Header Fields Too Large");
    for (const { head, body } of [garbage, large]) {
      isOfShape(JSON.parse(body));
      expect(head).toContain(`X-Request-Id: ${JSON.parse(body).instance}`);
    }
  });
});

describe("a body with very many faults", () => {
  const post = async (payload: object) => {
    const routes: ServerOptions["routes"] = (api) => {
      const body = z.strictObject({ names: z.array(z.enum(["one", "two"])).optional() });
      api.post("/api/v1/things", { schema: { body } }, async (request) => request.body);
    };
    const { app } = await serve({ routes });
    return app.inject({ method: "POST", url: "/api/v1/things", payload });
  };
  it.each([
    ["values", { names: Array.from({ length: 5_000 }, () => 0) }, "/names/19"],
    ["fields", Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`f${at}`, 0])), "/f19"],
  ])("is answered with the first of them: %s", async (_what, payload, last) => {
    const answer = await post(payload);
    expect([answer.statusCode, answer.json().errors.length, answer.json().errors.at(-1).pointer]).toEqual([400, 20, last]);
    expect(answer.body.length).toBeLessThan(10_000);
    isOfShape(answer.json());
  });
  it("says how many it does not name", async () => {
    expect((await post({ names: Array.from({ length: 23 }, () => 0) })).json().message).toMatch(/; and 3 more\.$/);
    expect((await post({ names: Array.from({ length: 20 }, () => 0) })).json().message).not.toContain("more");
  });
});

describe("text that is sent", () => {
  it("in a body is UTF-8, or is refused with 400", async () => {
    const { app } = await serve();
    const post = (payload: Buffer, type = "application/json") =>
      app.inject({ method: "POST", url: "/api/v1/things", payload, headers: { "content-type": type } });
    const named = (name: Buffer) => Buffer.concat([Buffer.from('{"name":"'), name, Buffer.from('"}')]);
    for (const bytes of ["ff", "c3", "c080", "eda080", "f4908080"]) {
      const answer = await post(named(Buffer.from(bytes, "hex")));
      expect([bytes, answer.statusCode, answer.json().code]).toEqual([bytes, 400, "http/bad-request"]);
    }
    const good = await post(named(Buffer.from("zoë 🔑")), "application/json; charset=utf-8");
    expect(good.json()).toEqual({ name: "zoë 🔑" });
    const mark = await post(Buffer.concat([Buffer.from("efbbbf", "hex"), named(Buffer.from("x"))]));
    expect(mark.json()).toEqual({ name: "x" });
    for (const type of ["application/json; charset=utf-16", "application/json; charset=latin1", "application/jsonx", "text/plain"])
      expect([type, (await post(named(Buffer.from("x")), type)).statusCode]).toEqual([type, 415]);
    expect((await post(Buffer.alloc(0))).json().code).toBe("http/bad-request");
  });

  it("in a query is UTF-8, or is refused with 400", async () => {
    const { app } = await serve();
    for (const query of ["name=%FF", "name=%E0%A4%A", "name=100%", "%FF=x"]) {
      const answer = await app.inject(`/api/v1/things?${query}`);
      expect([query, answer.statusCode, answer.json().code]).toEqual([query, 400, "http/bad-request"]);
    }
    expect((await app.inject("/api/v1/things?name=zo%C3%AB+x%25")).json()).toEqual({ limit: 20, name: "zoë x%" });
  });
});

describe("a whole number", () => {
  it("in a query is decimal digits and nothing else", async () => {
    const { app } = await serve();
    for (const text of ["1e1", "0x10", "%205", "5%20", "5.0", "5.", "+5", "-5", "05", "", "0", "101", "1_0", "٥", "Infinity", "true"]) {
      const answer = await app.inject(`/api/v1/things?limit=${encodeURIComponent(decodeURIComponent(text))}`);
      expect([text, answer.statusCode]).toEqual([text, 400]);
      expect(answer.json().message).toContain("querystring.limit: expected a whole number 1..100");
    }
    expect((await app.inject("/api/v1/things?limit=5&limit=6")).statusCode).toBe(400);
    expect((await app.inject("/api/v1/things?limit=100")).json()).toEqual({ limit: 100 });
  });

  it("in a body is a JSON number, never text", async () => {
    const { app } = await serve();
    const post = (count: string) =>
      app.inject({
        method: "POST",
        url: "/api/v1/things",
        payload: `{"name":"x","count":${count}}`,
        headers: { "content-type": "application/json" },
      });
    for (const count of ['"5"', "0x10", "05", "+5", "5.", "1.5", "1e400", '""'])
      expect([count, (await post(count)).statusCode]).toEqual([count, 400]);
    // These are one number in three spellings (RFC 8259), which a JSON reader does not tell apart.
    for (const count of ["5", "5.0", "5e0"]) expect((await post(count)).json()).toEqual({ name: "x", count: 5 });
  });
});

describe("who may read /metrics", () => {
  const read = (headers: Record<string, string> = {}) => server?.app.inject({ method: "GET", url: "/metrics", headers });

  it("whoever has the key of its own, in either header, and no caller", async () => {
    await serve({ guard: apiKeyGuard({ keys: { one: key } }), metricsAccess: { key: metricsKey } });
    for (const headers of [{ "x-api-key": metricsKey }, { authorization: `Bearer ${metricsKey}` }]) {
      const answer = await read(headers);
      expect([answer?.statusCode, answer?.body]).toEqual([200, expect.stringContaining("covault_auth_failures_total")]);
    }
    for (const headers of [{}, { "x-api-key": key }, { authorization: `Bearer ${key}` }, { authorization: metricsKey }])
      expect((await read(headers))?.json()).toMatchObject({ code: "http/unauthorized" });
    const asCaller = await server?.app.inject({ method: "GET", url: "/api/v1/things", headers: { "x-api-key": metricsKey } });
    expect(asCaller?.statusCode).toBe(401);
    expect((await server?.app.inject({ method: "HEAD", url: "/metrics" }))?.statusCode).toBe(401);
  });

  it("nobody without such a key, with or without a guard of other routes", async () => {
    await serve();
    expect((await read())?.statusCode).toBe(404);
    await server?.close();
    await serve({ guard: apiKeyGuard({ keys: { one: key } }) });
    expect((await read({ "x-api-key": key }))?.statusCode).toBe(404);
    expect((await read())?.statusCode).toBe(401);
  });

  it("from an address of the list only, and after too many wrong keys nobody from there, while callers go on", async () => {
    await serve({ guard: apiKeyGuard({ keys: { one: key } }), metricsAccess: { key: metricsKey, allowedIps: ["10.0.0.0/8"] } });
    expect((await read({ "x-api-key": metricsKey }))?.statusCode).toBe(403);
    await server?.close();
    await serve({ guard: apiKeyGuard({ keys: { one: key } }), metricsAccess: { key: metricsKey } });
    for (let n = 0; n < 20; n++) expect((await read({ "x-api-key": `wrong-${n}` }))?.statusCode).toBe(401);
    expect((await read({ "x-api-key": metricsKey }))?.statusCode).toBe(429);
    expect((await server?.app.inject({ url: "/api/v1/things", headers: { "x-api-key": key } }))?.statusCode).toBe(200);
  });
});

it("probes of browsers and of load balancers keep no caller out", async () => {
  const guard = limitedGuard({ guard: apiKeyGuard({ keys: { one: key } }), rate: memoryRateLimit(), service: "test" });
  const { app } = await serve({ guard });
  for (let n = 0; n < 10; n++)
    for (const [method, url] of [
      ["HEAD", "/"],
      ["GET", "/favicon.ico"],
      ["OPTIONS", "/api/v1/things"],
    ] as const)
      expect((await app.inject({ method, url })).statusCode).toBe(401);
  expect((await app.inject({ url: "/api/v1/things", headers: { "x-api-key": key } })).statusCode).toBe(200);
});

it("behind a listed proxy, the allow list goes by the caller that the proxy names, in whatever form", async () => {
  const guard = apiKeyGuard({ keys: { one: key }, allowedIps: ["127.0.0.0/8", "10.0.0.0/8"], trustedProxies: ["127.0.0.1"] });
  const { listen } = await serve({ guard });
  const { url } = await listen({ port: 0 });
  const status = async (headers: Record<string, string>) => {
    const answer = await fetch(`${url}/api/v1/things`, { headers: { "x-api-key": key, ...headers } });
    const { code } = (await answer.json()) as { code?: string };
    return code === undefined ? answer.status : `${answer.status} ${code}`;
  };
  const from = (forwarded: string) => status({ "x-forwarded-for": forwarded });
  expect(await status({})).toBe(200);
  expect([await from("10.0.0.7"), await from("10.0.0.7:443"), await from("[::ffff:10.0.0.7]:443")]).toEqual([200, 200, 200]);
  for (const stranger of ["203.0.113.7", "203.0.113.7:51234", "[2001:db8::1]:443", "[2001:db8::1]", '"[2001:db8::1]"'])
    expect([stranger, await from(stranger)]).toEqual([stranger, "403 http/address-refused"]);
  for (const unreadable of ["unknown", "203.0.113.7,", "_obfuscated", "for=203.0.113.7"])
    expect([unreadable, await from(unreadable)]).toEqual([unreadable, "400 http/unreadable-address"]);
  expect(await status({ forwarded: "for=203.0.113.7" })).toBe("400 http/unreadable-address");
});

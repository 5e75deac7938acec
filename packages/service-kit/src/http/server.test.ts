import { answer, type Contract, errorBody, guardedRefusals, refusalForNow } from "@covault/api";
import { CovaultError } from "@covault/errors";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { makeLogger } from "../run/log.ts";
import { apiKeyGuard } from "./api-key-guard.ts";
import { serveRoutes } from "./serve-routes.ts";
import { buildServer, type HttpServer, type ServerOptions } from "./server.ts";

const key = "test-key-0123456789abcdef";
const lines: string[] = [];
const logger = makeLogger({ name: "test", destination: { write: (line: string) => void lines.push(line) } });
let server: HttpServer | undefined;
afterEach(async () => {
  lines.length = 0;
  await server?.close();
});

const thing = z.object({ name: z.string() });
const common = { tag: "things", summary: "Things" } as const;
const routes = {
  addThing: {
    ...common,
    method: "POST",
    path: "/api/v1/things",
    body: z.object({ threshold: z.number().int().min(1), name: z.string() }),
    answers: { 200: answer("It", thing), ...guardedRefusals },
  },
  offline: { ...common, method: "GET", path: "/api/v1/offline", answers: { 200: answer("It", thing), 503: refusalForNow("Away") } },
  broken: { ...common, method: "GET", path: "/api/v1/broken", answers: { 200: answer("It", thing), ...guardedRefusals } },
} as const satisfies Contract["routes"];
const contract: Contract = { title: "T", description: "D", routes };

async function serve(options: Partial<ServerOptions> = {}): Promise<HttpServer> {
  server = await buildServer({
    name: "test",
    logger,
    routes: (api) =>
      serveRoutes(api, routes, {
        addThing: async (request) => {
          const given = { name: request.body.name, secret: "leaked" };
          return given;
        },
        offline: async () => {
          throw new CovaultError("router/peer-offline", "The party p is not connected.", { retryAfterMs: 1500 });
        },
        broken: async () => {
          throw new Error("password=hunter2 at /srv/app.ts");
        },
      }),
    ...options,
  });
  return server;
}

describe("the HTTP edge", () => {
  it("answers a wrong body with 400, the field named and nothing changed", async () => {
    const { app } = await serve();
    const answer = await app.inject({ method: "POST", url: "/api/v1/things", payload: { threshold: "two", name: "x" } });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: "http/bad-request", hint: expect.any(String) });
    expect(answer.json().message).toContain("body.threshold");
    expect(answer.json().errors).toEqual([{ pointer: "/threshold", message: expect.any(String) }]);
    const [query, twice] = [await app.inject("/api/v1/broken?a=1"), await app.inject("/api/v1/broken?a=1&a=2")];
    for (const { statusCode, body } of [query, twice]) expect([statusCode, JSON.parse(body).errors]).toEqual([400, undefined]);
  });

  it("refuses to start with a route of the API that the contract lacks", async () => {
    const routes: ServerOptions["routes"] = (api) => void api.get("/api/v1/forgotten", async () => ({}));
    await expect(serve({ contract, routes })).rejects.toThrow("GET /api/v1/forgotten is not in the contract");
  });

  it("answers problem+json to callers that ask for it, also where no route or handler was reached", async () => {
    const { app } = await serve();
    for (const url of ["/nothing", "/api/v1/offline", "/api/v1/broken", "/api/v1/%E0%A4%A"]) {
      const answers = await Promise.all(
        ["application/problem+json", "*/*"].map((accept) => app.inject({ method: "GET", url, headers: { accept } })),
      );
      expect(answers.map(({ headers }) => headers["content-type"])).toEqual([
        "application/problem+json; charset=utf-8",
        "application/json; charset=utf-8",
      ]);
      for (const given of answers) {
        expect(errorBody.parse(given.json())).toEqual(given.json());
        expect([given.json().status, given.json().instance]).toEqual([given.statusCode, given.headers["x-request-id"]]);
      }
    }
  });

  it("answers malformed JSON with 400, another media type with 415 and a large body with 413", async () => {
    const { app } = await serve({ bodyBytesMax: 100 });
    const post = (payload: string, type: string) =>
      app.inject({ method: "POST", url: "/api/v1/things", payload, headers: { "content-type": type } });
    expect((await post("{", "application/json")).json()).toMatchObject({ code: "http/bad-request" });
    expect((await post("a=1", "text/csv")).statusCode).toBe(415);
    expect((await post(JSON.stringify("x".repeat(200)), "application/json")).json()).toMatchObject({ code: "http/body-too-large" });
  });

  it("sends only what the response schema names", async () => {
    const { app } = await serve();
    const answer = await app.inject({ method: "POST", url: "/api/v1/things", payload: { threshold: 2, name: "x" } });
    expect(answer.json()).toEqual({ name: "x" });
  });

  it("answers an unknown route with 404 in the same shape", async () => {
    const { app } = await serve();
    const answer = await app.inject({ method: "GET", url: "/nothing?a=secret" });
    expect(answer.statusCode).toBe(404);
    expect(errorBody.parse(answer.json())).toEqual(answer.json());
    expect(answer.body).not.toContain("secret");
  });

  it("maps an error's code to its status, with Retry-After", async () => {
    const { app } = await serve();
    const answer = await app.inject({ method: "GET", url: "/api/v1/offline" });
    expect(answer.statusCode).toBe(503);
    expect(answer.headers["retry-after"]).toBe("2");
    expect(answer.json().code).toBe("router/peer-offline");
  });

  it("tells a caller nothing of an unexpected failure but the request id, and logs its cause", async () => {
    const { app } = await serve();
    const answer = await app.inject({ method: "GET", url: "/api/v1/broken" });
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toMatch(/hunter2|app\.ts|stack/);
    expect(answer.json().message).toContain(answer.headers["x-request-id"]);
    expect(lines.join("")).toContain("hunter2");
  });

  it("guards every route but health and the docs, and counts refusals", async () => {
    const { app, metrics } = await serve({ guard: apiKeyGuard({ keys: { one: key } }), contract });
    for (const url of ["/health", "/health/live", "/health/ready", "/openapi.json", "/docs/"])
      expect([url, (await app.inject({ method: "GET", url })).statusCode]).toEqual([url, 200]);
    for (const url of ["/metrics", "/api/v1/offline", "/health/other", "/docsx", "/unknown"])
      expect([url, (await app.inject({ method: "GET", url })).statusCode]).toEqual([url, 401]);
    const failures = (await metrics.authFailures.get()).values;
    expect(failures).toMatchObject([{ value: 5, labels: { reason: "http/unauthorized" } }]);
  });

  it("answers HEAD as GET, with the same guard and no body", async () => {
    const { app } = await serve({ guard: apiKeyGuard({ keys: { one: key } }), contract });
    const head = (url: string, headers = {}) => app.inject({ method: "HEAD", url, headers });
    for (const url of ["/health", "/health/live", "/health/ready", "/openapi.json", "/docs/"])
      expect([url, (await head(url)).statusCode, (await head(url)).body]).toEqual([url, 200, ""]);
    expect((await head("/api/v1/offline")).statusCode).toBe(401);
    expect((await head("/api/v1/offline", { "x-api-key": key })).statusCode).toBe(503);
  });

  it("writes one line for a crowd of callers without a key, with how many it stands for in the next", async () => {
    const { app } = await serve({ guard: apiKeyGuard({ keys: { one: key } }) });
    const before = lines.length;
    for (let n = 0; n < 50; n++) await app.inject({ method: "GET", url: "/api/v1/offline" });
    const refused = lines.slice(before).filter((line) => line.includes("authentication refused"));
    expect(refused.map((line) => (JSON.parse(line) as { times: number }).times)).toEqual([1]);
  });

  it("describes its routes as OpenAPI 3.1", async () => {
    const { app } = await serve({ contract });
    const document = (await app.inject({ method: "GET", url: "/openapi.json" })).json();
    expect(document.openapi).toBe("3.1.0");
    expect(Object.keys(document.paths)).toEqual(Object.values(routes).map(({ path }) => path));
    expect((await app.inject("/docs/json")).json()).toEqual(document);
  });

  it("is not ready while a named part fails, and alive all the same", async () => {
    const failing = () => {
      throw new Error("connection refused 10.0.0.1");
    };
    const { app } = await serve({ checks: { database: failing, broker: () => {} } });
    const ready = await app.inject({ method: "GET", url: "/health/ready" });
    expect(ready.statusCode).toBe(503);
    expect(ready.json().checks).toEqual({ database: "failed", broker: "ok" });
    expect(ready.body).not.toContain("10.0.0.1");
    expect((await app.inject({ method: "GET", url: "/health/live" })).statusCode).toBe(200);
    // A probe may add a parameter to get past a cache.
    expect([(await app.inject("/health/ready?at=1")).statusCode, (await app.inject("/health/live?at=1")).statusCode]).toEqual([503, 200]);
  });

  it("drains: not ready any more, and back when what is under way has its answer, or after the time", async () => {
    const held: (() => void)[] = [];
    const { app, drain } = await serve({
      routes: (api) => {
        api.get("/slow", () => new Promise((resolve) => held.push(() => resolve({ done: true }))));
      },
    });
    const slow = app.inject({ method: "GET", url: "/slow" });
    while (held.length === 0) await new Promise((turn) => setImmediate(turn));
    const order: string[] = [];
    const drained = drain(60_000).then(() => order.push("drained"));
    const ready = await app.inject({ method: "GET", url: "/health/ready" });
    expect([ready.statusCode, ready.json().checks, ready.headers.connection]).toEqual([503, { stopping: "failed" }, "close"]);
    expect((await app.inject({ method: "GET", url: "/health/live" })).statusCode).toBe(200);
    order.push("answered");
    held[0]?.();
    expect((await slow).json()).toEqual({ done: true });
    await drained;
    expect(order).toEqual(["answered", "drained"]);
    const late = app.inject({ method: "GET", url: "/slow" });
    while (held.length === 1) await new Promise((turn) => setImmediate(turn));
    await drain(1);
    held[1]?.();
    await late;
  });

  it("labels its metrics with the route's pattern and listens on a free port", async () => {
    const { listen, metrics } = await serve();
    const { url, port } = await listen({ port: 0 });
    expect(url).toBe(`http://127.0.0.1:${port}`);
    const answer = await fetch(`${url}/health/live`);
    expect(answer.headers.get("content-security-policy")).not.toContain("upgrade-insecure-requests");
    await answer.text();
    expect(await metrics.registry.metrics()).toContain('route="/health/live",status="200"');
  });

  it("says which setting's port is taken, and that a host is no address of this machine", async () => {
    const { listen } = await serve();
    const { port } = await listen({ port: 0 });
    const other = await serve();
    await expect(other.listen({ port, setting: "ACCOUNT_PORT" })).rejects.toMatchObject({
      code: "http/port-taken",
      message: `ACCOUNT_PORT: port ${port} of 127.0.0.1 is taken.`,
    });
    // 192.0.2.0/24 belongs to nobody (RFC 5737), and .invalid has no addresses (RFC 2606).
    for (const host of ["192.0.2.1", "nowhere.invalid"])
      await expect(other.listen({ port: 0, host })).rejects.toMatchObject({
        code: "config/bad-value",
        message: expect.stringContaining("BIND_ADDRESS"),
      });
  });
});

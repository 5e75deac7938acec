// The HTTP edge that every service has: errors as {code, message, hint}, health, metrics, OpenAPI, one guard.
import { randomBytes } from "node:crypto";
import type { AddressInfo } from "node:net";
import { asCovaultError } from "@covault/errors";
import { newId } from "@covault/wire";
import helmet from "@fastify/helmet";
import Fastify, { type FastifyBaseLogger, type FastifyReply, type FastifyRequest, LogController } from "fastify";
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Logger } from "../run/log.ts";
import { type Metrics, makeMetrics } from "../run/metrics.ts";
import { makeSeldom } from "../run/seldom.ts";
import type { Api, App } from "./api.ts";
import type { RequestGuard } from "./api-key-guard.ts";
import { requireReadableQuery, takeJsonBodies } from "./body.ts";
import { answerBrokenRequest } from "./broken-request.ts";
import { answerFor } from "./error-answers.ts";
import { type HealthCheck, healthRoutes } from "./health.ts";
import { explainListen, type ListenAt } from "./listen.ts";
import { type MetricsAccess, metricsGuard } from "./metrics-guard.ts";
import { registerOpenApi } from "./openapi.ts";

export interface ServerOptions {
  /** Name of the service in logs, metrics and health. */
  readonly name: string;
  readonly version?: string;
  readonly logger: Logger;
  /** Guards every route but /health*, /docs, /openapi.json and /metrics. Absent: none of them is guarded. */
  readonly guard?: RequestGuard;
  /** Serves /metrics to whoever has this key. Absent: there is no /metrics. */
  readonly metricsAccess?: MetricsAccess | undefined;
  /** Default 1 MiB. */
  readonly bodyBytesMax?: number;
  /** Named parts that must answer for /health/ready to say yes. */
  readonly checks?: Readonly<Record<string, HealthCheck>>;
  readonly metrics?: Metrics;
  /** Serves /openapi.json and /docs. */
  readonly openapi?: { readonly title: string; readonly description: string };
  /** Registers the routes, in a scope of their own where zod checks and serializes. */
  readonly routes?: (api: Api) => void | Promise<void>;
}

export interface HttpServer {
  readonly app: App;
  readonly metrics: Metrics;
  /** Host default 127.0.0.1. Throws http/port-taken or config/bad-value when the configuration is at fault. */
  listen(at: Partial<ListenAt> & Pick<ListenAt, "port">): Promise<{ readonly url: string; readonly port: number }>;
  /** The begin of an orderly end: not ready any more, and back when no request but health's is under way, or after `ms`. */
  drain(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** Routes that need no API key, by the pattern that the router matched, so that no spelling of a URL opens another. */
function isOpenRoute(route: string): boolean {
  return /^\/health(\/live|\/ready)?$/.test(route) || /^\/(openapi\.json|docs(\/.*)?)$/.test(route);
}

/** How long a connection may outlive the call to close. */
const connectionGraceMs = 2_000;

export async function buildServer(options: ServerOptions): Promise<HttpServer> {
  const metrics = options.metrics ?? makeMetrics(options.name);
  const guardMetrics = options.metricsAccess === undefined ? undefined : metricsGuard(options.metricsAccess);
  const app: App = Fastify({
    loggerInstance: options.logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: options.bodyBytesMax ?? 1_048_576,
    genReqId: () => newId("req", randomBytes(10), Date.now()),
    forceCloseConnections: "idle",
    requestTimeout: 60_000,
    exposeHeadRoutes: true,
    // What fails before a route is found never reaches the handler of errors below.
    frameworkErrors: (error, request, reply) => {
      const { status, body } = answerFor(error, request.id);
      (reply as FastifyReply).header("x-request-id", request.id).code(status).send(body);
    },
    clientErrorHandler: answerBrokenRequest,
  });
  takeJsonBodies(app);
  app.decorateRequest("caller", undefined);
  let draining = false;
  let drained = () => {};
  const underWay = new Set<string>();
  const seldom = makeSeldom();
  await app.register(helmet, {
    // Served over plain HTTP on localhost, a page told to upgrade its requests finds nobody there.
    contentSecurityPolicy: { useDefaults: true, directives: { "upgrade-insecure-requests": null } },
  });

  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
    if (draining) reply.header("connection", "close");
    const route = request.routeOptions.url ?? "";
    if (isOpenRoute(route)) return;
    underWay.add(request.id);
    const guard = route === "/metrics" ? guardMetrics : options.guard;
    if (guard !== undefined) request.caller = await guard(request.raw);
    requireReadableQuery(request.url);
  });
  app.addHook("onRequestAbort", async (request) => finished(request.id));
  app.addHook("onResponse", async (request, reply) => {
    finished(request.id);
    const route = routeOf(request);
    metrics.requests.inc({ method: request.method, route, status: String(reply.statusCode) });
    metrics.latency.observe({ method: request.method, route }, reply.elapsedTime / 1000);
  });
  function finished(requestId: string): void {
    underWay.delete(requestId);
    if (underWay.size === 0) drained();
  }
  app.setErrorHandler((error, request, reply) => {
    const { status, body, retryAfterMs, fault } = answerFor(error, request.id);
    if (status === 401 || status === 403) {
      metrics.authFailures.inc({ reason: body.code });
      const times = seldom(body.code);
      const address = request.raw.socket.remoteAddress;
      if (times !== undefined) request.log.warn({ code: body.code, address, route: routeOf(request), times }, "authentication refused");
    }
    if (fault) request.log.error({ err: error, route: routeOf(request) }, "request failed");
    // The caller is told that a part is away; why, the operator reads here.
    else if (status === 503 && asCovaultError(error)?.cause !== undefined)
      request.log.warn({ err: error, route: routeOf(request) }, "a part did not answer");
    if (retryAfterMs !== undefined) reply.header("retry-after", String(Math.ceil(retryAfterMs / 1000)));
    return reply.code(status).send(body);
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?", 1)[0] ?? "";
    const message = `There is no ${request.method} ${path.slice(0, 200)}.`;
    return reply.code(404).send({ code: "http/not-found", message, hint: "Check the path and the id; /docs lists the routes." });
  });

  if (options.openapi !== undefined) await registerOpenApi(app, options.openapi, options.version ?? "0.1.0");
  // Encapsulated: zod compilers on the root would break plugins with plain JSON schemas.
  await app.register(async (scope) => {
    const api = scope.withTypeProvider<ZodTypeProvider>();
    api.setValidatorCompiler(validatorCompiler);
    api.setSerializerCompiler(serializerCompiler);
    // A parameter that a route does not know is refused, as an unknown field is: misspelt, it would widen the answer without a word.
    api.addHook("onRoute", (route) => {
      if (route.url.startsWith("/api/") && route.schema !== undefined) route.schema.querystring ??= z.strictObject({});
    });
    healthRoutes(api, options.name, options.version ?? "0.1.0", options.checks ?? {}, () => draining);
    if (guardMetrics !== undefined)
      api.get("/metrics", { schema: { hide: true } }, async (_request, reply) => {
        return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics());
      });
    await options.routes?.(api);
  });

  return {
    app,
    metrics,
    async listen({ port, host = "127.0.0.1", setting = "The port" }) {
      await app.listen({ port, host }).catch((error: unknown) => {
        throw explainListen(error, { port, host, setting });
      });
      const actual = (app.server.address() as AddressInfo).port;
      const shown = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
      return { url: `http://${shown.includes(":") ? `[${shown}]` : shown}:${actual}`, port: actual };
    },
    drain(ms) {
      draining = true;
      if (underWay.size === 0) return Promise.resolve();
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, ms);
        drained = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    },
    close: () => closeAll(app),
  };
}

/** Waits for requests under way; their connections, and such on which nothing was ever asked, end with them. */
async function closeAll(app: App): Promise<void> {
  const idle = setInterval(() => app.server.closeIdleConnections(), 20);
  const all = setTimeout(() => app.server.closeAllConnections(), connectionGraceMs);
  try {
    await app.close();
  } finally {
    clearInterval(idle);
    clearTimeout(all);
  }
}

/** The route's pattern, never the URL: ids in labels would make a series each. */
function routeOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? "unknown";
}

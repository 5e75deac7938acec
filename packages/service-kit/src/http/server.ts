// The HTTP edge of every service: refusals of one shape, health, metrics, OpenAPI and one guard.
import { readFileSync } from "node:fs";
import type { Contract } from "@covault/api";
import { asCovaultError, CovaultError } from "@covault/errors";
import helmet from "@fastify/helmet";
import Fastify, { type FastifyBaseLogger, type FastifyReply, type FastifyRequest, LogController } from "fastify";
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import type { Logger } from "../run/log.ts";
import { type Metrics, makeMetrics } from "../run/metrics.ts";
import { makeSeldom } from "../run/seldom.ts";
import type { OnStep } from "../run/steps.ts";
import type { Api, App } from "./api.ts";
import type { RequestGuard } from "./api-key-guard.ts";
import { requireReadableQuery, takeJsonBodies } from "./body.ts";
import { answerBrokenRequest } from "./broken-request.ts";
import { answerFor, sendAnswer } from "./error-answers.ts";
import { type HealthCheck, type RosterInUse, serveHealth } from "./health.ts";
import { type ListenAt, listen } from "./listen.ts";
import { type MetricsAccess, metricsGuard } from "./metrics-guard.ts";
import { registerOpenApi } from "./openapi.ts";
import { newRequestId } from "./request-id.ts";
import { RequestsUnderWay } from "./requests-under-way.ts";

export interface ServerOptions {
  /** The name of the service in logs, metrics and health. */
  readonly name: string;
  readonly logger: Logger;
  /**
   * Guards every route but /health*, /docs, /openapi.json and /metrics. Without it none of the
   * routes is guarded.
   */
  readonly guard?: RequestGuard;
  /** Serves /metrics to callers with this key. Without it there is no /metrics. */
  readonly metricsAccess?: MetricsAccess | undefined;
  /** The largest body. Default 1 MiB. */
  readonly bodyBytesMax?: number;
  /** The named parts that must answer before /health/ready says yes. */
  readonly checks?: Readonly<Record<string, HealthCheck>>;
  /**
   * Shown with health and metrics. A roster that is refused makes nothing unready, and one that is
   * behind does.
   */
  readonly roster?: RosterInUse;
  readonly metrics?: Metrics;
  /** Gets every answer as the step `http.answer`, with the request and the reply. */
  readonly onStep?: OnStep | undefined;
  /** The API that /openapi.json and /docs describe. Without it there are no such routes. */
  readonly contract?: Contract;
  /** Registers the routes, in a scope of their own where zod checks and serializes. */
  readonly routes?: (api: Api) => void | Promise<void>;
}

export interface HttpServer {
  readonly app: App;
  readonly metrics: Metrics;
  /**
   * Opens the port. The host is 127.0.0.1 by default. Throws http/port-taken or config/bad-value
   * when the configuration is at fault.
   */
  listen(at: Partial<ListenAt> & Pick<ListenAt, "port">): Promise<{ readonly url: string; readonly port: number }>;
  /**
   * Begins an orderly end. The server is not ready any more. Resolves when no request but health's
   * is under way, or after `ms`.
   */
  drain(ms: number): Promise<void>;
  /** Ends the server when the requests under way have their answers. */
  close(): Promise<void>;
}

/**
 * Routes that need no API key. They are told by the pattern that the router matched, so that no
 * spelling of a URL opens another one.
 */
function isOpenRoute(route: string): boolean {
  return /^\/health(\/live|\/ready)?$/.test(route) || /^\/(openapi\.json|docs(\/.*)?)$/.test(route);
}

/** All packages of a release have its version. */
const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { readonly version: string };

/** A connection may outlive the call to close by this time. */
const connectionGraceMs = 2_000;

/** Throws what `routes` throws, and config/bad-value for a metrics key that is too short. */
export async function buildServer(options: ServerOptions): Promise<HttpServer> {
  const metrics = options.metrics ?? makeMetrics(options.name);
  const guardMetrics = options.metricsAccess === undefined ? undefined : metricsGuard(options.metricsAccess);
  const { roster } = options;
  if (roster !== undefined) {
    metrics.gauge("roster_serial", "Serial of the roster in use.", [], (gauge) => gauge.set(Number(roster.serial)));
    metrics.gauge("roster_refused", "1 while the roster that was put in place is refused.", [], (gauge) =>
      gauge.set(roster.refusal === undefined ? 0 : 1),
    );
  }
  const underWay = new RequestsUnderWay();
  const app = makeApp(options);
  await app.register(helmet, {
    // A page over plain HTTP on localhost that is told to upgrade its requests finds nobody there.
    contentSecurityPolicy: { useDefaults: true, directives: { "upgrade-insecure-requests": null } },
  });
  addHooks(app, { metrics, underWay, guard: options.guard, guardMetrics });
  if (options.onStep !== undefined) answerInSteps(app, options.onStep);
  answerErrors(app, metrics);
  if (options.contract !== undefined) await registerOpenApi(app, options.contract, version);
  // The scope is for zod alone. Its compilers on the root would break plugins with plain JSON
  // schemas.
  await app.register(async (scope) => {
    const api = scope.withTypeProvider<ZodTypeProvider>();
    api.setValidatorCompiler(validatorCompiler);
    api.setSerializerCompiler(serializerCompiler);
    serveHealth(api, options.name, version, options.checks ?? {}, () => underWay.isDraining, options.roster);
    if (guardMetrics !== undefined)
      api.get("/metrics", async (_request, reply) => {
        return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics());
      });
    await options.routes?.(api);
  });
  return {
    app,
    metrics,
    listen: ({ port, host = "127.0.0.1", setting = "The port" }) => listen(app, { port, host, setting }),
    drain: (ms) => underWay.drain(ms),
    close: () => closeAll(app),
  };
}

function makeApp({ logger, bodyBytesMax = 1_048_576 }: ServerOptions): App {
  const app: App = Fastify({
    loggerInstance: logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyBytesMax,
    genReqId: newRequestId,
    forceCloseConnections: "idle",
    requestTimeout: 60_000,
    exposeHeadRoutes: true,
    // A request that fails before a route is found never reaches the handler of errors.
    frameworkErrors: (error, request, reply) => {
      sendAnswer(request as FastifyRequest, (reply as FastifyReply).header("x-request-id", request.id), answerFor(error, request.id));
    },
    clientErrorHandler: answerBrokenRequest,
  });
  takeJsonBodies(app);
  app.decorateRequest("caller", undefined);
  return app;
}

interface HookParts {
  readonly metrics: Metrics;
  readonly underWay: RequestsUnderWay;
  readonly guard: RequestGuard | undefined;
  readonly guardMetrics: RequestGuard | undefined;
}

/** Guards every request, and follows it to its end. */
function addHooks(app: App, { metrics, underWay, guard, guardMetrics }: HookParts): void {
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
    if (underWay.isDraining) reply.header("connection", "close");
    const route = request.routeOptions.url ?? "";
    if (isOpenRoute(route)) return;
    underWay.add(request.id);
    const itsGuard = route === "/metrics" ? guardMetrics : guard;
    if (itsGuard !== undefined) request.caller = await itsGuard(request.raw);
    requireReadableQuery(request.url);
  });
  app.addHook("onRequestAbort", async (request) => underWay.delete(request.id));
  app.addHook("onResponse", async (request, reply) => {
    underWay.delete(request.id);
    const route = routeOf(request);
    metrics.requests.inc({ method: request.method, route, status: String(reply.statusCode) });
    metrics.latency.observe({ method: request.method, route }, reply.elapsedTime / 1000);
  });
}

/** An answer's step ends when the platform has written it, or when its reader has gone. */
function answerInSteps(app: App, onStep: OnStep): void {
  app.addHook("onSend", (request, reply, payload, send) => {
    const answer = (): Promise<void> =>
      new Promise((resolve) => {
        reply.raw.once("finish", resolve);
        reply.raw.once("close", resolve);
        send(null, payload);
      });
    void onStep({ port: "http", method: "answer", args: [request, reply, payload] }, answer);
  });
}

function answerErrors(app: App, metrics: Metrics): void {
  const seldom = makeSeldom();
  app.setErrorHandler((error, request, reply) => {
    const answer = answerFor(error, request.id);
    const { status, body, fault } = answer;
    if (status === 401 || status === 403) {
      metrics.authFailures.inc({ reason: body.code });
      const times = seldom(body.code);
      const address = request.raw.socket.remoteAddress;
      if (times !== undefined) request.log.warn({ code: body.code, address, route: routeOf(request), times }, "authentication refused");
    }
    if (fault) request.log.error({ err: error, route: routeOf(request) }, "request failed");
    // The caller is told that a part is away. The operator reads the reason in the log.
    else if (status === 503 && asCovaultError(error)?.cause !== undefined)
      request.log.warn({ err: error, route: routeOf(request) }, "a part did not answer");
    return sendAnswer(request, reply, answer);
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?", 1)[0] ?? "";
    const message = `There is no ${request.method} ${path.slice(0, 200)}.`;
    return sendAnswer(request, reply, answerFor(new CovaultError("http/not-found", message), request.id));
  });
}

/** Waits for the requests under way. Their connections, and those that rest, end with them. */
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

/** Gives the pattern of the route, never the URL. The ids of URLs would make a series each. */
function routeOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? "unknown";
}

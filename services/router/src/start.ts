// Starts a router: HTTP for health and metrics, and WebSocket streams for parties, on one port. The
// router keeps nothing that a second replica would need. Queues are the broker's, and presence is
// the port's. SPEC.md has the rules.
import { randomUUID } from "node:crypto";
import { CovaultError } from "@covault/errors";
import { addressList, buildServer, type HttpServer } from "@covault/service-kit/http";
import type { Broker, Presence } from "@covault/service-kit/messages";
import { type Logger, type Metrics, makeMetrics, type OnStep } from "@covault/service-kit/run";
import type { LiveRoster } from "@covault/trust";
import { type Roster, welcomeFault } from "@covault/wire";
import type { WebSocket } from "ws";
import { Admission } from "./admission.ts";
import { isStillPeer } from "./authenticate.ts";
import { defaultBounds, type RouterBounds, type RouterConfig } from "./config.ts";
import { makeCounters } from "./counters.ts";
import type { ForwardDeps } from "./forward.ts";
import { closeCodes, closeSocket } from "./frames.ts";
import { makeSeen, type Seen } from "./seen.ts";
import { Strangers } from "./strangers.ts";
import { Streams } from "./streams.ts";
import { acceptStreams, streamPath } from "./upgrade.ts";

export interface RouterOptions {
  readonly config: RouterConfig;
  /** The roster, which may change while the router runs. */
  readonly roster: LiveRoster;
  readonly broker: Broker;
  readonly presence: Presence;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  /** Gets each step of the router. A test gives it, and nothing that runs in production does. */
  readonly onStep?: OnStep | undefined;
  /** Milliseconds since 1970. Default: the system's clock. */
  readonly nowMs?: () => number;
  /** Measures everything that lasts, in milliseconds. Default: the process's monotonic clock. */
  readonly monotonicMs?: () => number;
  /** Runs the heartbeat, and returns how to end it. Default: the system's timer. */
  readonly everyMs?: (ms: number, run: () => void) => () => void;
}

export interface Router {
  /** The URL of the health routes, for example http://127.0.0.1:8082. */
  readonly url: string;
  /** The URL that parties connect to, for example ws://127.0.0.1:8082/v1/stream. */
  readonly streamUrl: string;
  readonly port: number;
  readonly metrics: Metrics;
  /** Ends every stream in an orderly way. What was not received waits for the next stream. */
  readonly stop: () => Promise<void>;
}

/**
 * Resolves when the port is open. Throws config/bad-value for bounds that every party would refuse,
 * and http/port-taken when the port is.
 */
export async function startRouter(options: RouterOptions): Promise<Router> {
  const { config, broker, presence, logger } = options;
  const parts = makeParts(options);
  const { bounds, metrics, routerId, streams, strangers, admission } = parts;
  const server = await buildServer({
    name: "router",
    logger,
    metrics,
    // No route of the router takes a body.
    bodyBytesMax: bounds.strangerBytesMax,
    checks: { broker: () => broker.ping(), presence: () => presence.ping() },
    metricsAccess: config.metricsAccess,
    roster: options.roster,
  });
  const sockets = acceptStreams(server.app.server, {
    strangers,
    proxies: addressList(config.trustedProxies ?? [], "TRUSTED_PROXIES"),
    messageBytesMax: bounds.frameBytesMax * 2,
    serve(caller) {
      admission.admit(caller).catch((error: unknown) => {
        logger.error({ err: error }, "stream failed");
        caller.socket.terminate();
      });
    },
  });
  const { url, port } = await server.listen({ port: config.port, host: config.host ?? "127.0.0.1", setting: "ROUTER_PORT" });
  const endHeartbeat = (options.everyMs ?? systemTimer)(bounds.heartbeatMs, () => beat(parts, logger));
  const endLook = options.roster.onChange(() => closeFormer(parts));
  logger.info({ router_id: routerId, port }, "router open");
  return {
    url,
    streamUrl: `${url.replace(/^http/, "ws")}${streamPath}`,
    port,
    metrics,
    async stop() {
      admission.stop();
      endLook();
      endHeartbeat();
      await endAll(streams, sockets, server);
    },
  };
}

interface RouterParts {
  readonly bounds: RouterBounds;
  readonly metrics: Metrics;
  readonly routerId: string;
  readonly roster: () => Roster;
  readonly nowMs: () => number;
  readonly streams: Streams;
  readonly strangers: Strangers;
  readonly admission: Admission;
  /** The ids that senders have had accepted, and those that receivers have acknowledged. */
  readonly seen: readonly Seen[];
}

function makeParts(options: RouterOptions): RouterParts {
  const { config, broker, presence, logger } = options;
  const nowMs = options.nowMs ?? Date.now;
  const monotonicMs = options.monotonicMs ?? (() => performance.now());
  const bounds = boundsOf(config);
  const roster = options.roster.current;
  const routerId = config.routerId ?? `router-${randomUUID().slice(0, 8)}`;
  const metrics = options.metrics ?? makeMetrics("router");
  const streams = new Streams(bounds);
  const strangers = new Strangers({
    strangersMax: bounds.strangersMax,
    bytesMax: bounds.strangerBytesMax,
    onEnd: (reason) => counters.authenticationFailed(reason),
  });
  const counters = makeCounters(metrics, {
    streams: () => streams.size,
    strangers: () => strangers.size,
    strangerBytes: () => strangers.bytes,
  });
  const accepted = makeSeen(monotonicMs);
  const received = makeSeen(monotonicMs);
  const shared = { broker, presence, bounds, counters, nowMs };
  const forwarding: ForwardDeps = { ...shared, roster, accepted, pending: new Map(), isHere: (to) => streams.serves(to) };
  const ofRouter = { routerId, rosterSerial: () => options.roster.serial, onStep: options.onStep };
  const stream = { ...shared, ...ofRouter, monotonicMs, received, forwarding };
  const admission = new Admission({ roster, streams, strangers, logger, stream });
  return { bounds, metrics, routerId, roster, nowMs, streams, strangers, admission, seen: [accepted, received] };
}

/** Runs at every heartbeat. */
function beat(parts: RouterParts, logger: Logger): void {
  closeFormer(parts);
  for (const stream of parts.streams.all()) stream.tick().catch((error: unknown) => logger.warn({ err: error }, "presence not renewed"));
  for (const ids of parts.seen) ids.sweep();
}

/** A party's streams live no longer than its entry in the roster. */
function closeFormer({ roster, nowMs, streams }: RouterParts): void {
  const former = [...streams.all()].filter(({ peer }) => !isStillPeer(roster(), peer, nowMs()));
  for (const stream of former) void stream.close(closeCodes.notAuthenticated, "router/not-authenticated");
}

async function endAll(streams: Streams, sockets: ReadonlySet<WebSocket>, server: HttpServer): Promise<void> {
  await Promise.all([...streams.all()].map((stream) => stream.close(closeCodes.stopping, "router stopping")));
  const ends = [...sockets].map((socket) => new Promise((resolve) => socket.once("close", resolve)));
  for (const socket of sockets) closeSocket(socket, closeCodes.stopping, "router stopping");
  await Promise.all(ends);
  await server.close();
}

/** Throws config/bad-value for bounds that every party would refuse. */
function boundsOf({ bounds: given }: RouterConfig): RouterBounds {
  const bounds = { ...defaultBounds, ...given };
  const wrong = welcomeFault(bounds);
  if (wrong !== undefined) throw new CovaultError("config/bad-value", `The router's bounds are refused: ${wrong}`);
  return bounds;
}

function systemTimer(ms: number, run: () => void): () => void {
  const timer = setInterval(run, ms);
  return () => clearInterval(timer);
}

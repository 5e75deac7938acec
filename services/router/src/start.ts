// The router: HTTP for health and metrics, WebSocket streams for parties, on one port. It keeps nothing that a second replica
// would need: queues are the broker's, presence is the port's; rules in SPEC.md.
import { randomBytes, randomUUID } from "node:crypto";
import { CovaultError } from "@covault/errors";
import { addressList, buildServer } from "@covault/service-kit/http";
import type { Broker, Presence } from "@covault/service-kit/messages";
import { type Logger, type Metrics, makeMetrics, makeSeldom } from "@covault/service-kit/run";
import { isDeviceId, rosterParty, verifyRoster } from "@covault/trust";
import { type Address, newId, welcomeFault } from "@covault/wire";
import { defaultBounds, type RouterBounds, type RouterConfig } from "./config.ts";
import { makeCounters } from "./counters.ts";
import { closeCodes, closeSocket } from "./frames.ts";
import { handshake } from "./handshake.ts";
import { makeSeen } from "./seen.ts";
import { Strangers } from "./strangers.ts";
import { makeStream, type Stream, type StreamContext } from "./stream.ts";
import { Streams } from "./streams.ts";
import { acceptStreams, type Caller, streamPath } from "./upgrade.ts";

export interface RouterOptions {
  readonly config: RouterConfig;
  /** The signed roster's bytes, and the root public key of the configuration, 32 bytes. */
  readonly roster: { readonly signed: Uint8Array; readonly rootKey: Uint8Array };
  readonly broker: Broker;
  readonly presence: Presence;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  /** Milliseconds since 1970; the system's clock unless given. */
  readonly nowMs?: () => number;
  /** For everything that lasts; the process's monotonic clock unless given. */
  readonly monotonicMs?: () => number;
  /** Runs the heartbeat; the system's timer unless given. Returns how to end it. */
  readonly everyMs?: (ms: number, run: () => void) => () => void;
}

export interface Router {
  /** For health: http://127.0.0.1:8082 */
  readonly url: string;
  /** For parties: ws://127.0.0.1:8082/v1/stream */
  readonly streamUrl: string;
  readonly port: number;
  readonly metrics: Metrics;
  readonly stop: () => Promise<void>;
}

export async function startRouter(options: RouterOptions): Promise<Router> {
  const { config, broker, presence, logger } = options;
  const nowMs = options.nowMs ?? Date.now;
  const monotonicMs = options.monotonicMs ?? (() => performance.now());
  const bounds = boundsOf(config);
  const trustedProxies = config.trustedProxies ?? [];
  const roster = verifyRoster(options.roster.signed, options.roster.rootKey);
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
  const isHere = (to: Address) => streams.serves(to);
  const forwarding = { roster, broker, presence, bounds, counters, nowMs, accepted, pending: new Map(), isHere };
  const context: StreamContext = { routerId, broker, presence, bounds, counters, nowMs, monotonicMs, received, forwarding };
  const ofDevices = { ...context, bounds: { ...bounds, framesPerSecond: bounds.deviceFramesPerSecond } };
  const seldom = makeSeldom();
  let stopping = false;

  async function serve({ socket, wire, network }: Caller): Promise<void> {
    socket.on("error", (error) => logger.debug({ err: error }, "stream error"));
    const refuse = (code: number, reason: string) => strangers.end(wire, () => socket.close(code, reason));
    if (stopping) return refuse(closeCodes.stopping, "router stopping");
    const { authenticateMs, devicesMax } = bounds;
    const peer = await handshake(socket, { roster, routerId, authenticateMs, devices: devicesMax > 0, nowMs });
    if (peer === "gone") return;
    if (typeof peer === "string") {
      counters.authenticationFailed(peer);
      const times = seldom(peer);
      if (times !== undefined) logger.warn({ reason: peer, times }, "streams refused");
      // One answer for every reason: who asks learns nothing about the roster.
      return refuse(closeCodes.notAuthenticated, "router/not-authenticated");
    }
    if (!streams.hasRoomFor(peer, network)) {
      counters.authenticationFailed("full");
      return refuse(closeCodes.full, "full");
    }
    strangers.forget(wire);
    const isDevice = isDeviceId(peer.partyId);
    const stream = makeStream(socket, peer, newId("ins", randomBytes(10), nowMs()), isDevice ? ofDevices : context);
    const older = streams.put(stream, network);
    socket.on("close", () => void leave(stream));
    await older?.close(closeCodes.replaced, "router/replaced");
    if (stopping) return leave(stream);
    await stream.open();
    socket.resume();
    // Anybody can be a device, and would write as many lines.
    logger[isDevice ? "debug" : "info"]({ party_id: peer.partyId, instance_id: peer.instanceId }, "stream open");
  }
  async function leave(stream: Stream): Promise<void> {
    streams.delete(stream);
    await stream.close(closeCodes.stopping, "gone");
  }
  /** While its entry is valid, and no longer. */
  function isStillParty({ peer }: Stream): boolean {
    return isDeviceId(peer.partyId) || rosterParty(roster, peer.partyId, nowMs()) !== undefined;
  }

  const server = await buildServer({
    name: "router",
    logger,
    metrics,
    // Nothing here takes a body.
    bodyBytesMax: bounds.strangerBytesMax,
    checks: { broker: () => broker.ping(), presence: () => presence.ping() },
    metricsAccess: config.metricsAccess,
  });
  const sockets = acceptStreams(server.app.server, {
    strangers,
    proxies: addressList(trustedProxies, "TRUSTED_PROXIES"),
    messageBytesMax: bounds.frameBytesMax * 2,
    serve(caller) {
      serve(caller).catch((error: unknown) => {
        logger.error({ err: error }, "stream failed");
        caller.socket.terminate();
      });
    },
  });
  const { url, port } = await server.listen({ port: config.port, host: config.host ?? "127.0.0.1", setting: "ROUTER_PORT" });
  const endHeartbeat = (options.everyMs ?? systemTimer)(bounds.heartbeatMs, () => {
    for (const stream of streams.all())
      if (isStillParty(stream)) stream.tick().catch((error: unknown) => logger.warn({ err: error }, "presence not renewed"));
      else void stream.close(closeCodes.notAuthenticated, "router/not-authenticated");
    accepted.sweep();
    received.sweep();
  });
  logger.info({ router_id: routerId, port }, "router open");

  return {
    url,
    streamUrl: `${url.replace(/^http/, "ws")}${streamPath}`,
    port,
    metrics,
    async stop() {
      stopping = true;
      endHeartbeat();
      await Promise.all([...streams.all()].map((stream) => stream.close(closeCodes.stopping, "router stopping")));
      const ends = [...sockets].map((socket) => new Promise((resolve) => socket.once("close", resolve)));
      for (const socket of sockets) closeSocket(socket, closeCodes.stopping, "router stopping");
      await Promise.all(ends);
      await server.close();
    },
  };
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

// The router: HTTP for health and metrics, WebSocket streams for parties, on one port. It keeps nothing that a second replica
// would need: queues are the broker's, presence is the port's; rules in SPEC.md.
import { randomBytes, randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type Broker, buildServer, type Logger, type Metrics, makeMetrics, type Presence } from "@covault/service-kit";
import { verifyRoster } from "@covault/verify";
import { type Address, newId } from "@covault/wire";
import { type WebSocket, WebSocketServer } from "ws";
import { defaultBounds, type RouterConfig } from "./config.ts";
import { makeCounters } from "./counters.ts";
import { closeCodes, closeSocket } from "./frames.ts";
import { handshake } from "./handshake.ts";
import { makeSeen } from "./seen.ts";
import { makeStream, type Stream, type StreamContext } from "./stream.ts";

export const streamPath = "/v1/stream";

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
  const bounds = { ...defaultBounds, ...config.bounds };
  const roster = verifyRoster(options.roster.signed, options.roster.rootKey);
  const routerId = config.routerId ?? `router-${randomUUID().slice(0, 8)}`;
  const metrics = options.metrics ?? makeMetrics("router");
  const counters = makeCounters(metrics);
  const streams = new Map<string, Stream>();
  const accepted = makeSeen(nowMs);
  const received = makeSeen(nowMs);
  const keyOf = (address: Address | Stream["peer"]) => `${address.partyId}/${address.instanceId}`;
  const isHere = (to: Address) =>
    to.instanceId !== "" ? streams.has(keyOf(to)) : [...streams.values()].some((stream) => stream.peer.partyId === to.partyId);
  const forwarding = { roster, broker, presence, bounds, counters, nowMs, accepted, pending: new Map(), isHere };
  const context: StreamContext = { routerId, broker, presence, bounds, counters, nowMs, received, forwarding };
  const strangers = new Set<WebSocket>();
  let stopping = false;

  async function serve(socket: WebSocket): Promise<void> {
    socket.on("error", (error) => logger.debug({ err: error }, "stream error"));
    if (stopping || streams.size >= bounds.streamsMax) return closeSocket(socket, closeCodes.full, "full");
    // The longest silent one goes: a party answers at once, and who holds streams open without a word keeps nobody out.
    const [longest] = strangers;
    if (strangers.size >= bounds.pendingMax && longest !== undefined) {
      strangers.delete(longest);
      counters.authenticationFailed("crowded-out");
      closeSocket(longest, closeCodes.full, "full");
    }
    strangers.add(socket);
    const peer = await handshake(socket, { roster, routerId, authenticateMs: bounds.authenticateMs, nowMs });
    strangers.delete(socket);
    if (typeof peer === "string") {
      if (peer === "gone") return;
      counters.authenticationFailed(peer);
      logger.warn({ reason: peer }, "stream refused");
      socket.resume();
      // One answer for every reason: who asks learns nothing about the roster.
      return closeSocket(socket, closeCodes.notAuthenticated, "router/not-authenticated");
    }
    const stream = makeStream(socket, peer, newId("ins", randomBytes(10), nowMs()), context);
    const older = streams.get(keyOf(peer));
    streams.set(keyOf(peer), stream);
    socket.on("close", () => void leave(stream));
    await older?.close(closeCodes.replaced, "router/replaced");
    if (stopping) return leave(stream);
    counters.streams(streams.size);
    await stream.open();
    socket.resume();
    logger.info({ party_id: peer.partyId, instance_id: peer.instanceId }, "stream open");
  }
  async function leave(stream: Stream): Promise<void> {
    if (streams.get(keyOf(stream.peer)) === stream) streams.delete(keyOf(stream.peer));
    counters.streams(streams.size);
    await stream.close(closeCodes.stopping, "gone");
  }

  const server = await buildServer({
    name: "router",
    logger,
    metrics,
    checks: { broker: () => broker.ping(), presence: () => presence.ping() },
    metricsAccess: config.metricsAccess,
  });
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: true,
    // Payloads are ciphertext: compressing them costs time and gains nothing.
    perMessageDeflate: false,
    maxPayload: bounds.frameBytesMax * 2,
  });
  server.app.server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if ((request.url ?? "").split("?", 1)[0] !== streamPath) {
      // Nobody else listens any more: the reset of a caller that does not wait for its answer would end the process.
      socket.on("error", () => socket.destroy());
      return void socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n", () => socket.destroy());
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      serve(webSocket).catch((error: unknown) => {
        logger.error({ err: error }, "stream failed");
        webSocket.terminate();
      });
    });
  });
  const { url, port } = await server.listen({ port: config.port, host: config.host ?? "127.0.0.1", setting: "ROUTER_PORT" });
  const endHeartbeat = (options.everyMs ?? systemTimer)(bounds.heartbeatMs, () => {
    for (const stream of streams.values()) stream.tick().catch((error: unknown) => logger.warn({ err: error }, "presence not renewed"));
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
      await Promise.all([...streams.values()].map((stream) => stream.close(closeCodes.stopping, "router stopping")));
      const ends = [...sockets.clients].map((socket) => new Promise((resolve) => socket.once("close", resolve)));
      for (const socket of sockets.clients) closeSocket(socket, closeCodes.stopping, "router stopping");
      await Promise.all(ends);
      await server.close();
    },
  };
}

function systemTimer(ms: number, run: () => void): () => void {
  const timer = setInterval(run, ms);
  return () => clearInterval(timer);
}

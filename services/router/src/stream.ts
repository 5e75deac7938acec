// One authenticated stream: what it reads, what it is sent, how it lives and ends.
import { type Broker, type BrokerMessage, type Presence, partyQueue, type StopConsuming } from "@covault/service-kit/messages";
import { parseExact } from "@covault/trust";
import { type Frame, RoutedMessageSchema, type Send } from "@covault/wire";
import type { WebSocket } from "ws";
import type { Peer } from "./authenticate.ts";
import type { RouterBounds } from "./config.ts";
import type { Counters } from "./counters.ts";
import { type ForwardContext, forward } from "./forward.ts";
import { closeCodes, closeSocket, decodeFrame } from "./frames.ts";
import { makeOutgoing } from "./outgoing.ts";
import type { Seen } from "./seen.ts";
import { makeThrottle } from "./throttle.ts";

/** A busy machine may answer one ping late. */
const silentMax = 2;

export interface StreamContext {
  readonly routerId: string;
  readonly broker: Broker;
  readonly presence: Presence;
  readonly bounds: RouterBounds;
  readonly counters: Counters;
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
  /** Ids that receivers have acknowledged. */
  readonly received: Seen;
  readonly forwarding: ForwardContext;
}

export interface Stream {
  readonly peer: Peer;
  readonly streamId: string;
  /** Sends Welcome and takes up the party's queues. */
  open(): Promise<void>;
  /** Every heartbeat: pings, renews presence, looks for a newer stream of the same instance elsewhere. */
  tick(): Promise<void>;
  /** Gives the queues back, leaves presence, ends the socket. Idempotent. */
  close(code: number, reason: string): Promise<void>;
}

export function makeStream(socket: WebSocket, peer: Peer, streamId: string, context: StreamContext): Stream {
  const { bounds, broker, counters, presence } = context;
  const connectedAtMs = context.nowMs();
  const throttle = makeThrottle(bounds.framesPerSecond, context.monotonicMs);
  const outgoing = makeOutgoing(socket, bounds.socketBytesMax, counters, {
    onProgress: () => {
      silent = 0;
    },
    onRelief: readOn,
  });
  const stops: StopConsuming[] = [];
  const delivering = new Map<string, Promise<void>>();
  let sessions = 0;
  let sending = 0;
  /** Heartbeats since the peer was last heard. */
  let silent = 0;
  let throttled: NodeJS.Timeout | undefined;
  let closing: Promise<void> | undefined;

  const entry = () => ({ ...peer, routerId: context.routerId, streamId, connectedAtMs, sessions });
  const presenceTtlMs = bounds.heartbeatMs * 3;

  /** Reads on when nothing of what pauses a stream holds any more. */
  function readOn(): void {
    if (throttled === undefined && !outgoing.congested && sending < bounds.unacknowledgedMax) socket.resume();
  }
  function hold(): void {
    if (outgoing.congested || sending >= bounds.unacknowledgedMax) socket.pause();
  }
  function slowDown(ms: number): void {
    socket.pause();
    throttled ??= setTimeout(() => {
      throttled = undefined;
      // Frames that were read together with the first one too many count as well.
      const moreMs = throttle.waitMs();
      if (moreMs > 0) slowDown(moreMs);
      else readOn();
    }, ms);
  }

  async function take(send: Send): Promise<void> {
    sending++;
    hold();
    const refusal = await forward(send, peer, context.forwarding);
    sending--;
    if (refusal === undefined) outgoing.write({ case: "accepted", value: { messageId: send.messageId } });
    else outgoing.write({ case: "rejected", value: { messageId: send.messageId, ...refusal } });
    hold();
    readOn();
  }
  function act(frame: Frame["body"] | undefined): void {
    counters.frame("in", frame?.case ?? "malformed");
    if (frame?.case === "send" && /^[\x21-\x7e]{1,128}$/.test(frame.value.messageId)) void take(frame.value);
    else if (frame?.case === "received") outgoing.received(frame.value.seq);
    else if (frame?.case === "heartbeat") {
      const before = sessions;
      sessions = frame.value.sessions;
      if (before !== sessions) void presence.put(entry(), presenceTtlMs).catch(() => {});
    } else {
      counters.drop("malformed");
      void close(closeCodes.badFrame, "router/bad-frame");
    }
  }

  async function onQueued({ body, redelivered }: BrokerMessage): Promise<void> {
    const message = parseExact(RoutedMessageSchema, body);
    if (message?.from === undefined) return counters.drop("malformed");
    const id = message.messageId === "" ? undefined : `${message.from.partyId}/${message.messageId}`;
    if (id !== undefined && context.received.has(peer.partyId, id)) return counters.drop("duplicate");
    if (redelivered) counters.frame("out", "redelivered");
    if (id === undefined) return outgoing.deliver(message);
    // A broker that lost its connection hands out again what is still on its way to the party.
    const underWay = delivering.get(id) ?? outgoing.deliver(message);
    delivering.set(id, underWay);
    try {
      await underWay;
      context.received.add(peer.partyId, id);
    } finally {
      delivering.delete(id);
    }
  }

  async function open(): Promise<void> {
    socket.on("message", (data, isBinary) => {
      if (closing !== undefined) return;
      silent = 0;
      const pauseMs = throttle.take();
      if (pauseMs > 0) slowDown(pauseMs);
      act(isBinary ? decodeFrame(data as Buffer) : undefined);
    });
    socket.on("pong", () => {
      silent = 0;
    });
    await presence.put(entry(), presenceTtlMs, { takeOver: true });
    if (closing !== undefined) return presence.remove(peer.partyId, peer.instanceId, streamId);
    outgoing.write({
      case: "welcome",
      value: { frameBytesMax: bounds.frameBytesMax, unacknowledgedMax: bounds.unacknowledgedMax, heartbeatMs: bounds.heartbeatMs },
    });
    const prefetch = Math.max(1, Math.floor(bounds.unacknowledgedMax / 2));
    for (const queue of [partyQueue(peer.partyId, peer.instanceId), partyQueue(peer.partyId)]) {
      const stop = await broker.consume(queue, onQueued, { prefetch });
      if (closing === undefined) stops.push(stop);
      else await stop();
    }
  }

  async function tick(): Promise<void> {
    // While this side reads nothing for reasons of its own, silence says nothing about the peer.
    if (throttled === undefined && sending < bounds.unacknowledgedMax) silent++;
    if (silent > silentMax) {
      socket.terminate();
      return close(closeCodes.dead, "no answer");
    }
    socket.ping();
    if (closing !== undefined || (await presence.put(entry(), presenceTtlMs))) return;
    return close(closeCodes.replaced, "router/replaced");
  }

  async function end(code: number, reason: string): Promise<void> {
    clearTimeout(throttled);
    // First the queues: what was not received goes back without blame, and then fails here.
    for (const stop of stops) await stop().catch(() => {});
    outgoing.end();
    socket.resume();
    closeSocket(socket, code, reason);
    await presence.remove(peer.partyId, peer.instanceId, streamId).catch(() => {});
  }
  function close(code: number, reason: string): Promise<void> {
    closing ??= end(code, reason);
    return closing;
  }
  return { peer, streamId, open, tick, close };
}

// One authenticated stream: what is read from it and what it is sent, how it lives and how it ends.
import {
  type Broker,
  type BrokerMessage,
  type Presence,
  type PresenceEntry,
  partyQueue,
  type StopConsuming,
} from "@covault/service-kit/messages";
import { type OnStep, watched } from "@covault/service-kit/run";
import { parseExact } from "@covault/trust";
import { type Frame, RoutedMessageSchema, type Send } from "@covault/wire";
import type { WebSocket } from "ws";
import type { Peer } from "./authenticate.ts";
import type { RouterBounds } from "./config.ts";
import type { Counters } from "./counters.ts";
import { type ForwardDeps, forward } from "./forward.ts";
import { closeCodes, closeSocket, decodeFrame } from "./frames.ts";
import type { Seen } from "./seen.ts";
import { StreamWriter } from "./stream-writer.ts";
import { makeThrottle, type Throttle } from "./throttle.ts";

/** A busy machine may answer one ping late. */
const silentHeartbeatsMax = 2;

export interface StreamDeps {
  readonly routerId: string;
  readonly broker: Broker;
  readonly presence: Presence;
  readonly bounds: RouterBounds;
  readonly counters: Counters;
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
  /** The ids that receivers have acknowledged. */
  readonly received: Seen;
  readonly forwarding: ForwardDeps;
  /** Gives the serial of this router's roster. */
  readonly rosterSerial: () => bigint;
  /** Gets each frame that is written and each delivery as a step (`RouterOptions`). */
  readonly onStep?: OnStep | undefined;
}

export class Stream {
  readonly peer: Peer;
  readonly streamId: string;
  readonly #socket: WebSocket;
  readonly #deps: StreamDeps;
  readonly #connectedAtMs: number;
  readonly #presenceTtlMs: number;
  readonly #throttle: Throttle;
  readonly #writer: StreamWriter;
  readonly #stops: StopConsuming[] = [];
  /** Deliveries under way, by sender and message id. */
  readonly #delivering = new Map<string, Promise<void>>();
  /** The load that the peer has told: its running sessions. */
  #sessions = 0;
  /** The serial of the roster that the peer goes by, as it has told. */
  #rosterSerial: bigint | undefined;
  /** How many Sends of the peer have no answer yet. */
  #sending = 0;
  /** How many heartbeats have passed since the peer was last heard. */
  #silentHeartbeats = 0;
  /** Runs while the peer has sent more than its rate allows. */
  #slowed: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(socket: WebSocket, peer: Peer, streamId: string, deps: StreamDeps) {
    const { bounds, counters } = deps;
    this.peer = peer;
    this.streamId = streamId;
    this.#socket = socket;
    this.#deps = deps;
    this.#connectedAtMs = deps.nowMs();
    this.#presenceTtlMs = bounds.heartbeatMs * 3;
    this.#throttle = makeThrottle(bounds.framesPerSecond, deps.monotonicMs);
    const writer = new StreamWriter(socket, {
      socketBytesMax: bounds.socketBytesMax,
      counters,
      onProgress: () => this.#heard(),
      onRelief: () => this.#readOn(),
    });
    this.#writer = watched("stream", writer, deps.onStep);
  }

  /** Sends Welcome and begins to consume the party's queues. */
  async open(): Promise<void> {
    const { bounds, broker, presence } = this.#deps;
    const { partyId, instanceId } = this.peer;
    this.#socket.on("message", (data, isBinary) => this.#read(data as Buffer, isBinary));
    this.#socket.on("pong", () => this.#heard());
    await presence.put(this.#entry(), this.#presenceTtlMs, { takeOver: true });
    if (this.#closing !== undefined) return presence.remove(partyId, instanceId, this.streamId);
    const { frameBytesMax, unacknowledgedMax, heartbeatMs } = bounds;
    this.#writer.write({ case: "welcome", value: { frameBytesMax, unacknowledgedMax, heartbeatMs } });
    const prefetch = Math.max(1, Math.floor(unacknowledgedMax / 2));
    for (const queue of [partyQueue(partyId, instanceId), partyQueue(partyId)]) {
      const stop = await broker.consume(queue, (message) => this.#onQueued(message), { prefetch });
      if (this.#closing === undefined) this.#stops.push(stop);
      else await stop();
    }
  }

  /**
   * Runs at every heartbeat. Pings the peer, renews its presence, and ends the stream when a newer
   * one of the same instance stands elsewhere. Throws http/unavailable when presence does not
   * answer.
   */
  async tick(): Promise<void> {
    // While this side reads nothing for reasons of its own, silence says nothing about the peer.
    if (this.#slowed === undefined && !this.#hasTooManySends) this.#silentHeartbeats++;
    if (this.#silentHeartbeats > silentHeartbeatsMax) {
      this.#socket.terminate();
      return this.close(closeCodes.dead, "no answer");
    }
    this.#socket.ping();
    if (this.#closing !== undefined || (await this.#renewPresence())) return;
    return this.close(closeCodes.replaced, "router/replaced");
  }

  /**
   * Gives the queues back, leaves presence and ends the socket. Further calls wait for the first.
   */
  close(code: number, reason: string): Promise<void> {
    this.#closing ??= this.#end(code, reason);
    return this.#closing;
  }

  async #end(code: number, reason: string): Promise<void> {
    clearTimeout(this.#slowed);
    // The queues come first: what was not received goes back without blame, and fails here later.
    for (const stop of this.#stops) await stop().catch(() => {});
    this.#writer.end();
    this.#socket.resume();
    closeSocket(this.#socket, code, reason);
    await this.#deps.presence.remove(this.peer.partyId, this.peer.instanceId, this.streamId).catch(() => {});
  }

  get #hasTooManySends(): boolean {
    return this.#sending >= this.#deps.bounds.unacknowledgedMax;
  }

  #entry(): PresenceEntry {
    const { routerId, rosterSerial } = this.#deps;
    const { partyId, instanceId } = this.peer;
    return {
      ...{ partyId, instanceId, routerId, streamId: this.streamId, connectedAtMs: this.#connectedAtMs, sessions: this.#sessions },
      routerRosterSerial: String(rosterSerial()),
      ...(this.#rosterSerial === undefined ? {} : { rosterSerial: String(this.#rosterSerial) }),
    };
  }

  #renewPresence(): Promise<boolean> {
    return this.#deps.presence.put(this.#entry(), this.#presenceTtlMs);
  }

  #heard(): void {
    this.#silentHeartbeats = 0;
  }

  #read(data: Buffer, isBinary: boolean): void {
    if (this.#closing !== undefined) return;
    this.#heard();
    const pauseMs = this.#throttle.take();
    if (pauseMs > 0) this.#slowDown(pauseMs);
    this.#act(isBinary ? decodeFrame(data) : undefined);
  }

  /** Reads on when none of the reasons to pause a stream holds any more. */
  #readOn(): void {
    if (this.#slowed === undefined && !this.#writer.isCongested && !this.#hasTooManySends) this.#socket.resume();
  }

  #pauseIfFull(): void {
    if (this.#writer.isCongested || this.#hasTooManySends) this.#socket.pause();
  }

  #slowDown(ms: number): void {
    this.#socket.pause();
    this.#slowed ??= setTimeout(() => {
      this.#slowed = undefined;
      // Frames that were read together with the first one too many count as well.
      const moreMs = this.#throttle.waitMs();
      if (moreMs > 0) this.#slowDown(moreMs);
      else this.#readOn();
    }, ms);
  }

  #act(frame: Frame["body"] | undefined): void {
    const { counters } = this.#deps;
    counters.frame("in", frame?.case ?? "malformed");
    if (frame?.case === "send" && /^[\x21-\x7e]{1,128}$/.test(frame.value.messageId)) void this.#take(frame.value);
    else if (frame?.case === "received") this.#writer.received(frame.value.seq);
    else if (frame?.case === "heartbeat") {
      this.#takeNews(frame.value.sessions, frame.value.rosterSerial);
      this.#writer.write({ case: "heard", value: {} });
      this.#pauseIfFull();
    } else {
      counters.drop("malformed");
      void this.close(closeCodes.badFrame, "router/bad-frame");
    }
  }

  #takeNews(sessions: number, rosterSerial: bigint): void {
    // A party that does not tell its roster's serial sends 0, which no roster has to have.
    const serial = rosterSerial === 0n ? undefined : rosterSerial;
    if (sessions === this.#sessions && serial === this.#rosterSerial) return;
    this.#sessions = sessions;
    this.#rosterSerial = serial;
    void this.#renewPresence().catch(() => {});
  }

  async #take(send: Send): Promise<void> {
    this.#sending++;
    this.#pauseIfFull();
    const refusal = await forward(send, this.peer, this.#deps.forwarding);
    this.#sending--;
    if (refusal === undefined) this.#writer.write({ case: "accepted", value: { messageId: send.messageId } });
    else this.#writer.write({ case: "rejected", value: { messageId: send.messageId, ...refusal } });
    this.#pauseIfFull();
    this.#readOn();
  }

  /** Handles a message of the party's queues. Throws when the stream ends before its Received. */
  async #onQueued({ body, redelivered }: BrokerMessage): Promise<void> {
    const { counters, received } = this.#deps;
    const { partyId } = this.peer;
    const message = parseExact(RoutedMessageSchema, body);
    if (message?.from === undefined) return counters.drop("malformed");
    const id = message.messageId === "" ? undefined : `${message.from.partyId}/${message.messageId}`;
    if (id !== undefined && received.has(partyId, id)) return counters.drop("duplicate");
    if (redelivered) counters.frame("out", "redelivered");
    if (id === undefined) return this.#writer.deliver(message);
    // A broker that lost its connection hands out again what is still on its way to the party.
    const underWay = this.#delivering.get(id) ?? this.#writer.deliver(message);
    this.#delivering.set(id, underWay);
    try {
      await underWay;
      received.add(partyId, id);
    } finally {
      this.#delivering.delete(id);
    }
  }
}

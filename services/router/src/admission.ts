// From a socket that nobody has authenticated to a stream that stands, or to a refusal.
import { randomBytes } from "node:crypto";
import { type Logger, makeSeldom, type Seldom } from "@covault/service-kit/run";
import { isDeviceId } from "@covault/trust";
import { newId, type Roster } from "@covault/wire";
import type { WebSocket } from "ws";
import { isStillPeer, type Peer } from "./authenticate.ts";
import { closeCodes } from "./frames.ts";
import { handshake } from "./handshake.ts";
import type { Strangers } from "./strangers.ts";
import { Stream, type StreamDeps } from "./stream.ts";
import type { Streams } from "./streams.ts";
import type { UnauthenticatedSocket } from "./upgrade.ts";

export interface AdmissionDeps {
  readonly roster: () => Roster;
  readonly streams: Streams;
  readonly strangers: Strangers;
  readonly logger: Logger;
  readonly stream: StreamDeps;
}

export class Admission {
  readonly #deps: AdmissionDeps;
  readonly #ofDevices: StreamDeps;
  readonly #seldom: Seldom = makeSeldom();
  #stopping = false;

  constructor(deps: AdmissionDeps) {
    const { bounds } = deps.stream;
    this.#deps = deps;
    this.#ofDevices = { ...deps.stream, bounds: { ...bounds, framesPerSecond: bounds.deviceFramesPerSecond } };
  }

  /** From now on every socket is refused. */
  stop(): void {
    this.#stopping = true;
  }

  /** Resolves when the stream stands, or when the socket was refused. */
  async admit(caller: UnauthenticatedSocket): Promise<void> {
    const { streams, strangers, logger } = this.#deps;
    const { socket, network } = caller;
    socket.on("error", (error) => logger.debug({ err: error }, "stream error"));
    if (this.#stopping) return this.#refuse(caller, closeCodes.stopping, "router stopping");
    const peer = await this.#authenticate(caller);
    if (peer === undefined) return;
    if (!streams.hasRoomFor(peer, network)) {
      this.#deps.stream.counters.authenticationFailed("full");
      return this.#refuse(caller, closeCodes.full, "full");
    }
    strangers.forget(caller.wire);
    await this.#open(socket, peer, network);
  }

  /** Gives the peer. Undefined when it is gone, or when it was refused. */
  async #authenticate(caller: UnauthenticatedSocket): Promise<Peer | undefined> {
    const { roster, logger, stream } = this.#deps;
    const { authenticateMs, devicesMax } = stream.bounds;
    const { routerId, nowMs } = stream;
    const peer = await handshake(caller.socket, { roster, routerId, authenticateMs, devices: devicesMax > 0, nowMs });
    if (peer === "gone") return undefined;
    if (typeof peer !== "string") return peer;
    stream.counters.authenticationFailed(peer);
    const times = this.#seldom(peer);
    if (times !== undefined) logger.warn({ reason: peer, times }, "streams refused");
    // Every reason gets the same answer, so that a stranger learns nothing about the roster.
    this.#refuse(caller, closeCodes.notAuthenticated, "router/not-authenticated");
    return undefined;
  }

  async #open(socket: WebSocket, peer: Peer, network: string): Promise<void> {
    const { streams, logger, stream: deps } = this.#deps;
    const isDevice = isDeviceId(peer.partyId);
    const streamId = newId("ins", randomBytes(10), deps.nowMs());
    const stream = new Stream(socket, peer, streamId, isDevice ? this.#ofDevices : deps);
    const older = streams.put(stream, network);
    socket.on("close", () => void this.#leave(stream));
    await older?.close(closeCodes.replaced, "router/replaced");
    if (this.#stopping || !isStillPeer(this.#deps.roster(), peer, deps.nowMs())) return this.#leave(stream);
    await stream.open();
    socket.resume();
    // Anybody can be a device, and could make the router write a line for each of its streams.
    logger[isDevice ? "debug" : "info"]({ party_id: peer.partyId, instance_id: peer.instanceId }, "stream open");
  }

  async #leave(stream: Stream): Promise<void> {
    this.#deps.streams.delete(stream);
    await stream.close(closeCodes.stopping, "gone");
  }

  #refuse({ socket, wire }: UnauthenticatedSocket, code: number, reason: string): void {
    this.#deps.strangers.end(wire, () => socket.close(code, reason));
  }
}

// The one stream that a party keeps to its router (router.proto): answers the challenge, sends and receives, notices when the
// other end is dead, and comes back with a growing pause. It is the party's Transport.
import type { IdentityKey } from "@covault/channel";
import { CovaultError, type ErrorCode } from "@covault/errors";
import { type Address, type Clock, type Entropy, platformClock, platformEntropy, type Transport } from "@covault/party";
import type { Logger } from "@covault/service-kit/run";
import { type Deliver, type Frame, frameBytesMax, type Welcome } from "@covault/wire";
import { WebSocket } from "ws";
import { type BackOffs, defaultBackOffs, Losses } from "./back-off.ts";
import { closeCodes } from "./close-codes.ts";
import { Deliveries, type Receive } from "./deliveries.ts";
import { decodeFrame, encodeFrame } from "./frames.ts";
import { makeGreeting, outOfOrder } from "./greeting.ts";
import { keepAlive } from "./keep-alive.ts";
import { Outgoing, type OutgoingBounds } from "./outgoing.ts";

/** How long a router may take to close its end. */
const closeGraceMs = 1_000;

export interface RouterStreamOptions {
  /** ws:// or wss://, with the path. Several are replicas: after a lost stream the next one is tried. */
  readonly urls: readonly string[];
  readonly partyId: string;
  readonly instanceId: string;
  readonly identity: IdentityKey;
  readonly logger: Logger;
  /** Running attempts, told to the router as load. */
  readonly load?: () => number;
  readonly clock?: Clock;
  readonly entropy?: Entropy;
  readonly backOffs?: Partial<BackOffs>;
  readonly bounds?: OutgoingBounds;
  /** Time for the challenge, and for the Welcome after it. */
  readonly handshakeMs?: number;
}

/** `refused`: the router is given up, and its end has not closed yet. `ended`: by `stop`, and by nothing else. */
type State = "idle" | "connecting" | "open" | "refused" | "waiting" | "ended";

export class RouterStream implements Transport {
  readonly #options: RouterStreamOptions;
  readonly #clock: Clock;
  readonly #entropy: Entropy;
  readonly #outgoing: Outgoing;
  readonly #deliveries = new Deliveries();
  #state: State = "idle";
  #socket: WebSocket | undefined;
  #receive: Receive | undefined;
  #notices: (() => void)[] = [];
  #onOpen: (() => void)[] = [];
  readonly #losses: Losses;
  #connections = 0;
  #cancelTimer: () => void = () => {};
  #router: number;

  constructor(options: RouterStreamOptions) {
    this.#options = options;
    // Parties and their replicas spread over the routers.
    this.#router = [...options.partyId, ...options.instanceId].reduce((sum, letter) => sum + letter.charCodeAt(0), 0);
    this.#clock = options.clock ?? platformClock;
    this.#entropy = options.entropy ?? platformEntropy;
    this.#losses = new Losses(this.#clock, { ...defaultBackOffs, ...options.backOffs });
    this.#outgoing = new Outgoing(this.#clock, this.#entropy, options.bounds ?? { pendingMax: 4_096, answerMs: 10_000 });
  }

  get #url(): string {
    const { urls } = this.#options;
    return urls[this.#router % urls.length] ?? "";
  }
  get isOpen(): boolean {
    return this.#state === "open" && this.#socket?.readyState === WebSocket.OPEN;
  }

  send(to: Address, envelope: Uint8Array, options: { readonly ttlMs: number }): Promise<void> {
    return this.#outgoing.send(to, envelope, options.ttlMs);
  }
  onEnvelope(receive: Receive): void {
    this.#receive = receive;
  }
  onReconnect(notice: () => void): void {
    this.#notices.push(notice);
  }

  /** Begins, and goes on until `stop`. Set the receiver first. */
  start(): void {
    if (this.#state === "idle") this.#connect();
  }

  /** True when the stream stands; false after `ms` without. */
  opened(ms: number): Promise<boolean> {
    if (this.isOpen) return Promise.resolve(true);
    return new Promise((resolve) => {
      const cancel = this.#clock.timer(ms, () => resolve(false));
      this.#onOpen.push(() => {
        cancel();
        resolve(true);
      });
    });
  }

  async stop(): Promise<void> {
    const socket = this.#socket;
    this.#end(new CovaultError("router/peer-offline", "The party is stopping."));
    if (socket === undefined || socket.readyState === WebSocket.CLOSED) return;
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    const cancel = this.#clock.timer(1_000, () => socket.terminate());
    if (socket.readyState === WebSocket.CONNECTING) socket.terminate();
    else socket.close(1000);
    await closed;
    cancel();
  }

  #connect(): void {
    const { logger, handshakeMs = 5_000 } = this.#options;
    this.#state = "connecting";
    const options = {
      perMessageDeflate: false,
      handshakeTimeout: handshakeMs,
      maxPayload: frameBytesMax,
      // One frame in a turn of the event loop: a flood of small ones stops nothing else.
      allowSynchronousEvents: false,
      followRedirects: false,
      // Without it a router that says close and does not close leaves a stream that is neither.
      closeTimeout: closeGraceMs,
    };
    const socket = new WebSocket(this.#url, options);
    this.#socket = socket;
    const greeting = makeGreeting(this.#options);
    this.#cancelTimer = this.#clock.timer(handshakeMs * 2, () => socket.terminate());
    socket.on("error", (error) => logger.debug({ err: error }, "router stream error"));
    socket.on("message", (data, isBinary) => this.#onFrame(socket, greeting, decodeFrame(data, isBinary)));
    socket.on("close", (code, reason) => this.#onClose(socket, code, reason.toString().slice(0, 100)));
  }

  #onFrame(socket: WebSocket, greeting: ReturnType<typeof makeGreeting>, frame: Frame["body"] | undefined): void {
    if (socket !== this.#socket) return;
    if (this.#state === "open") {
      if (!this.#act(socket, frame)) this.#refuse(socket, outOfOrder(frame).error);
      return;
    }
    if (this.#state !== "connecting") return;
    const greeted = greeting(frame);
    if (greeted.kind === "answer") socket.send(greeted.frame);
    else if (greeted.kind === "welcome") this.#open(socket, greeted.welcome);
    else this.#refuse(socket, greeted.error);
  }

  /** This router is of no use: not connected from now on, whether or not it closes its end. */
  #refuse(socket: WebSocket, error: CovaultError): void {
    this.#options.logger.error({ err: error, code: error.code, router: this.#url }, "router refused");
    this.#state = "refused";
    this.#outgoing.detach();
    this.#cancelTimer();
    socket.close(closeCodes.badFrame, error.code);
  }

  /** False: no such frame in an open stream. */
  #act(socket: WebSocket, frame: Frame["body"] | undefined): boolean {
    if (frame?.case === "accepted") this.#outgoing.accepted(frame.value.messageId);
    else if (frame?.case === "rejected") this.#outgoing.rejected(frame.value.messageId, frame.value.code, frame.value.message);
    else if (frame?.case === "deliver") return this.#deliver(socket, frame.value);
    else return false;
    return true;
  }

  #open(socket: WebSocket, { frameBytesMax, unacknowledgedMax, heartbeatMs }: Welcome): void {
    this.#cancelTimer();
    this.#state = "open";
    this.#losses.opened();
    this.#connections += 1;
    this.#options.logger.info({ router: this.#url }, "router stream open");
    this.#cancelTimer = keepAlive(socket, this.#clock, heartbeatMs, () => {
      socket.send(encodeFrame({ case: "heartbeat", value: { sessions: this.#options.load?.() ?? 0 } }));
    });
    this.#outgoing.attach({ write: (frame) => socket.send(frame), frameBytesMax, unacknowledgedMax });
    for (const waiting of this.#onOpen.splice(0)) waiting();
    if (this.#connections > 1) for (const notice of this.#notices) notice();
  }

  #deliver(socket: WebSocket, { seq, from, payload, messageId }: Deliver): boolean {
    if (from === undefined || this.#receive === undefined) return false;
    this.#deliveries.take(messageId, { partyId: from.partyId, instanceId: from.instanceId }, payload, this.#receive).then(
      () => {
        if (socket.readyState === WebSocket.OPEN) socket.send(encodeFrame({ case: "received", value: { seq } }));
      },
      // Not acknowledged: it comes again with the next stream.
      (error: unknown) => this.#options.logger.error({ err: error }, "a delivery failed"),
    );
    return true;
  }

  #onClose(socket: WebSocket, code: number, reason: string): void {
    if (socket !== this.#socket || this.#state === "ended") return;
    const { logger, instanceId } = this.#options;
    this.#cancelTimer();
    this.#outgoing.detach();
    this.#socket = undefined;
    this.#router += 1;
    this.#state = "waiting";
    const ms = this.#losses.add(code, (this.#entropy.bytes(1)[0] as number) / 255);
    if (code === closeCodes.notAuthenticated)
      logger.error({ retry_ms: ms }, "the router refuses this party's identity: is it in the roster?");
    else if (code === closeCodes.replaced)
      logger.error(
        { code: "router/replaced" satisfies ErrorCode, instance_id: instanceId, retry_ms: ms },
        "another process of this party runs under the same instance id",
      );
    else logger.warn({ close_code: code, reason, retry_ms: ms }, "router stream lost");
    this.#cancelTimer = this.#clock.timer(ms, () => this.#connect());
  }

  #end(error: CovaultError): void {
    this.#cancelTimer();
    this.#losses.stop();
    this.#state = "ended";
    this.#outgoing.end(error);
  }
}

// The one stream that a party keeps to its router (router.proto). It answers the challenge, sends
// and receives, notices when the other end is dead, and comes back with a growing pause. It is the
// party's Transport.
import type { IdentityKey } from "@covault/channel";
import { CovaultError, type ErrorCode } from "@covault/errors";
import { type Address, type Clock, type Entropy, platformClock, platformEntropy, type Transport } from "@covault/party";
import { type Deliver, type Frame, frameBytesMax, type Welcome } from "@covault/wire";
import { type BackOffs, defaultBackOffs, Losses } from "./back-off.ts";
import { closeCodes } from "./close-codes.ts";
import { Deliveries, type Receive } from "./deliveries.ts";
import { decodeFrame, encodeFrame } from "./frames.ts";
import { makeGreeting, outOfOrder } from "./greeting.ts";
import { type KeepAlive, keepAlive } from "./keep-alive.ts";
import { Outgoing, type OutgoingBounds } from "./outgoing.ts";
import type { OpenSocket, Socket } from "./socket.ts";

/** The log to which the stream says what happens to it. A pino logger is one. */
export interface StreamLogger {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

export interface RouterStreamOptions {
  /**
   * The addresses, ws:// or wss://, with the path. Several are replicas: after a lost stream the
   * next one is tried.
   */
  readonly urls: readonly string[];
  readonly partyId: string;
  readonly instanceId: string;
  readonly identity: IdentityKey;
  readonly logger: StreamLogger;
  /** Gives the number of running attempts. The router is told it as the load. */
  readonly load?: () => number;
  /** Gives the serial of the roster that the party goes by. Without it the router is told none. */
  readonly rosterSerial?: () => bigint;
  /** Default: the platform's clock. */
  readonly clock?: Clock;
  /** Default: the platform's randomness. */
  readonly entropy?: Entropy;
  /**
   * The pauses before the next try. Default 0.2 to 10 s, and 5 to 60 s after another process took
   * the place of this one.
   */
  readonly backOffs?: Partial<BackOffs>;
  /** The bounds of what waits for the router. Default 4096 messages, and 10 s for an answer. */
  readonly bounds?: OutgoingBounds;
  /** How long the challenge may take, and how long the Welcome after it may take. Default 5 s. */
  readonly handshakeMs?: number;
}

/**
 * In `refused` the router is given up, and its end has not closed yet. Only `stop` leads to
 * `ended`.
 */
type State = "idle" | "connecting" | "open" | "refused" | "waiting" | "ended";

/**
 * The stream without its sockets. Each entry of the package gives it the sockets of its platform.
 */
export class RouterStreamBase implements Transport {
  readonly #openSocket: OpenSocket;
  readonly #options: RouterStreamOptions;
  readonly #clock: Clock;
  readonly #entropy: Entropy;
  readonly #outgoing: Outgoing;
  readonly #deliveries = new Deliveries();
  #state: State = "idle";
  #socket: Socket | undefined;
  #keptAlive: KeepAlive | undefined;
  #onEnd: (() => void)[] = [];
  #receive: Receive | undefined;
  #notices: (() => void)[] = [];
  #onOpen: (() => void)[] = [];
  readonly #losses: Losses;
  #connections = 0;
  #cancelTimer: () => void = () => {};
  #router: number;

  constructor(openSocket: OpenSocket, options: RouterStreamOptions) {
    this.#openSocket = openSocket;
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
    return this.#state === "open" && this.#socket?.isOpen === true;
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

  /** Connects, and goes on until `stop`. Set the receiver first. */
  start(): void {
    if (this.#state === "idle") this.#connect();
  }

  /** Resolves with true when the stream stands, and with false after `ms` without a stream. */
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

  /** Ends the stream for good. Messages that still wait are rejected with router/peer-offline. */
  async stop(): Promise<void> {
    const socket = this.#socket;
    const isConnecting = this.#state === "connecting" && socket?.isOpen === false;
    this.#end(new CovaultError("router/peer-offline", "The party is stopping."));
    if (socket === undefined) return;
    const closed = new Promise<void>((resolve) => this.#onEnd.push(resolve));
    const cancel = this.#clock.timer(1_000, () => socket.terminate());
    if (isConnecting) socket.terminate();
    else socket.close(1000, "");
    await closed;
    cancel();
  }

  #connect(): void {
    const { logger, handshakeMs = 5_000 } = this.#options;
    this.#state = "connecting";
    const greeting = makeGreeting(this.#options);
    this.#cancelTimer = this.#clock.timer(handshakeMs * 2, () => this.#socket?.terminate());
    const limits = { handshakeMs, messageBytesMax: frameBytesMax };
    const socket = this.#openSocket(this.#url, limits, {
      onError: (error) => logger.debug({ err: error }, "router stream error"),
      onAlive: () => this.#keptAlive?.heard(),
      onMessage: (bytes) => {
        this.#keptAlive?.heard();
        this.#onFrame(socket, greeting, decodeFrame(bytes));
      },
      onClose: (code, reason) => this.#onClose(socket, code, reason.slice(0, 100)),
    });
    this.#socket = socket;
  }

  #onFrame(socket: Socket, greeting: ReturnType<typeof makeGreeting>, frame: Frame["body"] | undefined): void {
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

  /**
   * Gives up a router that is of no use. The stream does not stand from now on, whether or not the
   * router closes its end.
   */
  #refuse(socket: Socket, error: CovaultError): void {
    this.#options.logger.error({ err: error, code: error.code, router: this.#url }, "router refused");
    this.#state = "refused";
    this.#outgoing.detach();
    this.#cancelTimer();
    socket.close(closeCodes.badFrame, error.code);
  }

  /** Acts on a frame. Gives false when an open stream has no such frame. */
  #act(socket: Socket, frame: Frame["body"] | undefined): boolean {
    if (frame?.case === "accepted") this.#outgoing.accepted(frame.value.messageId);
    else if (frame?.case === "rejected") this.#outgoing.rejected(frame.value.messageId, frame.value.code, frame.value.message);
    else if (frame?.case === "deliver") return this.#deliver(socket, frame.value);
    else if (frame?.case === "heard") return true;
    else return false;
    return true;
  }

  #open(socket: Socket, { frameBytesMax, unacknowledgedMax, heartbeatMs }: Welcome): void {
    this.#cancelTimer();
    this.#state = "open";
    this.#losses.opened();
    this.#connections += 1;
    this.#options.logger.info({ router: this.#url }, "router stream open");
    const { load, rosterSerial } = this.#options;
    const beat = (): void =>
      socket.send(encodeFrame({ case: "heartbeat", value: { sessions: load?.() ?? 0, rosterSerial: rosterSerial?.() ?? 0n } }));
    const kept = keepAlive(this.#clock, heartbeatMs, beat, () => socket.terminate());
    this.#keptAlive = kept;
    this.#cancelTimer = () => kept.stop();
    this.#outgoing.attach({ write: (frame) => socket.send(frame), frameBytesMax, unacknowledgedMax });
    for (const waiting of this.#onOpen.splice(0)) waiting();
    if (this.#connections > 1) for (const notice of this.#notices) notice();
  }

  #deliver(socket: Socket, { seq, from, payload, messageId }: Deliver): boolean {
    if (from === undefined || this.#receive === undefined) return false;
    this.#deliveries.take(messageId, { partyId: from.partyId, instanceId: from.instanceId }, payload, this.#receive).then(
      () => {
        if (socket.isOpen) socket.send(encodeFrame({ case: "received", value: { seq } }));
      },
      // The delivery is not acknowledged, so it comes again with the next stream.
      (error: unknown) => this.#options.logger.error({ err: error }, "a delivery failed"),
    );
    return true;
  }

  #onClose(socket: Socket, code: number, reason: string): void {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    this.#keptAlive = undefined;
    for (const ended of this.#onEnd.splice(0)) ended();
    if (this.#state === "ended") return;
    const { logger, instanceId } = this.#options;
    this.#cancelTimer();
    this.#outgoing.detach();
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

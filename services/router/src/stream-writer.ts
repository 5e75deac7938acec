// The writing half of a stream. Frames go out no further than the socket's bound, and each delivery
// waits for its Received (RT12, RT15).
import type { RoutedMessage } from "@covault/wire";
import type { WebSocket } from "ws";
import type { Counters } from "./counters.ts";
import { encodeFrame, type FrameBody } from "./frames.ts";

export interface StreamWriterOptions {
  readonly socketBytesMax: number;
  readonly counters: Counters;
  /** A congested socket has written something, so its peer reads, if slowly. */
  readonly onProgress: () => void;
  /** The socket has fallen below its bound again. */
  readonly onRelief: () => void;
}

interface Delivery {
  readonly message: RoutedMessage;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class StreamWriter {
  readonly #socket: WebSocket;
  readonly #options: StreamWriterOptions;
  readonly #unacknowledged = new Map<bigint, Delivery>();
  readonly #waiting: Delivery[] = [];
  #seq = 0n;
  #bytesHeld = 0;
  #ended = false;

  constructor(socket: WebSocket, options: StreamWriterOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  /** The socket holds its bound or more, so nothing more should be read from this peer. */
  get isCongested(): boolean {
    return this.#bytesHeld >= this.#options.socketBytesMax;
  }

  /**
   * Writes a frame at once. This is for answers, which the bound on sends without answer limits.
   */
  write(frame: FrameBody): void {
    if (this.#ended) return;
    const bytes = encodeFrame(frame);
    this.#options.counters.frame("out", frame.case ?? "none");
    this.#bytesHeld += bytes.length;
    this.#socket.send(bytes, () => this.#wrote(bytes.length));
  }

  /** Resolves with the receiver's Received. Rejects when the stream ends first. */
  deliver(message: RoutedMessage): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(new Error("the stream has ended"));
      this.#waiting.push({ message, resolve, reject });
      this.#flush();
    });
  }

  /** The receiver has acknowledged the delivery with this number. */
  received(seq: bigint): void {
    const delivery = this.#unacknowledged.get(seq);
    if (delivery === undefined) {
      this.#options.counters.drop("unknown-receipt");
      return;
    }
    this.#unacknowledged.delete(seq);
    delivery.resolve();
  }

  /** Rejects every delivery that waits, and writes nothing more. */
  end(): void {
    this.#ended = true;
    const error = new Error("the stream has ended");
    for (const delivery of [...this.#unacknowledged.values(), ...this.#waiting]) delivery.reject(error);
    this.#unacknowledged.clear();
    this.#waiting.length = 0;
  }

  #wrote(bytes: number): void {
    const wasCongested = this.isCongested;
    this.#bytesHeld -= bytes;
    if (!wasCongested) return;
    this.#options.onProgress();
    if (this.isCongested) return;
    this.#flush();
    this.#options.onRelief();
  }

  #flush(): void {
    while (!this.#ended && !this.isCongested) {
      const delivery = this.#waiting.shift();
      if (delivery === undefined) return;
      this.#seq++;
      this.#unacknowledged.set(this.#seq, delivery);
      const { from, payload, messageId } = delivery.message;
      this.write({ case: "deliver", value: { seq: this.#seq, payload, messageId, ...(from === undefined ? {} : { from }) } });
    }
  }
}

// The broker of embedded mode. It keeps the port's promises in the memory of one process, and
// bounds each queue by count and by bytes, and all queues together by bytes.
import { randomUUID } from "node:crypto";
import { CovaultError } from "@covault/errors";
import type { Broker, MessageHandler, PublishOptions, StopConsuming } from "../port.ts";
import { MemoryQueue } from "./queue.ts";

export interface InProcessBrokerOptions {
  /** Messages of one queue, waiting or in a handler. Default 4096. */
  readonly queueMessagesMax?: number;
  /** Bytes of one queue. Default 32 MiB. */
  readonly queueBytesMax?: number;
  /** Bytes of all queues together. Default 256 MiB. */
  readonly bytesMax?: number;
  /** A monotonic clock, in milliseconds. Default: the process's own. */
  readonly monotonicMs?: () => number;
  /** Called when a queue drops a message on purpose. */
  readonly onDrop?: (queue: string, reason: "expired" | "poison") => void;
}

const sweepMs = 5_000;

/** The result is a plain object, so that a caller can replace one operation of it with a spread. */
export function inProcessBroker(options: InProcessBrokerOptions = {}): Broker {
  const queues = new MemoryQueues(options);
  return {
    publish: async (name, body, options = {}) => queues.publish(name, body, options),
    consume: async (name, handler, { prefetch = 32 } = {}) => queues.consume(name, handler, prefetch),
    depth: async (name) => queues.depth(name),
    ping: async () => queues.requireOpen(),
    close: async () => queues.close(),
  };
}

class MemoryQueues {
  readonly #queues = new Map<string, MemoryQueue>();
  readonly #queueMessagesMax: number;
  readonly #queueBytesMax: number;
  readonly #bytesMax: number;
  readonly #monotonicMs: () => number;
  readonly #onDrop: (queue: string, reason: "expired" | "poison") => void;
  readonly #sweeper: NodeJS.Timeout;
  #bytes = 0;
  #closed = false;

  constructor(options: InProcessBrokerOptions) {
    this.#queueMessagesMax = options.queueMessagesMax ?? 4_096;
    this.#queueBytesMax = options.queueBytesMax ?? 32 * 1_048_576;
    this.#bytesMax = options.bytesMax ?? 256 * 1_048_576;
    this.#monotonicMs = options.monotonicMs ?? (() => performance.now());
    this.#onDrop = options.onDrop ?? (() => {});
    this.#sweeper = setInterval(() => {
      for (const queue of this.#queues.values()) queue.expire();
    }, sweepMs);
    this.#sweeper.unref();
  }

  publish(name: string, body: Uint8Array, { messageId = randomUUID(), ttlMs }: PublishOptions): void {
    this.requireOpen();
    const queue = this.#queueOf(name);
    this.#requireRoom(queue, body.length);
    if (ttlMs === 0 && !queue.hasRoomyConsumer) {
      this.#onDrop(name, "expired");
      if (queue.isUnused) this.#remove(queue);
      return;
    }
    this.#bytes += body.length;
    const isTimed = ttlMs !== undefined && ttlMs !== 0;
    // The copy is the queue's own: the caller may write into its bytes again.
    queue.put(body.slice(), messageId, isTimed ? this.#monotonicMs() + ttlMs : Number.POSITIVE_INFINITY);
  }

  consume(name: string, handler: MessageHandler, prefetch: number): StopConsuming {
    return this.#queueOf(name).consume(handler, prefetch);
  }

  depth(name: string): number {
    return this.#queues.get(name)?.depth ?? 0;
  }

  requireOpen(): void {
    if (this.#closed) throw new CovaultError("broker/unavailable", "The broker is closed.");
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#sweeper);
    for (const queue of this.#queues.values()) queue.close();
    this.#queues.clear();
  }

  #queueOf(name: string): MemoryQueue {
    const known = this.#queues.get(name);
    if (known !== undefined) return known;
    const queue: MemoryQueue = new MemoryQueue(name, {
      monotonicMs: this.#monotonicMs,
      onDrop: this.#onDrop,
      onLeft: (bytes) => {
        this.#bytes -= bytes;
      },
      onUnused: () => this.#remove(queue),
    });
    this.#queues.set(name, queue);
    return queue;
  }

  #remove(queue: MemoryQueue): void {
    if (this.#queues.get(queue.name) === queue) this.#queues.delete(queue.name);
  }

  #requireRoom(queue: MemoryQueue, bytes: number): void {
    if (queue.messages >= this.#queueMessagesMax) queue.expire();
    const isFull = queue.messages >= this.#queueMessagesMax || queue.bytes + bytes > this.#queueBytesMax;
    if (!isFull && this.#bytes + bytes <= this.#bytesMax) return;
    if (queue.isUnused) this.#remove(queue);
    throw new CovaultError("broker/queue-full", `The queue ${queue.name} is full.`, {
      facts: { messages: queue.messages, bytes: queue.bytes },
    });
  }
}

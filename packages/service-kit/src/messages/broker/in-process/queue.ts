// One queue of the broker inside the process. Several consumers share its messages in turn.
import { attemptsMax, type BrokerMessage, type MessageHandler, type StopConsuming } from "../port.ts";

export interface MemoryQueueDeps {
  /** A monotonic clock, in milliseconds. */
  readonly monotonicMs: () => number;
  /** Called when the queue drops a message on purpose. */
  readonly onDrop: (queue: string, reason: "expired" | "poison") => void;
  /** Called with the size of a message that has left the queue for good. */
  readonly onLeft: (bytes: number) => void;
  /** Called when the queue has neither messages nor consumers any more. */
  readonly onUnused: () => void;
}

interface Held {
  readonly message: { body: Uint8Array; messageId: string; redelivered: boolean };
  readonly expiresAtMs: number;
  attempts: number;
}
interface Consumer {
  readonly handler: MessageHandler;
  readonly prefetch: number;
  readonly busy: Set<Held>;
  stopped: boolean;
}

export class MemoryQueue {
  readonly name: string;
  readonly #deps: MemoryQueueDeps;
  readonly #consumers: Consumer[] = [];
  #waiting: Held[] = [];
  /** No waiting message expires before this time. */
  #soonestMs = Number.POSITIVE_INFINITY;
  /** The index of the consumer that is asked first for room. */
  #turn = 0;
  #messages = 0;
  #bytes = 0;
  #closed = false;

  constructor(name: string, deps: MemoryQueueDeps) {
    this.name = name;
    this.#deps = deps;
  }

  /** How many messages wait or are in a handler. */
  get messages(): number {
    return this.#messages;
  }
  /** How many bytes the bodies of those messages have. */
  get bytes(): number {
    return this.#bytes;
  }
  /** How many messages wait. */
  get depth(): number {
    return this.#waiting.length;
  }
  get hasRoomyConsumer(): boolean {
    return this.#roomyConsumer() !== undefined;
  }
  /** The queue has no message and no consumer, so nothing is lost when it goes. */
  get isUnused(): boolean {
    return this.#messages === 0 && this.#consumers.length === 0;
  }

  put(body: Uint8Array, messageId: string, expiresAtMs: number): void {
    this.#messages++;
    this.#bytes += body.length;
    this.#soonestMs = Math.min(this.#soonestMs, expiresAtMs);
    this.#waiting.push({ message: { body, messageId, redelivered: false }, expiresAtMs, attempts: 0 });
    this.#pump();
  }

  consume(handler: MessageHandler, prefetch: number): StopConsuming {
    const consumer: Consumer = { handler, prefetch, busy: new Set(), stopped: false };
    this.#consumers.push(consumer);
    // The caller has to hold the way to stop before the first message arrives.
    setImmediate(() => this.#pump());
    return async () => this.#stop(consumer);
  }

  /** Drops the waiting messages whose time is over. */
  expire(): void {
    const now = this.#deps.monotonicMs();
    if (now < this.#soonestMs) return;
    const late = this.#waiting.filter((held) => held.expiresAtMs <= now);
    this.#waiting = this.#waiting.filter((held) => held.expiresAtMs > now);
    this.#soonestMs = this.#waiting.reduce((soonest, held) => Math.min(soonest, held.expiresAtMs), Number.POSITIVE_INFINITY);
    for (const held of late) this.#drop(held, "expired");
  }

  /** Nothing is handed out any more. */
  close(): void {
    this.#closed = true;
  }

  #stop(consumer: Consumer): void {
    if (consumer.stopped) return;
    consumer.stopped = true;
    this.#consumers.splice(this.#consumers.indexOf(consumer), 1);
    const held = [...consumer.busy].reverse();
    consumer.busy.clear();
    for (const one of held) this.#giveBack(one, true);
    if (this.isUnused) this.#deps.onUnused();
    this.#pump();
  }

  #roomyConsumer(): Consumer | undefined {
    for (let step = 0; step < this.#consumers.length; step++) {
      const consumer = this.#consumers[(this.#turn + step) % this.#consumers.length];
      if (consumer !== undefined && consumer.busy.size < consumer.prefetch) return consumer;
    }
    return undefined;
  }

  #pump(): void {
    if (this.#waiting.length === 0 || this.#closed) return;
    this.expire();
    let consumer = this.#roomyConsumer();
    while (consumer !== undefined) {
      const held = this.#waiting.shift();
      if (held === undefined) return;
      this.#turn = this.#consumers.indexOf(consumer) + 1;
      consumer.busy.add(held);
      void this.#hand(consumer, held);
      consumer = this.#roomyConsumer();
    }
  }

  async #hand(consumer: Consumer, held: Held): Promise<void> {
    held.attempts++;
    try {
      await consumer.handler(held.message as BrokerMessage);
      if (!consumer.busy.delete(held)) return;
      this.#forget(held);
    } catch {
      if (!consumer.busy.delete(held)) return;
      this.#giveBack(held, consumer.stopped);
    }
    this.#pump();
  }

  /** Puts a message back to the front. `blameless` says that its handler did not fail. */
  #giveBack(held: Held, blameless: boolean): void {
    held.message.redelivered = true;
    if (blameless) held.attempts--;
    if (held.attempts >= attemptsMax) {
      this.#drop(held, "poison");
      return;
    }
    this.#waiting.unshift(held);
    this.#soonestMs = Math.min(this.#soonestMs, held.expiresAtMs);
  }

  #drop(held: Held, reason: "expired" | "poison"): void {
    this.#forget(held);
    this.#deps.onDrop(this.name, reason);
  }

  #forget(held: Held): void {
    this.#messages--;
    this.#bytes -= held.message.body.length;
    this.#deps.onLeft(held.message.body.length);
    if (this.isUnused) this.#deps.onUnused();
  }
}

// The broker of one process (embedded mode): the port's promises, in memory, bounded by count and bytes per queue and in total.
import { randomUUID } from "node:crypto";
import { CovaultError } from "@covault/errors";
import { attemptsMax, type Broker, type BrokerMessage, type MessageHandler } from "./port.ts";

export interface InProcessBrokerOptions {
  /** Messages of one queue, waiting or in a handler. Default 4096. */
  readonly queueMessagesMax?: number;
  /** Bytes of one queue. Default 32 MiB. */
  readonly queueBytesMax?: number;
  /** Bytes of all queues. Default 256 MiB. */
  readonly bytesMax?: number;
  readonly monotonicMs?: () => number;
  /** A message was lost on purpose. */
  readonly onDrop?: (queue: string, reason: "expired" | "poison") => void;
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
interface Queue {
  readonly name: string;
  waiting: Held[];
  /** No waiting message expires before. */
  soonestMs: number;
  readonly consumers: Consumer[];
  messages: number;
  bytes: number;
  /** Whose turn it is. */
  turn: number;
}

const sweepMs = 5_000;

export function inProcessBroker(options: InProcessBrokerOptions = {}): Broker {
  const messagesMax = options.queueMessagesMax ?? 4_096;
  const queueBytesMax = options.queueBytesMax ?? 32 * 1_048_576;
  const bytesMax = options.bytesMax ?? 256 * 1_048_576;
  const monotonicMs = options.monotonicMs ?? (() => performance.now());
  const queues = new Map<string, Queue>();
  let bytes = 0;
  let closed = false;
  const sweeper = setInterval(() => {
    for (const queue of queues.values()) expire(queue);
  }, sweepMs);
  sweeper.unref();

  function queueOf(name: string): Queue {
    let queue = queues.get(name);
    if (queue === undefined) {
      queue = { name, waiting: [], soonestMs: Number.POSITIVE_INFINITY, consumers: [], messages: 0, bytes: 0, turn: 0 };
      queues.set(name, queue);
    }
    return queue;
  }
  function forget(queue: Queue, held: Held): void {
    queue.messages--;
    queue.bytes -= held.message.body.length;
    bytes -= held.message.body.length;
    if (queue.messages === 0 && queue.consumers.length === 0) queues.delete(queue.name);
  }
  function expire(queue: Queue): void {
    const now = monotonicMs();
    if (now < queue.soonestMs) return;
    const [late, kept] = [queue.waiting.filter((held) => held.expiresAtMs <= now), queue.waiting.filter((held) => held.expiresAtMs > now)];
    queue.waiting = kept;
    queue.soonestMs = kept.reduce((soonest, held) => Math.min(soonest, held.expiresAtMs), Number.POSITIVE_INFINITY);
    for (const held of late) {
      forget(queue, held);
      options.onDrop?.(queue.name, "expired");
    }
  }
  function idle(queue: Queue): Consumer | undefined {
    for (let step = 0; step < queue.consumers.length; step++) {
      const consumer = queue.consumers[(queue.turn + step) % queue.consumers.length];
      if (consumer !== undefined && consumer.busy.size < consumer.prefetch) return consumer;
    }
    return undefined;
  }
  function pump(queue: Queue): void {
    if (queue.waiting.length === 0 || closed) return;
    expire(queue);
    let consumer = idle(queue);
    while (consumer !== undefined) {
      const held = queue.waiting.shift();
      if (held === undefined) return;
      queue.turn = queue.consumers.indexOf(consumer) + 1;
      consumer.busy.add(held);
      void hand(queue, consumer, held);
      consumer = idle(queue);
    }
  }
  async function hand(queue: Queue, consumer: Consumer, held: Held): Promise<void> {
    held.attempts++;
    try {
      await consumer.handler(held.message as BrokerMessage);
      if (!consumer.busy.delete(held)) return;
      forget(queue, held);
    } catch {
      if (!consumer.busy.delete(held)) return;
      giveBack(queue, held, consumer.stopped);
    }
    pump(queue);
  }
  function giveBack(queue: Queue, held: Held, blameless: boolean): void {
    held.message.redelivered = true;
    if (blameless) held.attempts--;
    if (held.attempts >= attemptsMax) {
      forget(queue, held);
      options.onDrop?.(queue.name, "poison");
      return;
    }
    queue.waiting.unshift(held);
    queue.soonestMs = Math.min(queue.soonestMs, held.expiresAtMs);
  }

  return {
    async publish(name, body, { messageId = randomUUID(), ttlMs } = {}) {
      if (closed) throw new CovaultError("broker/unavailable", "The broker is closed.");
      const queue = queueOf(name);
      if (queue.messages >= messagesMax) expire(queue);
      if (queue.messages >= messagesMax || queue.bytes + body.length > queueBytesMax || bytes + body.length > bytesMax)
        throw new CovaultError("broker/queue-full", `The queue ${name} is full.`, {
          facts: { messages: queue.messages, bytes: queue.bytes },
        });
      if (ttlMs === 0 && idle(queue) === undefined) {
        options.onDrop?.(name, "expired");
        if (queue.messages === 0 && queue.consumers.length === 0) queues.delete(name);
        return;
      }
      queue.messages++;
      queue.bytes += body.length;
      bytes += body.length;
      const expiresAtMs = ttlMs === undefined || ttlMs === 0 ? Number.POSITIVE_INFINITY : monotonicMs() + ttlMs;
      queue.soonestMs = Math.min(queue.soonestMs, expiresAtMs);
      queue.waiting.push({ message: { body: body.slice(), messageId, redelivered: false }, expiresAtMs, attempts: 0 });
      pump(queue);
    },
    async consume(name, handler, { prefetch = 32 } = {}) {
      const queue = queueOf(name);
      const consumer: Consumer = { handler, prefetch, busy: new Set(), stopped: false };
      queue.consumers.push(consumer);
      // Not in this turn: the caller holds `stop` before the first message arrives.
      setImmediate(() => pump(queue));
      return async () => {
        if (consumer.stopped) return;
        consumer.stopped = true;
        queue.consumers.splice(queue.consumers.indexOf(consumer), 1);
        const held = [...consumer.busy].reverse();
        consumer.busy.clear();
        for (const one of held) giveBack(queue, one, true);
        if (queue.messages === 0 && queue.consumers.length === 0) queues.delete(queue.name);
        pump(queue);
      };
    },
    depth: async (name) => queues.get(name)?.waiting.length ?? 0,
    async ping() {
      if (closed) throw new CovaultError("broker/unavailable", "The broker is closed.");
    },
    async close() {
      closed = true;
      clearInterval(sweeper);
      queues.clear();
    },
  };
}

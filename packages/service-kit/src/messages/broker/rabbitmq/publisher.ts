// Messages on their way to RabbitMQ. A durable one is confirmed by the server. One that its
// handlers failed on goes to the end of its queue again, and to the dead letters when that happens
// too often.
import { CovaultError } from "@covault/errors";
import type { AsyncMessage, Connection, Publisher } from "rabbitmq-client";
import { within } from "../../../run/silence.ts";
import { attemptsMax } from "../port.ts";
import type { Topology } from "./topology.ts";

const attemptsHeader = "x-covault-attempts";
const ttlHeader = "x-covault-ttl-ms";

export interface Envelope {
  readonly durable: boolean;
  readonly messageId: string;
  /** How often its handlers have failed. */
  readonly attempts: number;
  /** How long it may wait for a consumer. Without it, the bounds of its queue hold. */
  readonly ttlMs?: number;
}

export interface RabbitmqPublisherOptions {
  readonly publishMs: number;
  readonly onDrop: (queue: string, reason: "poison") => void;
}

export class RabbitmqPublisher {
  readonly #topology: Topology;
  readonly #options: RabbitmqPublisherOptions;
  readonly #confirmed: Publisher;
  readonly #unconfirmed: Publisher;

  constructor(connection: Connection, topology: Topology, options: RabbitmqPublisherOptions) {
    this.#topology = topology;
    this.#options = options;
    this.#confirmed = connection.createPublisher({ confirm: true });
    this.#unconfirmed = connection.createPublisher({ confirm: false });
  }

  /**
   * Throws broker/queue-full when the queue refuses it, broker/unavailable when nobody takes it.
   */
  async publish(queue: string, body: Uint8Array, envelope: Envelope): Promise<void> {
    const { publishMs } = this.#options;
    try {
      await within(publishMs, this.#send(queue, body, envelope), () => new Error(`not taken within ${publishMs} ms`));
    } catch (cause) {
      if ((cause as { code?: unknown }).code === "NACK")
        throw new CovaultError("broker/queue-full", `The queue ${queue} is full.`, { cause });
      throw new CovaultError("broker/unavailable", "RabbitMQ did not take the message.", { cause });
    }
  }

  /** Publishes a message once more after its handler threw. */
  async publishAgain(queue: string, message: AsyncMessage, durable: boolean): Promise<void> {
    const attempts = attemptsOf(message) + 1;
    const body = message.body as Buffer;
    const messageId = message.messageId ?? "";
    if (attempts >= attemptsMax) {
      this.#options.onDrop(queue, "poison");
      const routingKey = await this.#topology.deadLetters();
      await this.#confirmed.send({ routingKey, durable: true, messageId, headers: { queue, attempts } }, body);
      return;
    }
    // The message gets as much time again: its age would be the difference of two machines' clocks,
    // and the attempts are few.
    const ttlMs = Number(message.headers?.[ttlHeader] ?? 0);
    await this.publish(queue, body, { durable, messageId, attempts, ...(ttlMs > 0 ? { ttlMs } : {}) });
  }

  async close(): Promise<void> {
    await Promise.all([this.#confirmed.close(), this.#unconfirmed.close()]);
  }

  async #send(queue: string, body: Uint8Array, { durable, messageId, attempts, ttlMs }: Envelope): Promise<void> {
    const routingKey = await this.#topology.queue(queue, durable);
    const publisher = durable ? this.#confirmed : this.#unconfirmed;
    const timed = ttlMs === undefined ? {} : { expiration: String(ttlMs) };
    const headers = { [attemptsHeader]: attempts, ...(ttlMs === undefined ? {} : { [ttlHeader]: String(ttlMs) }) };
    await publisher.send({ routingKey, durable, messageId, headers, ...timed }, Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  }
}

/** How often the handlers of a message have failed. */
export function attemptsOf(message: AsyncMessage): number {
  return Number(message.headers?.[attemptsHeader] ?? 0);
}

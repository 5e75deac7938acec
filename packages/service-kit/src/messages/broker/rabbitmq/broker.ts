// The broker between processes: RabbitMQ. Each queue of the port is two. What is durable goes
// through a quorum queue with publisher confirms, and what is not (signing rounds) through a
// classic queue without them. A message that fails too often goes to a dead-letter queue.
import { randomUUID } from "node:crypto";
import { CovaultError } from "@covault/errors";
import { within } from "../../../run/silence.ts";
import type { Broker, MessageHandler, PublishOptions, StopConsuming } from "../port.ts";
import { RabbitmqConnections } from "./connections.ts";
import { Consumption } from "./consumption.ts";
import { type RabbitmqBrokerOptions, type RabbitmqTimes, rabbitmqTimes } from "./options.ts";
import { RabbitmqPublisher } from "./publisher.ts";
import { Topology } from "./topology.ts";

/** Throws broker/unavailable when the server does not answer in time. */
export async function rabbitmqBroker(options: RabbitmqBrokerOptions): Promise<Broker> {
  const { url, prefix = "covault", connectMs = 10_000, onError = () => {}, onDrop = () => {} } = options;
  const times = { ...rabbitmqTimes, ...options.times };
  const connections = await RabbitmqConnections.open({ url, times, onError }, connectMs);
  const topology = new Topology(connections.main, prefix, options);
  connections.main.on("connection", () => topology.forget());
  const publisher = new RabbitmqPublisher(connections.main, topology, { publishMs: times.publishMs, onDrop });
  const broker = new RabbitmqBroker({ connections, topology, publisher, times, openMs: connectMs, onError });
  return {
    publish: (queue, body, options = {}) => broker.publish(queue, body, options),
    consume: (queue, handler, { prefetch = 32 } = {}) => broker.consume(queue, handler, prefetch),
    depth: (queue) => topology.depth(queue),
    ping: () => broker.ping(),
    close: () => broker.close(),
  };
}

interface RabbitmqBrokerParts {
  readonly connections: RabbitmqConnections;
  readonly topology: Topology;
  readonly publisher: RabbitmqPublisher;
  readonly times: RabbitmqTimes;
  readonly openMs: number;
  readonly onError: (error: unknown) => void;
}

class RabbitmqBroker {
  readonly #parts: RabbitmqBrokerParts;
  readonly #consumptions = new Set<Consumption>();
  #closed = false;

  constructor(parts: RabbitmqBrokerParts) {
    this.#parts = parts;
  }

  async publish(queue: string, body: Uint8Array, options: PublishOptions): Promise<void> {
    const { messageId = randomUUID(), ttlMs, durable = false } = options;
    this.#requireOpen();
    await this.#parts.publisher.publish(queue, body, { durable, messageId, attempts: 0, ...(ttlMs === undefined ? {} : { ttlMs }) });
  }

  async consume(queue: string, handler: MessageHandler, prefetch: number): Promise<StopConsuming> {
    const { connections, topology, publisher, openMs, onError } = this.#parts;
    const home = connections.forConsumer();
    const consumption = new Consumption({ queue, handler, prefetch, home, topology, publisher, openMs, onError });
    this.#consumptions.add(consumption);
    const stop = async (): Promise<void> => {
      this.#consumptions.delete(consumption);
      await consumption.stop();
    };
    try {
      await consumption.opened();
      return stop;
    } catch (error) {
      await stop();
      throw error;
    }
  }

  async ping(): Promise<void> {
    this.#requireOpen();
    await this.#parts.connections.ask();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const { connections, times, onError } = this.#parts;
    await within(times.connectMs, this.#end(), () => new Error("RabbitMQ did not end the connections")).catch(onError);
    connections.destroy();
  }

  async #end(): Promise<void> {
    const { connections, publisher, onError } = this.#parts;
    const consumptions = [...this.#consumptions];
    this.#consumptions.clear();
    await Promise.all(consumptions.map((one) => one.stop().catch(onError)));
    await publisher.close().catch(onError);
    await connections.close();
  }

  #requireOpen(): void {
    if (this.#closed) throw new CovaultError("broker/unavailable", "The broker is closed.");
  }
}

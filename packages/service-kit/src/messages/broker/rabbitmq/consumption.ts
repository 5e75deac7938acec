// One consumption of a queue of the port, which is two queues of RabbitMQ: a durable one and a
// transient one. Together they have no more messages in the handler than the consumer asked for.
import { CovaultError } from "@covault/errors";
import { type AsyncMessage, type Consumer, ConsumerStatus } from "rabbitmq-client";
import type { MessageHandler } from "../port.ts";
import type { ConsumerConnection } from "./connections.ts";
import { type Gate, makeGate } from "./gate.ts";
import { type HeldMessages, type Hold, makeHeldMessages } from "./held-messages.ts";
import { attemptsOf, type RabbitmqPublisher } from "./publisher.ts";
import type { Topology } from "./topology.ts";

export interface ConsumptionOptions {
  readonly queue: string;
  readonly handler: MessageHandler;
  readonly prefetch: number;
  readonly home: ConsumerConnection;
  readonly topology: Topology;
  readonly publisher: RabbitmqPublisher;
  /** How long the server may take to open the queues. */
  readonly openMs: number;
  readonly onError: (error: unknown) => void;
}

interface HalfConsumer {
  readonly consumer: Consumer;
  readonly held: HeldMessages;
}

export class Consumption {
  readonly #options: ConsumptionOptions;
  readonly #gate: Gate;
  readonly #halves: readonly HalfConsumer[];
  #stopped = false;

  constructor(options: ConsumptionOptions) {
    this.#options = options;
    this.#gate = makeGate(options.prefetch);
    this.#halves = [true, false].map((durable) => this.#consume(durable));
  }

  /**
   * Resolves when both queues are open. Stops, and throws broker/unavailable, when they are late.
   */
  async opened(): Promise<void> {
    const { queue, openMs } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new CovaultError("broker/unavailable", `RabbitMQ did not open the queue ${queue}.`)), openMs);
    });
    const ready = Promise.all(this.#halves.map(({ consumer }) => new Promise<void>((resolve) => consumer.once("ready", resolve))));
    try {
      await Promise.race([ready, late]);
    } catch (error) {
      await this.stop();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** What the handlers still hold goes back to the server. Further calls do nothing. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const { held } of this.#halves) {
      this.#options.home.held.delete(held);
      held.loseAll();
    }
    await Promise.all(this.#halves.map(({ consumer }) => consumer.close()));
  }

  #consume(durable: boolean): HalfConsumer {
    const { queue, prefetch, home, topology, onError } = this.#options;
    const held = makeHeldMessages();
    home.held.add(held);
    const consumer = home.connection.createConsumer(
      { queue: topology.nameOf(queue, durable), queueOptions: topology.declaration(queue, durable), qos: { prefetchCount: prefetch } },
      // rabbitmq-client consumes anew only when everything that it handed out before has its end.
      // A handler may take long, for a router's ends when a party has received the message.
      async (message) => {
        const status = this.#stopped ? undefined : await held.hold((hold) => this.#handle(message, durable, hold));
        return status ?? ConsumerStatus.REQUEUE;
      },
    );
    consumer.on("error", (error) => {
      onError(error);
      // The channel was closed, or the queue was deleted.
      held.loseAll();
    });
    return { consumer, held };
  }

  async #handle(message: AsyncMessage, durable: boolean, hold: Hold): Promise<ConsumerStatus> {
    const { queue, handler, publisher, onError } = this.#options;
    const redelivered = message.redelivered || attemptsOf(message) > 0;
    try {
      await this.#gate.run(async () => {
        // The consumption or the connection may have ended while the message waited for its turn.
        if (hold.isLost) return;
        await handler({ body: new Uint8Array(message.body), messageId: message.messageId ?? "", redelivered });
      });
      return ConsumerStatus.ACK;
    } catch (error) {
      if (hold.isLost) return ConsumerStatus.REQUEUE;
      onError(error);
    }
    try {
      await publisher.publishAgain(queue, message, durable);
      return ConsumerStatus.ACK;
    } catch (error) {
      onError(error);
      return ConsumerStatus.REQUEUE;
    }
  }
}

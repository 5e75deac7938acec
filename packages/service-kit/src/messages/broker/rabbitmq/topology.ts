// Which queues of RabbitMQ stand behind a queue of the port, and with which bounds. Publisher and
// consumer both declare them, always with the same arguments, because RabbitMQ refuses others.
import type { Connection, ConsumerProps } from "rabbitmq-client";
import { queueIdleMs } from "../port.ts";

type Declaration = NonNullable<ConsumerProps["queueOptions"]> & { readonly queue: string };

export interface QueueBounds {
  /** Messages of one queue. Default 4096. */
  readonly queueMessagesMax: number;
  /** Bytes of one queue. Default 32 MiB. */
  readonly queueBytesMax: number;
  /** An unused queue goes after this time. Default: what the port says. */
  readonly queueIdleMs: number;
}

/** A queue is declared again after this time, since an unused one may have gone meanwhile. */
const declaredMs = 60_000;
/** A message that comes back without its handler's fault counts here as well. */
const deliveriesMax = 10_000;

export const deadLetterQueue = (prefix = "covault") => `${prefix}.dead`;

export class Topology {
  readonly #connection: Connection;
  readonly #prefix: string;
  readonly #bounds: Partial<QueueBounds>;
  readonly #declared = new Map<string, { readonly atMs: number; readonly done: Promise<unknown> }>();

  constructor(connection: Connection, prefix: string, bounds: Partial<QueueBounds>) {
    this.#connection = connection;
    this.#prefix = prefix;
    this.#bounds = bounds;
  }

  nameOf(queue: string, durable: boolean): string {
    return `${this.#prefix}.${durable ? "d" : "t"}.${queue}`;
  }

  declaration(queue: string, durable: boolean): Declaration {
    const kind: Declaration["arguments"] = durable
      ? { "x-queue-type": "quorum", "x-overflow": "reject-publish", "x-delivery-limit": deliveriesMax }
      : { "x-queue-type": "classic", "x-overflow": "drop-head" };
    const limits = {
      "x-max-length": this.#bounds.queueMessagesMax ?? 4_096,
      "x-max-length-bytes": this.#bounds.queueBytesMax ?? 32 * 1_048_576,
      "x-expires": this.#bounds.queueIdleMs ?? queueIdleMs(queue),
    };
    return { queue: this.nameOf(queue, durable), durable: true, arguments: { ...limits, ...kind } };
  }

  /** Resolves with the name of the queue once the server has it. */
  queue(queue: string, durable: boolean): Promise<string> {
    return this.#declareOnce(this.declaration(queue, durable));
  }

  /** Resolves with the name of the dead-letter queue once the server has it. */
  deadLetters(): Promise<string> {
    return this.#declareOnce({
      queue: deadLetterQueue(this.#prefix),
      durable: true,
      arguments: {
        "x-queue-type": "quorum",
        "x-max-length": 10_000,
        "x-message-ttl": 7 * 24 * 3_600_000,
        "x-expires": this.#bounds.queueIdleMs ?? 30 * 24 * 3_600_000,
        "x-overflow": "drop-head",
      },
    });
  }

  /** How many messages wait in a queue of the port now. */
  async depth(queue: string): Promise<number> {
    const waiting = async (durable: boolean): Promise<number> =>
      (await this.#connection.queueDeclare(this.declaration(queue, durable))).messageCount;
    const [durable, transient] = await Promise.all([waiting(true), waiting(false)]);
    return durable + transient;
  }

  /** Everything is declared anew: a server that was away may have lost its queues. */
  forget(): void {
    this.#declared.clear();
  }

  async #declareOnce(declaration: Declaration): Promise<string> {
    const name = declaration.queue;
    const before = this.#declared.get(name);
    if (before !== undefined && before.atMs + declaredMs > performance.now()) {
      await before.done;
      return name;
    }
    const done = this.#connection.queueDeclare(declaration);
    this.#declared.set(name, { atMs: performance.now(), done });
    try {
      await done;
    } catch (error) {
      this.#declared.delete(name);
      throw error;
    }
    return name;
  }
}

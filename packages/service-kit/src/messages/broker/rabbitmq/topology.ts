// Which RabbitMQ queues stand behind a queue of the port, with their bounds. Declared by whoever comes first, publisher or consumer,
// always with the same arguments: RabbitMQ refuses others.
import type { Connection, ConsumerProps } from "rabbitmq-client";
import { queueIdleMs } from "../port.ts";

type Declaration = NonNullable<ConsumerProps["queueOptions"]> & { readonly queue: string };

export interface QueueBounds {
  /** Messages of one queue. Default 4096. */
  readonly queueMessagesMax: number;
  /** Bytes of one queue. Default 32 MiB. */
  readonly queueBytesMax: number;
  /** An unused queue goes after this time. Default: as the port says. */
  readonly queueIdleMs: number;
}

export interface Topology {
  nameOf(queue: string, durable: boolean): string;
  declaration(queue: string, durable: boolean): Declaration;
  /** The name, once the server has it. */
  queue(queue: string, durable: boolean): Promise<string>;
  deadLetters(): Promise<string>;
  /** Messages that wait now. */
  messages(queue: string, durable: boolean): Promise<number>;
  /** The server may have lost what was declared. */
  forget(): void;
}

/** Declared again after this time: an unused queue may have gone meanwhile. */
const declaredMs = 60_000;
/** A message that comes back without its handler's fault counts as well; handlers' faults are counted in a header. */
const deliveriesMax = 10_000;

export const deadLetterQueue = (prefix = "covault") => `${prefix}.dead`;

export function makeTopology(connection: Connection, prefix: string, bounds: Partial<QueueBounds>): Topology {
  const declared = new Map<string, { readonly atMs: number; readonly done: Promise<unknown> }>();
  const nameOf = (queue: string, durable: boolean) => `${prefix}.${durable ? "d" : "t"}.${queue}`;
  const limits = (queue: string) => ({
    "x-max-length": bounds.queueMessagesMax ?? 4_096,
    "x-max-length-bytes": bounds.queueBytesMax ?? 32 * 1_048_576,
    "x-expires": bounds.queueIdleMs ?? queueIdleMs(queue),
  });
  const declaration = (queue: string, durable: boolean): Declaration => ({
    queue: nameOf(queue, durable),
    durable: true,
    arguments: durable
      ? { ...limits(queue), "x-queue-type": "quorum", "x-overflow": "reject-publish", "x-delivery-limit": deliveriesMax }
      : { ...limits(queue), "x-queue-type": "classic", "x-overflow": "drop-head" },
  });
  async function declareOnce(params: Declaration): Promise<string> {
    const name = params.queue;
    const before = declared.get(name);
    if (before !== undefined && before.atMs + declaredMs > performance.now()) {
      await before.done;
      return name;
    }
    const done = connection.queueDeclare(params);
    declared.set(name, { atMs: performance.now(), done });
    try {
      await done;
    } catch (error) {
      declared.delete(name);
      throw error;
    }
    return name;
  }
  return {
    nameOf,
    declaration,
    queue: (queue, durable) => declareOnce(declaration(queue, durable)),
    deadLetters: () =>
      declareOnce({
        queue: deadLetterQueue(prefix),
        durable: true,
        arguments: {
          "x-queue-type": "quorum",
          "x-max-length": 10_000,
          "x-message-ttl": 7 * 24 * 3_600_000,
          "x-expires": bounds.queueIdleMs ?? 30 * 24 * 3_600_000,
          "x-overflow": "drop-head",
        },
      }),
    messages: async (queue, durable) => (await connection.queueDeclare(declaration(queue, durable))).messageCount,
    forget: () => declared.clear(),
  };
}

// The options of the RabbitMQ broker, and its times.
import type { QueueBounds } from "./topology.ts";

export interface RabbitmqTimes {
  /** A connection must stand in this time, and a publisher waits this long for one. */
  readonly connectMs: number;
  /** Every connection is asked for an answer this often. */
  readonly askEveryMs: number;
  /** A connection that gives no answer in this time is dead, and is made anew. */
  readonly silentMs: number;
  /** If the server has not taken a message in this time, its publisher is told so. */
  readonly publishMs: number;
  /**
   * AMQP's own heartbeat, in seconds. After two or three of them without a word the server ends a
   * connection and hands out again what its consumers held. Until then it goes on to give them
   * every other message of their queues, so it must not take longer than this side does. RabbitMQ
   * advises against less than 5, since a network may well be silent for so long. This side has
   * given the connection up by then.
   */
  readonly heartbeatS: number;
}

export const rabbitmqTimes: RabbitmqTimes = { connectMs: 4_000, askEveryMs: 1_000, silentMs: 2_500, publishMs: 5_000, heartbeatS: 2 };

export interface RabbitmqBrokerOptions extends Partial<QueueBounds> {
  /** An amqp:// or amqps:// URL with user and password. */
  readonly url: string;
  /** Stands before the name of every queue. Default "covault". */
  readonly prefix?: string;
  /** How long to wait for the server at the start, and for each consumer. Default 10 s. */
  readonly connectMs?: number;
  /** For the log: a connection was lost, or a handler failed. */
  readonly onError?: (error: unknown) => void;
  /** Called when a message is dropped on purpose. */
  readonly onDrop?: (queue: string, reason: "expired" | "poison") => void;
  readonly times?: Partial<RabbitmqTimes>;
}

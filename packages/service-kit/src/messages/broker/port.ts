// The port for messages between replicas. A message is handed out at least once: a handler that
// throws sees it again, and so does another consumer after a crash. Several consumers of one queue
// share its messages. Bodies are opaque bytes.

export interface PublishOptions {
  /** Names the message in logs and to its consumer. Default: a fresh UUID. */
  readonly messageId?: string;
  /**
   * How long the message may wait for a consumer, in milliseconds. With 0 it is only for a consumer
   * that is there now. Without a time it waits as long as its queue's bounds allow.
   */
  readonly ttlMs?: number;
  /**
   * The message survives a restart of the broker, and `publish` resolves only once the broker has
   * it. Messages of signing rounds are not durable. Default false.
   */
  readonly durable?: boolean;
}

export interface BrokerMessage {
  readonly body: Uint8Array;
  readonly messageId: string;
  /** A handler may have seen the message before. */
  readonly redelivered: boolean;
}

/**
 * A handler that resolves is done with the message, which is then forgotten. One that throws gives
 * it back. After `attemptsMax` times the message is dropped and counted.
 */
export type MessageHandler = (message: BrokerMessage) => Promise<void> | void;

export interface ConsumeOptions {
  /** The most messages in the handler at once. Default 32. */
  readonly prefetch?: number;
}

/** Ends a consumption. The messages that its handler still holds go back to the queue. */
export type StopConsuming = () => Promise<void>;

export interface Broker {
  /** Throws broker/queue-full at the queue's bounds, and broker/unavailable when nobody answers. */
  publish(queue: string, body: Uint8Array, options?: PublishOptions): Promise<void>;
  /** Resolves once messages can arrive. Throws broker/unavailable when nobody answers. */
  consume(queue: string, handler: MessageHandler, options?: ConsumeOptions): Promise<StopConsuming>;
  /** Gives roughly how many messages wait in a queue. This is for metrics. */
  depth(queue: string): Promise<number>;
  /** Throws broker/unavailable when the broker does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** A message whose handlers have failed this often counts as poison. */
export const attemptsMax = 8;

/** The queue that all coordinators share. */
export const coordinatorQueue = "coordinator";

/**
 * Gives after how many milliseconds an unused queue goes. The queue of an instance goes soon after
 * its process. The queue of a party stays as long as any message may wait.
 */
export function queueIdleMs(queue: string): number {
  return /^party\.[^.]+\./.test(queue) ? 3_600_000 : 48 * 3_600_000;
}

/** Gives the queue of a party's instance, or with an empty id the queue of all its instances. */
export function partyQueue(partyId: string, instanceId = ""): string {
  return instanceId === "" ? `party.${partyId}` : `party.${partyId}.${instanceId}`;
}

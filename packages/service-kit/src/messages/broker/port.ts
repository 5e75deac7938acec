// Messages between replicas, as a port. At least once: a handler that throws sees the message again, and so does another
// consumer after a crash. Several consumers of one queue share its messages. Bodies are opaque bytes.

export interface PublishOptions {
  /** Names the message in logs and to its consumer. */
  readonly messageId?: string;
  /** How long it may wait for a consumer. 0: only for one that is there now. Absent: until the queue's bounds. */
  readonly ttlMs?: number;
  /** Survives a restart of the broker; resolved only once the broker has it. Signing rounds are not. */
  readonly durable?: boolean;
}

export interface BrokerMessage {
  readonly body: Uint8Array;
  readonly messageId: string;
  /** It may have been seen before. */
  readonly redelivered: boolean;
}

/** Resolve: done with it, forget it. Throw: give it back; after `attemptsMax` times it is dropped and counted. */
export type MessageHandler = (message: BrokerMessage) => Promise<void> | void;

export interface ConsumeOptions {
  /** How many messages may be in the handler at once. Default 32. */
  readonly prefetch?: number;
}

/** Ends a consumption: what its handler still holds goes back to the queue unless it resolves meanwhile. */
export type StopConsuming = () => Promise<void>;

export interface Broker {
  /** Throws broker/queue-full when the queue's bounds are reached, broker/unavailable when nobody answers. */
  publish(queue: string, body: Uint8Array, options?: PublishOptions): Promise<void>;
  consume(queue: string, handler: MessageHandler, options?: ConsumeOptions): Promise<StopConsuming>;
  /** Messages that wait in a queue, roughly: for metrics. */
  depth(queue: string): Promise<number>;
  /** Throws when the broker does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** How often a message is handed out before it counts as poison. */
export const attemptsMax = 8;

/** The queue that coordinators share. */
export const coordinatorQueue = "coordinator";

/** An instance's queue goes with its process; a party's waits as long as any message may. */
export function queueIdleMs(queue: string): number {
  return /^party\.[^.]+\./.test(queue) ? 3_600_000 : 48 * 3_600_000;
}

/** The queue of a party: any instance, or the one that is named. */
export function partyQueue(partyId: string, instanceId = ""): string {
  return instanceId === "" ? `party.${partyId}` : `party.${partyId}.${instanceId}`;
}

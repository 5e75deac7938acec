// The broker between processes: RabbitMQ. Each queue of the port is two: a quorum queue with publisher confirms for what is durable,
// a classic one without confirms for what is not (signing rounds). What fails too often goes to a dead-letter queue.
import { randomUUID } from "node:crypto";
import { CovaultError } from "@covault/errors";
import { type AsyncMessage, Connection, type Consumer, ConsumerStatus, type Publisher } from "rabbitmq-client";
import { serverAway } from "../away.ts";
import { makeGate } from "./gate.ts";
import { attemptsMax, type Broker, type MessageHandler } from "./port.ts";
import { deadLetterQueue, makeTopology, type QueueBounds } from "./rabbitmq-topology.ts";

export interface RabbitmqBrokerOptions extends Partial<QueueBounds> {
  /** amqp:// or amqps://, with user and password. */
  readonly url: string;
  /** Before every queue's name. Default "covault". */
  readonly prefix?: string;
  /** How long to wait for the server at the start, and for a consumer. Default 10 s. */
  readonly connectMs?: number;
  /** A connection was lost, a handler failed: for the log. */
  readonly onError?: (error: unknown) => void;
  /** A message was lost on purpose. */
  readonly onDrop?: (queue: string, reason: "expired" | "poison") => void;
}

/** Each consumer has a channel of its own, and a connection holds about 2000. */
const consumersPerConnection = 800;
const attemptsHeader = "x-covault-attempts";
const ttlHeader = "x-covault-ttl-ms";

/** Throws broker/unavailable when the server does not answer in time. */
export async function rabbitmqBroker(options: RabbitmqBrokerOptions): Promise<Broker> {
  const onError = options.onError ?? (() => {});
  const prefix = options.prefix ?? "covault";
  const connectMs = options.connectMs ?? 10_000;
  const connections: { readonly connection: Connection; consumers: number }[] = [];
  const stops = new Set<() => Promise<void>>();
  let closed = false;

  function connect(): Connection {
    const connection = new Connection({
      url: options.url,
      socket: socketOf(options.url),
      connectionName: "covault",
      // Nagle's algorithm and delayed acknowledgements together cost 44 ms a message.
      noDelay: true,
      frameMax: 131_072,
      acquireTimeout: 5_000,
      retryLow: 200,
      retryHigh: 5_000,
    });
    connection.on("error", onError);
    return connection;
  }
  function forConsumers(): { readonly connection: Connection; consumers: number } {
    let free = connections.find((one) => one.consumers < consumersPerConnection);
    if (free === undefined) {
      free = { connection: connect(), consumers: 0 };
      connections.push(free);
    }
    return free;
  }

  const main = connect();
  // onConnect knows only that time is over.
  let reason: unknown;
  const note = (error: unknown) => {
    reason = error;
  };
  main.on("error", note);
  try {
    await main.onConnect(connectMs);
    main.off("error", note);
  } catch (cause) {
    main.unsafeDestroy();
    throw serverAway("broker/unavailable", "RabbitMQ", "RABBITMQ_URL", options.url, reason ?? cause);
  }
  const topology = makeTopology(main, prefix, options);
  main.on("connection", () => topology.forget());
  const confirmed = main.createPublisher({ confirm: true });
  const unconfirmed = main.createPublisher({ confirm: false });

  interface Outgoing {
    readonly durable: boolean;
    readonly messageId: string;
    readonly attempts: number;
    readonly ttlMs?: number;
  }
  async function post(queue: string, body: Uint8Array, outgoing: Outgoing): Promise<void> {
    if (closed) throw new CovaultError("broker/unavailable", "The broker is closed.");
    const { durable, messageId, attempts, ttlMs } = outgoing;
    try {
      const routingKey = await topology.queue(queue, durable);
      const publisher: Publisher = durable ? confirmed : unconfirmed;
      await publisher.send(
        {
          routingKey,
          durable,
          messageId,
          headers: { [attemptsHeader]: attempts, ...(ttlMs === undefined ? {} : { [ttlHeader]: String(ttlMs) }) },
          ...(ttlMs === undefined ? {} : { expiration: String(ttlMs) }),
        },
        Buffer.from(body.buffer, body.byteOffset, body.byteLength),
      );
    } catch (cause) {
      if ((cause as { code?: unknown }).code === "NACK")
        throw new CovaultError("broker/queue-full", `The queue ${queue} is full.`, { cause });
      throw new CovaultError("broker/unavailable", "RabbitMQ did not take the message.", { cause });
    }
  }

  /** After a handler threw: again at the end of the queue, or to the dead letters. */
  async function again(queue: string, message: AsyncMessage, durable: boolean): Promise<ConsumerStatus> {
    const attempts = Number(message.headers?.[attemptsHeader] ?? 0) + 1;
    // As much time again, since its age would be the difference of two machines' clocks. The attempts are few.
    const ttlMs = Number(message.headers?.[ttlHeader] ?? 0);
    const body = message.body as Buffer;
    const messageId = message.messageId ?? "";
    if (attempts >= attemptsMax) {
      options.onDrop?.(queue, "poison");
      await confirmed.send({ routingKey: await topology.deadLetters(), durable: true, messageId, headers: { queue, attempts } }, body);
      return ConsumerStatus.ACK;
    }
    await post(queue, body, { durable, messageId, attempts, ...(ttlMs > 0 ? { ttlMs } : {}) });
    return ConsumerStatus.ACK;
  }

  async function consume(queue: string, handler: MessageHandler, prefetch: number): Promise<() => Promise<void>> {
    const gate = makeGate(prefetch);
    let stopped = false;
    let release: (status: ConsumerStatus) => void = () => {};
    const onStop = new Promise<ConsumerStatus>((resolve) => {
      release = resolve;
    });
    const handle = async (message: AsyncMessage, durable: boolean): Promise<ConsumerStatus> => {
      const attempts = Number(message.headers?.[attemptsHeader] ?? 0);
      const redelivered = message.redelivered || attempts > 0;
      try {
        await gate.run(async () => {
          // Between its arrival and its turn the consumption may have ended.
          if (stopped) return;
          await handler({ body: new Uint8Array(message.body), messageId: message.messageId ?? "", redelivered });
        });
        return ConsumerStatus.ACK;
      } catch (error) {
        if (stopped) return ConsumerStatus.REQUEUE;
        onError(error);
        return again(queue, message, durable).catch((lost: unknown) => {
          onError(lost);
          return ConsumerStatus.REQUEUE;
        });
      }
    };
    const home = forConsumers();
    home.consumers++;
    const consumers: Consumer[] = [true, false].map((durable) => {
      const consumer = home.connection.createConsumer(
        { queue: topology.nameOf(queue, durable), queueOptions: topology.declaration(queue, durable), qos: { prefetchCount: prefetch } },
        (message) => Promise.race([onStop, handle(message, durable)]),
      );
      consumer.on("error", onError);
      return consumer;
    });
    const stop = async () => {
      if (stopped) return;
      stopped = true;
      home.consumers--;
      stops.delete(stop);
      release(ConsumerStatus.REQUEUE);
      await Promise.all(consumers.map((consumer) => consumer.close()));
    };
    stops.add(stop);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new CovaultError("broker/unavailable", `RabbitMQ did not open the queue ${queue}.`)), connectMs);
    });
    const ready = Promise.all(consumers.map((consumer) => new Promise<void>((resolve) => consumer.once("ready", resolve))));
    try {
      await Promise.race([ready, late]);
    } catch (error) {
      await stop();
      throw error;
    } finally {
      clearTimeout(timer);
    }
    return stop;
  }

  return {
    publish: (queue, body, { messageId = randomUUID(), ttlMs, durable = false } = {}) =>
      post(queue, body, {
        durable,
        messageId,
        attempts: 0,
        ...(ttlMs === undefined ? {} : { ttlMs }),
      }),
    consume: (queue, handler, { prefetch = 32 } = {}) => consume(queue, handler, prefetch),
    async depth(queue) {
      const counts = await Promise.all([true, false].map((durable) => topology.messages(queue, durable)));
      return counts.reduce((sum, count) => sum + count, 0);
    },
    async ping() {
      if (closed || !main.ready) throw new CovaultError("broker/unavailable", "RabbitMQ does not answer.");
    },
    async close() {
      if (closed) return;
      closed = true;
      await Promise.all([...stops].map((stop) => stop().catch(onError)));
      await Promise.all([confirmed.close(), unconfirmed.close()]).catch(onError);
      await Promise.all([main, ...connections.map((one) => one.connection)].map((one) => one.close().catch(onError)));
    },
  };
}

/** By itself, the client would ask for the address of a host that is called [::1]. */
function socketOf(url: string): { readonly host: string; readonly port: number } {
  const { hostname, port, protocol } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) || (protocol === "amqps:" ? 5671 : 5672) };
}

export { deadLetterQueue };

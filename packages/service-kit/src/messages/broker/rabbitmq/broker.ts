// The broker between processes: RabbitMQ. Each queue of the port is two: a quorum queue with publisher confirms for what is durable,
// a classic one without confirms for what is not (signing rounds). What fails too often goes to a dead-letter queue.
import { randomUUID } from "node:crypto";
import { CovaultError } from "@covault/errors";
import { type AsyncMessage, Connection, type Consumer, ConsumerStatus, type Publisher } from "rabbitmq-client";
import { serverAway } from "../../../run/away.ts";
import { within } from "../../../run/silence.ts";
import { attemptsMax, type Broker, type MessageHandler } from "../port.ts";
import { watchConnection } from "./alive.ts";
import { makeGate } from "./gate.ts";
import { type Grip, type Hands, makeHands } from "./hands.ts";
import { deadLetterQueue, makeTopology, type QueueBounds } from "./topology.ts";

export interface RabbitmqTimes {
  /** A connection must stand in this time, and a publisher waits this long for one. */
  readonly connectMs: number;
  /** Every connection is asked for an answer this often, */
  readonly askEveryMs: number;
  /** and one that gives none in this time is dead, and made anew. */
  readonly silentMs: number;
  /** A message is taken by the server in this time, or its publisher is told that it was not. */
  readonly publishMs: number;
  /**
   * AMQP's own: after two or three of them without a word the server ends a connection, and hands out again what its consumers held. Until then it goes on to
   * give them every other message of their queues, so it must not take longer than this side does. RabbitMQ advises against less than 5, since a network may well
   * be silent for so long; but then this side has given the connection up already.
   */
  readonly heartbeatS: number;
}

export const rabbitmqTimes: RabbitmqTimes = { connectMs: 4_000, askEveryMs: 1_000, silentMs: 2_500, publishMs: 5_000, heartbeatS: 2 };

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
  readonly times?: Partial<RabbitmqTimes>;
}

/** Each consumer has a channel of its own, and a connection holds about 2000. */
const consumersPerConnection = 1_600;
const attemptsHeader = "x-covault-attempts";
const ttlHeader = "x-covault-ttl-ms";

interface Home {
  readonly connection: Connection;
  /** Of each consumer. */
  readonly hands: Set<Hands>;
}

/** Throws broker/unavailable when the server does not answer in time. */
export async function rabbitmqBroker(options: RabbitmqBrokerOptions): Promise<Broker> {
  const onError = options.onError ?? (() => {});
  const prefix = options.prefix ?? "covault";
  const connectMs = options.connectMs ?? 10_000;
  const times = { ...rabbitmqTimes, ...options.times };
  const connections: Home[] = [];
  const watches: ReturnType<typeof watchConnection>[] = [];
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
      connectionTimeout: times.connectMs,
      acquireTimeout: times.connectMs,
      heartbeat: times.heartbeatS,
      retryLow: 200,
      retryHigh: 2_000,
    });
    connection.on("error", onError);
    watches.push(watchConnection(connection, times));
    return connection;
  }
  function forConsumers(): Home {
    const free = connections.find(({ hands }) => hands.size < consumersPerConnection);
    if (free !== undefined) return free;
    const home: Home = { connection: connect(), hands: new Set() };
    home.connection.on("connection", () => {
      for (const each of home.hands) each.letGo();
    });
    connections.push(home);
    return home;
  }

  const all = () => [main, ...connections.map((one) => one.connection)];
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
    watches[0]?.stop();
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
      const publisher: Publisher = durable ? confirmed : unconfirmed;
      const sending = topology.queue(queue, durable).then((routingKey) =>
        publisher.send(
          {
            routingKey,
            durable,
            messageId,
            headers: { [attemptsHeader]: attempts, ...(ttlMs === undefined ? {} : { [ttlHeader]: String(ttlMs) }) },
            ...(ttlMs === undefined ? {} : { expiration: String(ttlMs) }),
          },
          Buffer.from(body.buffer, body.byteOffset, body.byteLength),
        ),
      );
      await within(times.publishMs, sending, () => new Error(`not taken within ${times.publishMs} ms`));
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
    const handle = async (message: AsyncMessage, durable: boolean, grip: Grip): Promise<ConsumerStatus> => {
      const attempts = Number(message.headers?.[attemptsHeader] ?? 0);
      const redelivered = message.redelivered || attempts > 0;
      try {
        await gate.run(async () => {
          // Between its arrival and its turn the consumption, or the connection, may have ended.
          if (grip.isLost) return;
          await handler({ body: new Uint8Array(message.body), messageId: message.messageId ?? "", redelivered });
        });
        return ConsumerStatus.ACK;
      } catch (error) {
        if (grip.isLost) return ConsumerStatus.REQUEUE;
        onError(error);
        return again(queue, message, durable).catch((lost: unknown) => {
          onError(lost);
          return ConsumerStatus.REQUEUE;
        });
      }
    };
    const home = forConsumers();
    const consumers = [true, false].map((durable): { readonly consumer: Consumer; readonly hands: Hands } => {
      const hands = makeHands();
      home.hands.add(hands);
      const consumer = home.connection.createConsumer(
        { queue: topology.nameOf(queue, durable), queueOptions: topology.declaration(queue, durable), qos: { prefetchCount: prefetch } },
        // rabbitmq-client consumes anew only when everything that it handed out before has its end, and a handler may take its time: until a party has
        // received the message.
        async (message) => (stopped ? undefined : await hands.hold((grip) => handle(message, durable, grip))) ?? ConsumerStatus.REQUEUE,
      );
      consumer.on("error", (error) => {
        onError(error);
        // The channel was closed, or the queue deleted.
        hands.letGo();
      });
      return { consumer, hands };
    });
    const stop = async () => {
      if (stopped) return;
      stopped = true;
      stops.delete(stop);
      for (const { hands } of consumers) {
        home.hands.delete(hands);
        hands.letGo();
      }
      await Promise.all(consumers.map(({ consumer }) => consumer.close()));
    };
    stops.add(stop);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new CovaultError("broker/unavailable", `RabbitMQ did not open the queue ${queue}.`)), connectMs);
    });
    const ready = Promise.all(consumers.map(({ consumer }) => new Promise<void>((resolve) => consumer.once("ready", resolve))));
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
      if (closed) throw new CovaultError("broker/unavailable", "The broker is closed.");
      await Promise.all(watches.map((watch) => watch.ask()));
    },
    async close() {
      if (closed) return;
      closed = true;
      const orderly = async () => {
        await Promise.all([...stops].map((stop) => stop().catch(onError)));
        await Promise.all([confirmed.close(), unconfirmed.close()]).catch(onError);
        for (const watch of watches) watch.stop();
        await Promise.all(all().map((one) => one.close().catch(onError)));
      };
      await within(times.connectMs, orderly(), () => new Error("RabbitMQ did not end the connections")).catch(onError);
      for (const watch of watches) watch.stop();
      for (const one of all()) one.unsafeDestroy();
    },
  };
}

/** By itself, the client would ask for the address of a host that is called [::1]. */
function socketOf(url: string): { readonly host: string; readonly port: number } {
  const { hostname, port, protocol } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) || (protocol === "amqps:" ? 5671 : 5672) };
}

export { deadLetterQueue };

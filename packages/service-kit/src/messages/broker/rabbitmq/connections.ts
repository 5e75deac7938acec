// The connections of one broker to RabbitMQ: a main one for what is published and declared, and as
// many others as its consumers need. Each is watched, and made anew when it is dead.
import { Connection } from "rabbitmq-client";
import { serverAway } from "../../../run/away.ts";
import { type ConnectionWatch, watchConnection } from "./alive.ts";
import type { HeldMessages } from "./held-messages.ts";
import type { RabbitmqTimes } from "./options.ts";

/** Each consumer has a channel of its own, and a connection holds about 2000 of them. */
const consumersPerConnection = 1_600;

export interface ConsumerConnection {
  readonly connection: Connection;
  /** What each consumer of this connection has in its handlers. */
  readonly held: Set<HeldMessages>;
}

export interface ConnectionsOptions {
  readonly url: string;
  readonly times: RabbitmqTimes;
  readonly onError: (error: unknown) => void;
}

export class RabbitmqConnections {
  readonly main: Connection;
  readonly #options: ConnectionsOptions;
  readonly #forConsumers: ConsumerConnection[] = [];
  readonly #watches: ConnectionWatch[] = [];

  private constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.main = this.#connect();
  }

  /** Throws broker/unavailable when the server does not answer within `waitMs`. */
  static async open(options: ConnectionsOptions, waitMs: number): Promise<RabbitmqConnections> {
    const connections = new RabbitmqConnections(options);
    const { main } = connections;
    // onConnect knows only that the time is over. The reason comes as an event.
    let reason: unknown;
    const note = (error: unknown) => {
      reason = error;
    };
    main.on("error", note);
    try {
      await main.onConnect(waitMs);
      main.off("error", note);
      return connections;
    } catch (cause) {
      connections.destroy();
      throw serverAway("broker/unavailable", "RabbitMQ", "RABBITMQ_URL", options.url, reason ?? cause);
    }
  }

  /** Gives a connection that has room for one more consumer. */
  forConsumer(): ConsumerConnection {
    const free = this.#forConsumers.find(({ held }) => held.size < consumersPerConnection);
    if (free !== undefined) return free;
    const made: ConsumerConnection = { connection: this.#connect(), held: new Set() };
    made.connection.on("connection", () => {
      for (const each of made.held) each.loseAll();
    });
    this.#forConsumers.push(made);
    return made;
  }

  /** Throws broker/unavailable unless the server answers over every connection in time. */
  async ask(): Promise<void> {
    await Promise.all(this.#watches.map((watch) => watch.ask()));
  }

  /** Ends every connection in an orderly way, however long the server takes for that. */
  async close(): Promise<void> {
    this.#stopWatching();
    await Promise.all(this.#all().map((one) => one.close().catch(this.#options.onError)));
  }

  /** Ends what is left of the connections without waiting for the server. */
  destroy(): void {
    this.#stopWatching();
    for (const one of this.#all()) one.unsafeDestroy();
  }

  #connect(): Connection {
    const { url, times, onError } = this.#options;
    const connection = new Connection({
      url,
      socket: socketOf(url),
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
    this.#watches.push(watchConnection(connection, times));
    return connection;
  }

  #all(): Connection[] {
    return [this.main, ...this.#forConsumers.map(({ connection }) => connection)];
  }

  #stopWatching(): void {
    for (const watch of this.#watches) watch.stop();
  }
}

/** The client by itself would ask for the address of a host that is called [::1]. */
function socketOf(url: string): { readonly host: string; readonly port: number } {
  const { hostname, port, protocol } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) || (protocol === "amqps:" ? 5671 : 5672) };
}

// Watches whether a connection to RabbitMQ lives. The server has only AMQP's heartbeats for that,
// and they are slow, so each connection is asked for an answer again and again. A dead one is
// destroyed, and rabbitmq-client makes it anew together with its consumers.
import type { Socket } from "node:net";
import { CovaultError } from "@covault/errors";
import type { Channel, Connection } from "rabbitmq-client";
import { within } from "../../../run/silence.ts";

export interface ConnectionWatch {
  /** Throws broker/unavailable unless the server answers over this connection in time. */
  ask(): Promise<void>;
  stop(): void;
}

/** Asks every `askEveryMs` and waits `silentMs` for an answer. */
export function watchConnection(
  connection: Connection,
  { askEveryMs, silentMs }: { readonly askEveryMs: number; readonly silentMs: number },
): ConnectionWatch {
  let channel: Channel | undefined;
  let asking: Promise<void> | undefined;

  async function answers(): Promise<void> {
    // A reset of the connection closes its channels.
    if (channel?.active !== true) channel = await connection.acquire();
    await channel.basicQos({ prefetchCount: 1 });
  }
  async function askOnce(): Promise<void> {
    const unavailable = (cause?: unknown) => new CovaultError("broker/unavailable", "RabbitMQ does not answer.", { cause });
    // While the client connects, its own time-outs hold. A connection that the server has blocked
    // is not read by it.
    if (!connection.ready) throw unavailable();
    const socket = socketOf(connection);
    let silent = false;
    const late = () => {
      silent = true;
      return unavailable();
    };
    try {
      await within(silentMs, answers(), late);
    } catch (error) {
      if (silent && connection.ready) socket.destroy(new Error(`RabbitMQ said nothing for ${silentMs} ms`));
      throw silent ? error : unavailable(error);
    }
  }
  function ask(): Promise<void> {
    asking ??= askOnce().finally(() => {
      asking = undefined;
    });
    return asking;
  }
  const timer = setInterval(() => void ask().catch(() => {}), askEveryMs);
  return {
    ask,
    stop() {
      clearInterval(timer);
      // An open channel would hold up the close of the connection.
      channel?.close().catch(() => {});
    },
  };
}

/** rabbitmq-client has no other way to end a connection that it should make anew. */
function socketOf(connection: Connection): Socket {
  return (connection as unknown as { readonly _socket: Socket })._socket;
}

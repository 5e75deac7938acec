// A broker for messages between processes that get lost, doubled, delayed and swapped on their way
// to it. Each queue is a lane of its own.
import { type Act, type Lane, lane } from "./mischief.ts";

interface Publisher {
  publish(queue: string, body: Uint8Array, options?: object): Promise<void>;
}

/**
 * Gives the same broker with a bad network before it. `decide` says what becomes of each message. A
 * publisher believes that its message is on its way, whatever becomes of it. `delayMs` is the delay
 * of late and swapped messages. Default 50 ms.
 */
export function unsteadyBroker<Broker extends Publisher>(
  broker: Broker,
  decide: (queue: string, body: Uint8Array) => Act,
  delayMs = 50,
): Broker {
  const lanes = new Map<string, Lane<readonly [Uint8Array, object | undefined]>>();
  const laneOf = (queue: string) => {
    const known = lanes.get(queue) ?? lane(([body, options]) => void broker.publish(queue, body, options).catch(() => {}), delayMs);
    lanes.set(queue, known);
    return known;
  };
  return {
    ...broker,
    async publish(queue, body, options) {
      const act = decide(queue, body);
      if (act !== "pass") return laneOf(queue).put([body, options], act);
      await broker.publish(queue, body, options);
      laneOf(queue).passed();
    },
  };
}

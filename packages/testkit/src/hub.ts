// A router in memory. It holds every message until it is delivered. Messages are delivered one at a
// time, in an order that the seed decides. A test may look at each message on its way and drop,
// double, alter or delay it, as any router could.
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { CovaultError } from "@covault/errors";
import type { Address, Transport } from "@covault/party";
import { type Envelope, EnvelopeSchema } from "@covault/wire";
import type { Seeded } from "./seeded.ts";

export interface Flight {
  readonly from: Address;
  readonly to: Address;
  readonly bytes: Uint8Array;
}
/** Gives what goes on instead of a message. `[flight]` lets it pass, and `[]` drops it. */
export type Intercept = (flight: Flight, envelope: Envelope) => readonly Flight[];

interface Endpoint {
  receive: (from: Address, bytes: Uint8Array) => Promise<void>;
  reconnect: () => void;
  settled: () => Promise<void>;
}

const deliverMsMax = 50_000;

/** The router of a test, with the transports of the instances that are connected to it. */
export class Hub {
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #queue: Flight[] = [];
  readonly #order: Seeded;
  intercept: Intercept = (flight) => [flight];
  /** The number of messages that were delivered so far. */
  delivered = 0;

  constructor(order: Seeded) {
    this.#order = order;
  }

  /**
   * Gives the transport of one instance. `settled` resolves when the instance has done its work on
   * what it received.
   */
  connect(self: Address, settled: () => Promise<void>): Transport {
    const endpoint: Endpoint = { receive: async () => {}, reconnect: () => {}, settled };
    this.#endpoints.set(name(self), endpoint);
    return {
      send: async (to, bytes) => this.send({ from: self, to, bytes: bytes.slice() }),
      onEnvelope: (receive) => {
        endpoint.receive = receive;
      },
      onReconnect: (notice) => {
        endpoint.reconnect = notice;
      },
    };
  }

  disconnect(self: Address): void {
    this.#endpoints.delete(name(self));
  }
  reconnect(self: Address): void {
    this.#endpoints.get(name(self))?.reconnect();
  }

  send(flight: Flight): void {
    if (this.#find(flight.to) === undefined) throw new CovaultError("router/peer-offline", `${flight.to.partyId} is not connected.`);
    this.#queue.push(...this.intercept(flight, fromBinary(EnvelopeSchema, flight.bytes)));
  }
  /**
   * Puts a message on its way past the intercept. A router may make such a message up, or play it
   * again.
   */
  inject(flight: Flight): void {
    this.#queue.push(flight);
  }

  /** Delivers until nothing is on its way and no instance works. */
  async settle(): Promise<void> {
    await this.#quiet();
    while (this.#queue.length > 0) {
      const [flight] = this.#queue.splice(this.#order.below(this.#queue.length), 1);
      const endpoint = flight === undefined ? undefined : this.#find(flight.to);
      if (flight === undefined || endpoint === undefined) continue;
      this.delivered += 1;
      await endpoint.receive(flight.from, flight.bytes);
      await this.#quiet();
    }
  }

  /**
   * Delivers until `done`, without waiting for the end of any instance's work. It serves work that
   * itself waits for time to pass. Throws when `done` has not come true after 50 s.
   */
  async deliverUntil(done: () => boolean): Promise<void> {
    const startedMs = performance.now();
    while (!done()) {
      // There must be an end. Otherwise what never happens would hold the whole process, and the
      // runner could not even say which test it is.
      if (performance.now() - startedMs > deliverMsMax) throw new Error(`What was waited for has not happened in ${deliverMsMax} ms.`);
      for (const flight of this.#queue.splice(0)) await this.#find(flight.to)?.receive(flight.from, flight.bytes);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #quiet(): Promise<void> {
    for (let turn = 0; turn < 2; turn++) {
      await Promise.all([...this.#endpoints.values()].map((endpoint) => endpoint.settled()));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #find(to: Address): Endpoint | undefined {
    if (to.instanceId !== "") return this.#endpoints.get(name(to));
    const any = [...this.#endpoints.keys()].find((key) => key.startsWith(`${to.partyId}/`));
    return any === undefined ? undefined : this.#endpoints.get(any);
  }
}

const name = ({ partyId, instanceId }: Address): string => `${partyId}/${instanceId}`;

export const encodeEnvelope = (envelope: Envelope): Uint8Array => toBinary(EnvelopeSchema, envelope);

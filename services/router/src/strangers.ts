// Connections that nobody has authenticated: bounded in number and in what each may make the router hold. When there are too many, the
// network that has the most gives one up, the longest silent: a party answers at once, and whoever holds connections open keeps nobody
// out (RT4, RT25).
import type { Socket } from "node:net";

/** Pieces that an answer to the challenge may come in: each costs more than its bytes. */
const piecesMax = 64;

export interface StrangersOptions {
  readonly strangersMax: number;
  readonly bytesMax: number;
  readonly onEnd: (reason: "crowded-out" | "too-much") => void;
}

interface Stranger {
  network: string;
  bytes: number;
  pieces: number;
  /** How to say that there is no room. */
  farewell: () => void;
  readonly onData: (chunk: Uint8Array) => void;
}

export class Strangers {
  readonly #options: StrangersOptions;
  readonly #strangers = new Map<Socket, Stranger>();
  /** Each in the order of their coming. */
  readonly #networks = new Map<string, Set<Socket>>();

  constructor(options: StrangersOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#strangers.size;
  }
  /** What they have sent and the router may hold, but for what HTTP takes. */
  get bytes(): number {
    return [...this.#strangers.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** A new connection, known by its socket's network. */
  add(wire: Socket, network: string): void {
    if (this.size >= this.#options.strangersMax) this.#crowdOut();
    const stranger: Stranger = {
      network,
      bytes: 0,
      pieces: 0,
      farewell: () => {},
      onData: (chunk) => this.#count(wire, stranger, chunk.length),
    };
    this.#strangers.set(wire, stranger);
    this.#place(wire, network);
    wire.once("close", () => this.forget(wire));
  }

  /** It is a stream now, of the caller's network. From here on every byte counts. Before the stream's own listeners see any. */
  upgraded(wire: Socket, network: string, farewell: () => void): void {
    const stranger = this.#strangers.get(wire);
    if (stranger === undefined) return;
    this.#displace(wire, stranger.network);
    stranger.network = network;
    stranger.farewell = farewell;
    this.#place(wire, network);
    wire.prependListener("data", stranger.onData);
  }

  /** It is none any more. */
  forget(wire: Socket): void {
    const stranger = this.#strangers.get(wire);
    if (stranger === undefined) return;
    this.#strangers.delete(wire);
    this.#displace(wire, stranger.network);
    wire.off("data", stranger.onData);
  }

  /** Ends it: what it is told goes out, and nothing more of it is waited for. */
  end(wire: Socket, farewell: () => void): void {
    farewell();
    wire.destroySoon();
  }

  #count(wire: Socket, stranger: Stranger, length: number): void {
    stranger.bytes += length;
    stranger.pieces += 1;
    if (stranger.bytes <= this.#options.bytesMax && stranger.pieces <= piecesMax) return;
    this.#options.onEnd("too-much");
    this.forget(wire);
    wire.destroy();
  }

  #crowdOut(): void {
    let fullest: Set<Socket> = new Set();
    for (const wires of this.#networks.values()) if (wires.size > fullest.size) fullest = wires;
    const [longest] = fullest;
    const stranger = longest && this.#strangers.get(longest);
    if (longest === undefined || stranger === undefined) return;
    this.#options.onEnd("crowded-out");
    this.forget(longest);
    this.end(longest, stranger.farewell);
  }

  #place(wire: Socket, network: string): void {
    const wires = this.#networks.get(network) ?? new Set();
    wires.add(wire);
    this.#networks.set(network, wires);
  }
  #displace(wire: Socket, network: string): void {
    const wires = this.#networks.get(network);
    wires?.delete(wire);
    if (wires?.size === 0) this.#networks.delete(network);
  }
}

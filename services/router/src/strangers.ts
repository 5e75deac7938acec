// The connections that nobody has authenticated. Their number is bounded, and so is what each may
// make the router hold. When there are too many, the network with the most gives up its longest
// silent one. A party answers at once, so nobody is kept out by connections that are only held open
// (RT4, RT25).
import type { Socket } from "node:net";

/**
 * An answer to the challenge may come in this many pieces. Each piece costs more than its bytes.
 */
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
  /** Tells the stranger that there is no room. */
  farewell: () => void;
  readonly onData: (chunk: Uint8Array) => void;
}

export class Strangers {
  readonly #options: StrangersOptions;
  readonly #strangers = new Map<Socket, Stranger>();
  /** The sockets of each network, in the order in which they came. */
  readonly #networks = new Map<string, Set<Socket>>();

  constructor(options: StrangersOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#strangers.size;
  }
  /** How many bytes strangers have sent that the router may hold. HTTP's own are not counted. */
  get bytes(): number {
    return [...this.#strangers.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Adds a new connection. Its network is so far that of its socket. */
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

  /**
   * The connection is a WebSocket now, and its network is the caller's. From here on every byte
   * counts, before the stream's own listeners see it.
   */
  upgraded(wire: Socket, network: string, farewell: () => void): void {
    const stranger = this.#strangers.get(wire);
    if (stranger === undefined) return;
    this.#displace(wire, stranger.network);
    stranger.network = network;
    stranger.farewell = farewell;
    this.#place(wire, network);
    wire.prependListener("data", stranger.onData);
  }

  /** The connection is authenticated or closed, and counts no more. */
  forget(wire: Socket): void {
    const stranger = this.#strangers.get(wire);
    if (stranger === undefined) return;
    this.#strangers.delete(wire);
    this.#displace(wire, stranger.network);
    wire.off("data", stranger.onData);
  }

  /** Ends the connection. The farewell goes out, and nothing more is read. */
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

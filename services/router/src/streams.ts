// The streams that stand, by party and instance. The roster bounds the streams of its parties,
// since each party may have so many instances. Anybody can be a device, so devices have bounds of
// their own, and take no place of a party (RT26).

import { isDeviceId } from "@covault/trust";
import type { Address } from "@covault/wire";
import type { Peer } from "./authenticate.ts";
import type { RouterBounds } from "./config.ts";
import type { Stream } from "./stream.ts";

type StreamBounds = Pick<RouterBounds, "instancesMax" | "devicesMax" | "devicesPerNetworkMax">;

export class Streams {
  readonly #bounds: StreamBounds;
  readonly #parties = new Map<string, Map<string, Stream>>();
  /** The networks of the streams of devices. */
  readonly #networks = new Map<Stream, string>();
  readonly #perNetwork = new Map<string, number>();
  #size = 0;

  constructor(bounds: StreamBounds) {
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#size;
  }
  *all(): Iterable<Stream> {
    for (const instances of this.#parties.values()) yield* instances.values();
  }
  get({ partyId, instanceId }: Peer): Stream | undefined {
    return this.#parties.get(partyId)?.get(instanceId);
  }
  /** Says whether one of these streams serves the address. */
  serves({ partyId, instanceId }: Address): boolean {
    const instances = this.#parties.get(partyId);
    return instances !== undefined && (instanceId === "" || instances.has(instanceId));
  }

  /**
   * Says whether one more stream of this peer, which is at this network, may stand. A stream that
   * takes the place of another always may.
   */
  hasRoomFor(peer: Peer, network: string): boolean {
    if (this.get(peer) !== undefined) return true;
    const { instancesMax, devicesMax, devicesPerNetworkMax } = this.#bounds;
    if ((this.#parties.get(peer.partyId)?.size ?? 0) >= instancesMax) return false;
    if (!isDeviceId(peer.partyId)) return true;
    return this.#networks.size < devicesMax && (this.#perNetwork.get(network) ?? 0) < devicesPerNetworkMax;
  }

  /** Adds the stream, and gives the one whose place it takes. */
  put(stream: Stream, network: string): Stream | undefined {
    const { partyId, instanceId } = stream.peer;
    const older = this.get(stream.peer);
    if (older !== undefined) this.delete(older);
    const instances = this.#parties.get(partyId) ?? new Map<string, Stream>();
    instances.set(instanceId, stream);
    this.#parties.set(partyId, instances);
    this.#size += 1;
    if (isDeviceId(partyId)) {
      this.#networks.set(stream, network);
      this.#perNetwork.set(network, (this.#perNetwork.get(network) ?? 0) + 1);
    }
    return older;
  }

  /** Removes the stream. Does nothing when another one has its place. */
  delete(stream: Stream): void {
    const { partyId, instanceId } = stream.peer;
    const instances = this.#parties.get(partyId);
    if (instances?.get(instanceId) !== stream) return;
    instances.delete(instanceId);
    if (instances.size === 0) this.#parties.delete(partyId);
    this.#size -= 1;
    const network = this.#networks.get(stream);
    if (network === undefined) return;
    this.#networks.delete(stream);
    const left = (this.#perNetwork.get(network) ?? 1) - 1;
    if (left === 0) this.#perNetwork.delete(network);
    else this.#perNetwork.set(network, left);
  }
}

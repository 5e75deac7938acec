// What the router delivers, taken once each. The router delivers at least once, so after a
// reconnect the same message comes again.
import type { Address } from "@covault/party";

export type Receive = (from: Address, payload: Uint8Array) => Promise<void>;

export class Deliveries {
  readonly #rememberedMax: number;
  /** The work on a message, or that it is done, by sender and id. */
  readonly #seen = new Map<string, Promise<void> | "done">();

  constructor(rememberedMax = 8_192) {
    this.#rememberedMax = rememberedMax;
  }

  /**
   * Resolves when the message has had its effect, now or earlier. Rejects when receiving failed,
   * and the message may then come again.
   */
  take(messageId: string, from: Address, payload: Uint8Array, receive: Receive): Promise<void> {
    if (messageId === "") return receive(from, payload);
    const name = `${from.partyId}/${messageId}`;
    const before = this.#seen.get(name);
    if (before !== undefined) return before === "done" ? Promise.resolve() : before;
    const work = receive(from, payload).then(
      () => {
        if (this.#seen.has(name)) this.#seen.set(name, "done");
      },
      (error: unknown) => {
        this.#seen.delete(name);
        throw error;
      },
    );
    this.#seen.set(name, work);
    for (const oldest of this.#seen.keys()) {
      if (this.#seen.size <= this.#rememberedMax) break;
      this.#seen.delete(oldest);
    }
    return work;
  }
}

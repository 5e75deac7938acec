// Port: envelopes out and in, over whatever stream the party keeps to its router. Nothing that it
// says about a sender is believed, since statements and round messages carry their own signatures.

/** Where an envelope goes to, or comes from. */
export interface Address {
  /** A party id, or "coordinator". */
  readonly partyId: string;
  /** The instance of that party. Empty means any of them. */
  readonly instanceId: string;
}

/** The party's way to its router. */
export interface Transport {
  /**
   * Takes over one encoded Envelope. `ttlMs` says for how many milliseconds it may wait for an
   * absent receiver. Rejects with kind `io` (`router/peer-offline`) when it will not be delivered.
   */
  send(to: Address, envelope: Uint8Array, options: { readonly ttlMs: number }): Promise<void>;
  /**
   * Sets the one receiver. The adapter acknowledges a delivery to the router when the promise
   * resolves.
   */
  onEnvelope(receive: (from: Address, envelope: Uint8Array) => Promise<void>): void;
  /**
   * Sets what is called after every reconnect. Messages may have been lost, and running attempts
   * ask again for what they miss.
   */
  onReconnect(notice: () => void): void;
}

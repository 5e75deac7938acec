// Port: envelopes out and in, over whatever stream the party keeps to its router. Nothing it says about a sender is
// believed: statements and round messages carry their own signatures.

export interface Address {
  /** A party id, or "coordinator". */
  readonly partyId: string;
  /** Empty: any instance of that party. */
  readonly instanceId: string;
}

export interface Transport {
  /** Takes over one encoded Envelope. Rejects with kind `io` (`router/peer-offline`) when it will not be delivered; `ttlMs`: how long it may wait for an absent receiver. */
  send(to: Address, envelope: Uint8Array, options: { readonly ttlMs: number }): Promise<void>;
  /** Sets the one receiver. The adapter acknowledges a delivery to the router when the promise resolves. */
  onEnvelope(receive: (from: Address, envelope: Uint8Array) => Promise<void>): void;
  /** Called after every reconnect: messages may have been lost, running sessions ask again for what they miss. */
  onReconnect(notice: () => void): void;
}

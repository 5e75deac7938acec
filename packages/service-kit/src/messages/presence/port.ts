// Who is connected, as a port: routers write, coordinators and routers read. An entry that nobody renews is gone after its ttl.

export interface PresenceEntry {
  readonly partyId: string;
  readonly instanceId: string;
  readonly routerId: string;
  /** The stream that put it: a newer stream of the same instance replaces it. */
  readonly streamId: string;
  /** Milliseconds since 1970, by the router's clock: to be shown. */
  readonly connectedAtMs: number;
  /** Load: running sessions, as the party says. */
  readonly sessions: number;
}

export interface Presence {
  /**
   * Puts or renews the entry of (party, instance). False, and nothing is changed, while another stream's entry is there, unless `takeOver`:
   * a stream takes over once, when it opens, so the order of the calls says which one is newer, and no clock.
   */
  put(entry: PresenceEntry, ttlMs: number, options?: { readonly takeOver?: boolean }): Promise<boolean>;
  /** Removes the entry; with `streamId`, only when that stream put it. */
  remove(partyId: string, instanceId: string, streamId?: string): Promise<void>;
  /** The instances of one party that are there now. */
  find(partyId: string): Promise<readonly PresenceEntry[]>;
  list(): Promise<readonly PresenceEntry[]>;
  /** Throws when the store does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

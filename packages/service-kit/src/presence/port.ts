// Who is connected, as a port: routers write, coordinators and routers read. An entry that nobody renews is gone after its ttl.

export interface PresenceEntry {
  readonly partyId: string;
  readonly instanceId: string;
  readonly routerId: string;
  /** The stream that put it: a newer stream of the same instance replaces it. */
  readonly streamId: string;
  /** Milliseconds since 1970. */
  readonly connectedAtMs: number;
  /** Load: running sessions, as the party says. */
  readonly sessions: number;
}

export interface Presence {
  /** Puts or renews the entry of (party, instance). */
  put(entry: PresenceEntry, ttlMs: number): Promise<void>;
  /** Removes the entry; with `streamId`, only when that stream put it. */
  remove(partyId: string, instanceId: string, streamId?: string): Promise<void>;
  /** The instances of one party that are there now. */
  find(partyId: string): Promise<readonly PresenceEntry[]>;
  list(): Promise<readonly PresenceEntry[]>;
  /** Throws when the store does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

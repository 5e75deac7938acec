// The port for presence, which says who is connected. Routers write it, and coordinators and
// routers read it. An entry that nobody renews is gone when its time is over.

export interface PresenceEntry {
  readonly partyId: string;
  readonly instanceId: string;
  readonly routerId: string;
  /** The stream that put the entry. A newer stream of the same instance replaces it. */
  readonly streamId: string;
  /** Milliseconds since 1970 by the router's clock. It is only to be shown. */
  readonly connectedAtMs: number;
  /** The load of the instance: its running sessions, as it says itself. */
  readonly sessions: number;
  /** The serial of the instance's roster, as it says itself. Absent until it has said one. */
  readonly rosterSerial?: string | undefined;
  /** The serial of the router's roster. Absent when the router has not told it. */
  readonly routerRosterSerial?: string | undefined;
}

export interface Presence {
  /**
   * Puts or renews the entry of an instance. While another stream's entry is there, the answer is
   * false and nothing changes, unless the call takes over. A stream takes over once, when it opens,
   * so that the order of the calls says which stream is newer, and no clock does.
   */
  put(entry: PresenceEntry, ttlMs: number, options?: { readonly takeOver?: boolean }): Promise<boolean>;
  /** Removes the entry. With a `streamId` it does so only when that stream has put the entry. */
  remove(partyId: string, instanceId: string, streamId?: string): Promise<void>;
  /** Gives the instances of one party that are there now. */
  find(partyId: string): Promise<readonly PresenceEntry[]>;
  /** Gives the instances of all parties that are there now. */
  list(): Promise<readonly PresenceEntry[]>;
  /** Throws http/unavailable when the store does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

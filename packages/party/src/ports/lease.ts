// Part of the Store port: leases between the instances of one party. No clock decides about them.
// Another instance takes a lease over when it has watched it unchanged for its length on its own
// monotonic clock (src/lease-watch.ts). What the former holder does afterwards is refused by the
// fence.

/**
 * A lease as it was read. It has not been renewed, taken over or dropped while both numbers stay.
 */
export interface LeaseMark {
  /**
   * The number of this holding. It changes at each taking. A store gives out each number once and
   * in ascending order, whatever the lease.
   */
  readonly fence: number;
  /** The number of renewals. It grows by one with each. */
  readonly counter: number;
}

/**
 * One holding of a lease. It is in force while the store has the lease under this fence. Once it is
 * over, it is over for good.
 */
export interface Tenure {
  /** The name of the lease. */
  readonly name: string;
  readonly fence: number;
}

export interface LeaseState extends LeaseMark {
  readonly name: string;
  /** The name of one run of one process. A process that starts anew is another owner. */
  readonly owner: string;
}

export interface LeaseAnswer extends LeaseState {
  /**
   * True when `owner` holds the lease now. False when another one holds it, and then nothing was
   * changed.
   */
  readonly taken: boolean;
}

/** The rules [LE..] stand in test/lease-contract.ts, which runs on every adapter. */
export interface Leases {
  /**
   * Takes a lease that nobody has, renews the owner's own, or takes another's over if it still is
   * what `seen` says. A holder that finds another fence than its last one has lost the lease in
   * between.
   */
  takeLease(name: string, owner: string, seen?: LeaseMark): Promise<LeaseAnswer>;
  /**
   * Deletes a lease if it still is what `seen` says. Gives false when it is not, and then it stays.
   */
  dropLease(name: string, seen: LeaseMark): Promise<boolean>;
  /** Gives the leases whose names start with `prefix`. */
  leases(prefix: string): Promise<readonly LeaseState[]>;
}

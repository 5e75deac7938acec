// Port: time. Every interval and time-out is measured on the monotonic clock, which nobody can set
// back or forward. The wall clock is for statements that carry a time, and for them alone.

/** The two clocks of a process. Times are in milliseconds. */
export interface Clock {
  /** Gives the milliseconds since 1970, by a clock that may be set while the process runs. */
  nowMs(): number;
  /**
   * Gives the milliseconds since some moment of this process. No reading is less than one before
   * it.
   */
  monotonicMs(): number;
  /**
   * Calls `act` once, after `ms` milliseconds on the monotonic clock. Gives a function that cancels
   * the call.
   */
  timer(ms: number, act: () => void): () => void;
}

/** The platform's clocks, which Node and every browser have. */
export const platformClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  timer(ms, act) {
    const handle = setTimeout(act, ms);
    return () => clearTimeout(handle);
  },
};

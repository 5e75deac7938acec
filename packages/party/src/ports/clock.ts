// Port: time. Every interval and time-out is measured on the monotonic clock, which nobody can set back or forward. The wall clock
// is for statements that carry a time, and for them alone.

export interface Clock {
  /** Milliseconds since 1970, by a clock that may be set while the process runs. */
  nowMs(): number;
  /** Milliseconds since some moment of this process, never less than before. */
  monotonicMs(): number;
  /** Calls `act` once after `ms` on the monotonic clock; the result cancels. */
  timer(ms: number, act: () => void): () => void;
}

export const platformClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  timer(ms, act) {
    const handle = setTimeout(act, ms);
    return () => clearTimeout(handle);
  },
};

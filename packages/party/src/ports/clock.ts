// Port: time.

export interface Clock {
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** Calls `act` once after `ms`; the result cancels. */
  timer(ms: number, act: () => void): () => void;
}

export const platformClock: Clock = {
  nowMs: () => Date.now(),
  timer(ms, act) {
    const handle = setTimeout(act, ms);
    return () => clearTimeout(handle);
  },
};

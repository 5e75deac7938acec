// Says how fast frames are read from one stream, by a token bucket. An empty bucket pauses the
// socket, so that a flooding sender is slowed by its own connection and nothing is lost (RT16).

export interface Throttle {
  /** Takes one token and answers as `waitMs` does. */
  take(): number;
  /** Gives for how many milliseconds nothing should be read. 0 when reading may go on. */
  waitMs(): number;
}

export function makeThrottle(perSecond: number, monotonicMs: () => number): Throttle {
  let tokens = perSecond;
  let lastMs = monotonicMs();
  function waitMs(): number {
    const now = monotonicMs();
    tokens = Math.min(perSecond, tokens + ((now - lastMs) * perSecond) / 1_000);
    lastMs = now;
    return tokens >= 1 ? 0 : Math.ceil(((1 - tokens) * 1_000) / perSecond);
  }
  return {
    take() {
      waitMs();
      tokens -= 1;
      return waitMs();
    },
    waitMs,
  };
}

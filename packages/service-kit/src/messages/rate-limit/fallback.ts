// Limits that outlive their store: while the shared one is away, each replica counts for itself, and asks it again after a pause.
import type { RateLimit } from "./port.ts";

const pauseMs = 5_000;

/** `onAway`: the shared store failed, told once per pause. */
export function fallbackRateLimit(
  shared: RateLimit,
  own: RateLimit,
  onAway: (error: unknown) => void = () => {},
  monotonicMs: () => number = () => performance.now(),
): RateLimit {
  let awayUntilMs = 0;
  return {
    async take(key, rule) {
      if (monotonicMs() < awayUntilMs) return own.take(key, rule);
      try {
        return await shared.take(key, rule);
      } catch (error) {
        // Callers in the same moment fail together: one of them says so.
        if (monotonicMs() >= awayUntilMs) onAway(error);
        awayUntilMs = monotonicMs() + pauseMs;
        return own.take(key, rule);
      }
    },
    async close() {
      await Promise.all([shared.close(), own.close()]);
    },
  };
}

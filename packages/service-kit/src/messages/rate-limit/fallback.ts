// Rate limits that outlive their store. While the shared store is away, each replica counts for
// itself, and it asks the store again after a pause.
import type { RateLimit } from "./port.ts";

const pauseMs = 5_000;

/** `onAway` is told once in a pause that the shared store failed. */
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
        // Callers in the same moment fail together, and the first of them says so.
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

// The sliding window in the memory of one process, for embedded mode. The number of keys is
// bounded, and the key that was unused for longest goes first.
import type { RateLimit } from "./port.ts";

export function memoryRateLimit(options: { readonly monotonicMs?: () => number; readonly keysMax?: number } = {}): RateLimit {
  const monotonicMs = options.monotonicMs ?? (() => performance.now());
  const keysMax = options.keysMax ?? 100_000;
  const taken = new Map<string, number[]>();
  return {
    async take(key, { limit, windowMs }) {
      const now = monotonicMs();
      const times = (taken.get(key) ?? []).filter((time) => time > now - windowMs);
      const allowed = times.length < limit;
      if (allowed) times.push(now);
      taken.delete(key);
      taken.set(key, times);
      const oldest = taken.size > keysMax ? taken.keys().next().value : undefined;
      if (oldest !== undefined) taken.delete(oldest);
      const retryAfterMs = allowed ? 0 : Math.max(1, Math.ceil((times[0] ?? now) + windowMs - now));
      let counts = allowed;
      const giveBack = async (): Promise<void> => {
        const held = counts ? (taken.get(key) ?? []) : [];
        counts = false;
        const at = held.indexOf(now);
        if (at >= 0) held.splice(at, 1);
      };
      return { allowed, remaining: Math.max(0, limit - times.length), retryAfterMs, giveBack };
    },
    close: async () => taken.clear(),
  };
}

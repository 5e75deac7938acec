// Revocations in the memory of one process, for embedded mode. Their number is bounded, and beyond
// the bound the oldest are forgotten.
import type { Revocation } from "./port.ts";

export function memoryRevocation(options: { readonly monotonicMs?: () => number; readonly idsMax?: number } = {}): Revocation {
  const monotonicMs = options.monotonicMs ?? (() => performance.now());
  const idsMax = options.idsMax ?? 100_000;
  const untilMs = new Map<string, number>();
  return {
    async revoke(id, ttlMs) {
      if (ttlMs <= 0) return;
      untilMs.delete(id);
      untilMs.set(id, monotonicMs() + ttlMs);
      const oldest = untilMs.size > idsMax ? untilMs.keys().next().value : undefined;
      if (oldest !== undefined) untilMs.delete(oldest);
    },
    isRevoked: async (ids) => ids.some((id) => (untilMs.get(id) ?? 0) > monotonicMs()),
    close: async () => untilMs.clear(),
  };
}

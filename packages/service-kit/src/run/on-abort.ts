// Tells everything that waits for an AbortSignal, through one listener. A signal warns of a leak at
// its eleventh listener, and as many requests as callers like wait for the end of a service.

const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `run` when `signal` aborts, and at once when it has aborted. Returns how to wait no longer.
 */
export function onAbort(signal: AbortSignal, run: () => void): () => void {
  if (signal.aborted) {
    run();
    return () => {};
  }
  const runs = waiting.get(signal) ?? listenOnce(signal);
  // The entry is a function of its own, since the same `run` may wait twice.
  const entry = (): void => run();
  runs.add(entry);
  return () => void runs.delete(entry);
}

function listenOnce(signal: AbortSignal): Set<() => void> {
  const runs = new Set<() => void>();
  waiting.set(signal, runs);
  signal.addEventListener("abort", () => {
    for (const run of runs) run();
    runs.clear();
  });
  return runs;
}

// The end of a service, for everything that waits in it. A signal warns of a leak at its eleventh listener, and as many requests as callers
// like wait for the same one: here a signal has one listener, however many wait.

const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `run` when `signal` aborts, and at once when it has. Returns how to wait no longer. */
export function onAbort(signal: AbortSignal, run: () => void): () => void {
  if (signal.aborted) {
    run();
    return () => {};
  }
  const runs = waiting.get(signal) ?? listenOnce(signal);
  // A function of its own: the same `run` may wait twice.
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

// Limits the log lines that anybody outside can cause as often as they like. The first is written,
// and from then on one in a while, with the number of events that it stands for.

/**
 * Counts an event. Gives how many there were since the last line, this one included, when a line is
 * due, and undefined otherwise. Keys are kept for ever, so they must be of a bounded set.
 */
export type Seldom = (key: string) => number | undefined;

export function makeSeldom(everyMs = 10_000): Seldom {
  const lines = new Map<string, { writtenMs: number; since: number }>();
  return (key) => {
    const now = performance.now();
    const line = lines.get(key) ?? { writtenMs: Number.NEGATIVE_INFINITY, since: 0 };
    lines.set(key, line);
    line.since += 1;
    if (now < line.writtenMs + everyMs) return undefined;
    const times = line.since;
    line.writtenMs = now;
    line.since = 0;
    return times;
  };
}

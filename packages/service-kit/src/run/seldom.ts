// For lines that anybody outside can cause, and as often as they like: the first is written, and then one in a while that says for how many
// it stands.

/** Gives how often it happened since the last line, this time included; undefined: not now. `key`: of a bounded set. */
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

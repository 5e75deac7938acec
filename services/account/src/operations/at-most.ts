// Work of which only so much runs at once. What comes later waits, in its order.

/** Gives a function that runs the work that it gets, at most `max` at once. */
export function atMost(max: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= max) await new Promise<void>((goOn) => waiting.push(goOn));
    else running += 1;
    try {
      return await work();
    } finally {
      // Whoever waits goes on in this one's place.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}

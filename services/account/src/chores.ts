// A chore is something that the service does by itself again and again, one look at a time.

export interface Chore {
  /** Resolves when the first look is over. */
  readonly first: Promise<void>;
  /** Ends the looks. It resolves when the look that is under way is over. */
  readonly stop: () => Promise<void>;
}

/**
 * Looks now, and again so many milliseconds after the look before began, unless that one is still
 * under way. `look` never throws.
 */
export function chore(everyMs: number, look: () => Promise<void>): Chore {
  let busy = true;
  const run = (): Promise<void> => {
    busy = true;
    return look().finally(() => {
      busy = false;
    });
  };
  const first = run();
  let running = first;
  const timer = setInterval(() => {
    if (!busy) running = run();
  }, everyMs);
  return {
    first,
    stop: () => {
      clearInterval(timer);
      return running;
    },
  };
}

// A chore is something that the service does by itself again and again, one look at a time.

export interface Chore {
  /** Resolves when the first look is over. */
  readonly first: Promise<void>;
  /** Ends the looks. It resolves when the look that is under way is over. */
  readonly stop: () => Promise<void>;
}

/**
 * Looks now, or with `later` after so many milliseconds. It looks again so many milliseconds after
 * the look before began, unless that one is still under way. `look` never throws.
 */
export function chore(everyMs: number, look: () => Promise<void>, start: "now" | "later" = "now"): Chore {
  let busy = false;
  const run = (): Promise<void> => {
    busy = true;
    return look().finally(() => {
      busy = false;
    });
  };
  const first = start === "now" ? run() : Promise.resolve();
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

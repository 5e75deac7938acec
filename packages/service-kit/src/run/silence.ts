// Notices that the other end of a connection has gone silent. TCP alone tells nobody when a machine
// or a cable is gone. The time is counted in slices. While this process itself stands still, no
// more than one slice counts, and what has arrived meanwhile is read first.

export interface SilenceWatch {
  /** An answer is expected from now on. Does nothing when one is expected already. */
  arm(): void;
  /** The other end has said something. */
  heard(): void;
  /** No answer is expected any more. */
  disarm(): void;
}

const slices = 8;

/**
 * Calls `onSilent` once an answer was expected for `ms`, or up to an eighth more, and none was
 * heard.
 */
export function watchSilence(ms: number, onSilent: () => void): SilenceWatch {
  let timer: NodeJS.Timeout | undefined;
  let left = slices;
  const next = () => {
    timer = setTimeout(tick, ms / slices);
  };
  function tick(): void {
    left--;
    if (left > 0) {
      next();
      return;
    }
    // What has arrived in the same turn of the event loop is read before this.
    setImmediate(() => {
      if (timer === undefined) return;
      if (left > 0) next();
      else {
        timer = undefined;
        onSilent();
      }
    });
  }
  return {
    arm() {
      if (timer !== undefined) return;
      left = slices;
      next();
    },
    heard() {
      left = slices;
    },
    disarm() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}

/**
 * Gives what `work` resolves to. Throws what `lateError` makes when that takes longer than `ms`.
 * The work itself goes on.
 */
export async function within<T>(ms: number, work: Promise<T>, lateError: () => Error): Promise<T> {
  let watch: SilenceWatch | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    watch = watchSilence(ms, () => reject(lateError()));
    watch.arm();
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    watch?.disarm();
  }
}

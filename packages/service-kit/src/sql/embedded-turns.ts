// Lets the event loop turn while PGlite has queries waiting. PGlite answers within the promise
// queue, and so does everything that waits for it, so that otherwise neither a timer nor a socket
// gets its turn.
import { setImmediate as breathe } from "node:timers/promises";

const callsMax = 6;
const msMax = 5;

/** Must be awaited before each call of PGlite. */
export type Turn = () => Promise<void>;

/** The event loop turns after at most `callsMax` calls, or after `msMax` milliseconds. */
export function takeTurns(): Turn {
  let calls = 0;
  let sinceMs = performance.now();
  return async () => {
    if (++calls < callsMax && performance.now() - sinceMs < msMax) return;
    await breathe();
    calls = 0;
    sinceMs = performance.now();
  };
}

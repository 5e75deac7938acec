// Lets the event loop turn while PGlite has queries waiting. PGlite answers within the promise
// queue, and so does everything that waits for it, so that otherwise neither a timer nor a socket
// gets its turn.
import { setImmediate as breathe } from "node:timers/promises";
import type { PGlite } from "@electric-sql/pglite";

const callsMax = 32;
const msMax = 5;

/**
 * Alters `pglite`. From now on the event loop turns after at most `callsMax` protocol messages, or
 * after `msMax` milliseconds.
 */
export function letOthersIn(pglite: Pick<PGlite, "execProtocolStream">): void {
  const exec = pglite.execProtocolStream.bind(pglite);
  let calls = 0;
  let sinceMs = performance.now();
  pglite.execProtocolStream = async (...message) => {
    if (++calls >= callsMax || performance.now() - sinceMs >= msMax) {
      await breathe();
      calls = 0;
      sinceMs = performance.now();
    }
    return exec(...message);
  };
}

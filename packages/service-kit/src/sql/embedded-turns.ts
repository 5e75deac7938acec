// PGlite answers within the promise queue, and so does everything that waits for it: as long as queries are waiting, neither a timer nor a
// socket gets its turn. Between queries the event loop is let in.
import { setImmediate as breathe } from "node:timers/promises";
import type { PGlite } from "@electric-sql/pglite";

const callsMax = 32;
const msMax = 5;

/** Alters `pglite`: at most so many protocol messages, or so long, between two turns of the event loop. */
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

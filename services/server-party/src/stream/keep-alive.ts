// A ping each time, and no sign of life after two of them means that the other end is dead: TCP alone may take hours to notice. One is too
// few: a machine that stalls for a moment comes back with the timer before the answer that has long been there.
import type { Clock } from "@covault/party";
import type { WebSocket } from "ws";

const silentMax = 2;

/** `beat`: done each time, before the wait. Returns how to stop. */
export function keepAlive(socket: WebSocket, clock: Clock, everyMs: number, beat: () => void): () => void {
  let silent = 0;
  let cancel = (): void => {};
  const alive = (): void => {
    silent = 0;
  };
  for (const sign of ["pong", "ping", "message"] as const) socket.on(sign, alive);
  const tick = (): void => {
    if (silent >= silentMax) {
      socket.terminate();
      return;
    }
    silent++;
    socket.ping();
    beat();
    cancel = clock.timer(everyMs, tick);
  };
  tick();
  return () => {
    cancel();
    for (const sign of ["pong", "ping", "message"] as const) socket.off(sign, alive);
  };
}

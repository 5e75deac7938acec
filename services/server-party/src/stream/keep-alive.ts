// A ping each time, and no sign of life since the one before means that the other end is dead: TCP alone may take hours to notice.
import type { Clock } from "@covault/party";
import type { WebSocket } from "ws";

/** `beat`: done each time, before the wait. Returns how to stop. */
export function keepAlive(socket: WebSocket, clock: Clock, everyMs: number, beat: () => void): () => void {
  let heard = true;
  let cancel = (): void => {};
  const alive = (): void => {
    heard = true;
  };
  for (const sign of ["pong", "ping", "message"] as const) socket.on(sign, alive);
  const tick = (): void => {
    if (!heard) {
      socket.terminate();
      return;
    }
    heard = false;
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

// A Heartbeat goes out at each interval, and the router answers it. When two of them have brought
// no sign of life, the other end is dead. TCP alone may take hours to notice. One Heartbeat is too
// few: after a moment's stall of the machine, the timer comes before the answer that has long been
// there.
import type { Clock } from "@covault/party";

const silentMax = 2;

export interface KeepAlive {
  /** Notes that the other end has shown a sign of life. */
  heard(): void;
  stop(): void;
}

/** Sends Heartbeats with `beat`, at once and then each `everyMs`. `dead` is called at most once. */
export function keepAlive(clock: Clock, everyMs: number, beat: () => void, dead: () => void): KeepAlive {
  let silent = 0;
  let cancel = (): void => {};
  const tick = (): void => {
    if (silent >= silentMax) {
      dead();
      return;
    }
    silent++;
    beat();
    cancel = clock.timer(everyMs, tick);
  };
  tick();
  return {
    heard() {
      silent = 0;
    },
    stop: () => cancel(),
  };
}

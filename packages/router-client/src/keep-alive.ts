// A Heartbeat each time, which the router answers, and no sign of life after two of them means that
// the other end is dead: TCP alone may take hours to notice. One is too few: a machine that stalls
// for a moment comes back with the timer before the answer that has long been there.
import type { Clock } from "@covault/party";

const silentMax = 2;

export interface KeepAlive {
  /** The other end has shown a sign of life. */
  heard(): void;
  stop(): void;
}

/** `beat` sends the Heartbeat, at once and then each `everyMs`; `dead` is called at most once. */
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

// How long to wait before the next try. The time doubles from `firstMs` to `lastMs`. Its upper half
// is random, so that a router that comes back is not met by all parties in one instant.
import type { Clock } from "@covault/party";
import { closeCodes } from "./close-codes.ts";

export interface BackOff {
  /** The pause after the first failure, in milliseconds. */
  readonly firstMs: number;
  /** The longest pause, in milliseconds. */
  readonly lastMs: number;
}

/**
 * Gives how long to wait, in milliseconds. `failures` is the number of tries that failed in a row,
 * from 1. `random` is 0 to 1.
 */
export function waitMs({ firstMs, lastMs }: BackOff, failures: number, random: number): number {
  const full = Math.min(lastMs, firstMs * 2 ** Math.min(failures - 1, 20));
  return Math.round(full / 2 + (full / 2) * random);
}

export interface BackOffs {
  /** The pauses after a stream was lost, or could not be opened. */
  readonly lost: BackOff;
  /**
   * The pauses after another process took the place of this one. It runs under this instance id, or
   * somebody on the way says so. To come back at once would throw the other process out.
   */
  readonly replaced: BackOff;
}

export const defaultBackOffs: BackOffs = {
  lost: { firstMs: 200, lastMs: 10_000 },
  replaced: { firstMs: 5_000, lastMs: 60_000 },
};

/**
 * Counts losses of each sort. They are forgotten once a stream has stood for the longest pause of
 * their sort, and not when it opens.
 */
export class Losses {
  readonly #clock: Clock;
  readonly #backOffs: BackOffs;
  readonly #counts = { lost: 0, replaced: 0 };
  #cancels: (() => void)[] = [];

  constructor(clock: Clock, backOffs: BackOffs) {
    this.#clock = clock;
    this.#backOffs = backOffs;
  }

  /** Notes that the stream has ended with this code. Gives how long to wait, in milliseconds. */
  add(code: number, random: number): number {
    this.stop();
    const sort = code === closeCodes.replaced ? "replaced" : "lost";
    this.#counts[sort] += 1;
    return waitMs(this.#backOffs[sort], this.#counts[sort], random);
  }

  opened(): void {
    this.#cancels = (["lost", "replaced"] as const).map((sort) =>
      this.#clock.timer(this.#backOffs[sort].lastMs, () => {
        this.#counts[sort] = 0;
      }),
    );
  }

  stop(): void {
    for (const cancel of this.#cancels.splice(0)) cancel();
  }
}

// Runs at most so many pieces of work at once for one key, in the order in which they came.
import { CovaultError } from "@covault/errors";

interface Lane {
  running: number;
  readonly waiting: (() => void)[];
}

/**
 * Runs `work` when its turn comes. Throws http/unavailable when it does not come within `waitMs`.
 */
export type RunInLane = <T>(key: string, work: () => Promise<T>) => Promise<T>;

export function makeLanes(width: number, waitMs: number): RunInLane {
  const lanes = new Map<string, Lane>();

  function turn(lane: Lane): Promise<void> {
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        lane.waiting.splice(lane.waiting.indexOf(begin), 1);
        reject(new CovaultError("http/unavailable", `This request has waited ${waitMs} ms for others from its address, and is given up.`));
      }, waitMs);
      lane.waiting.push(begin);
    });
  }

  return async (key, work) => {
    const lane = lanes.get(key) ?? { running: 0, waiting: [] };
    lanes.set(key, lane);
    if (lane.running < width) lane.running++;
    // Work that ends hands its place on, so `running` stays as it is.
    else await turn(lane);
    try {
      return await work();
    } finally {
      const next = lane.waiting.shift();
      if (next !== undefined) next();
      else if (--lane.running === 0) lanes.delete(key);
    }
  };
}

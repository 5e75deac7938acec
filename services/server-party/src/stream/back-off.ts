// How long to wait before the next try: doubling from `firstMs` to `lastMs`, the upper half of it at random, so that a router that comes
// back is not met by all parties in one instant.

export interface BackOff {
  readonly firstMs: number;
  readonly lastMs: number;
}

/** `failures`: tries that failed in a row, from 1. `random`: 0 to 1. */
export function waitMs({ firstMs, lastMs }: BackOff, failures: number, random: number): number {
  const full = Math.min(lastMs, firstMs * 2 ** Math.min(failures - 1, 20));
  return Math.round(full / 2 + (full / 2) * random);
}

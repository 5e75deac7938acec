// This file carries words that are held in doubles, without a comparison that an engine could make
// a branch of.

/** Gives floor(sum / 2^32), for 0 <= sum < 2^53. */
export function carryOf(sum: number): number {
  return Math.floor(sum * 2 ** -32);
}

/** Gives 1 if the difference, above -2^33, is negative, else 0. */
export function borrowOf(difference: number): number {
  return Math.floor(difference * 2 ** -32) & 1;
}

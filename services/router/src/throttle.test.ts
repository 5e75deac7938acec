import { expect, it } from "vitest";
import { makeThrottle } from "./throttle.ts";

it("lets a burst of a second through at once, then as many a second as the rate", () => {
  let now = 0;
  const throttle = makeThrottle(10, () => now);
  const waits = Array.from({ length: 14 }, () => throttle.take());
  expect(waits.slice(0, 9)).toEqual(Array<number>(9).fill(0));
  expect(waits.slice(9)).toEqual([100, 200, 300, 400, 500]);
  now += 500;
  expect(throttle.waitMs()).toBe(0);
  now += 60_000;
  expect(Array.from({ length: 10 }, () => throttle.take()).at(-1)).toBe(100);
});

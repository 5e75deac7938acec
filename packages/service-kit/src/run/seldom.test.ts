import { afterEach, expect, it, vi } from "vitest";
import { makeSeldom } from "./seldom.ts";

afterEach(() => void vi.useRealTimers());

it("lets the first of each sort through at once, then one in a while, and counts the others", () => {
  vi.useFakeTimers();
  const seldom = makeSeldom(1_000);
  expect([seldom("a"), seldom("a"), seldom("b"), seldom("a")]).toEqual([1, undefined, 1, undefined]);
  vi.advanceTimersByTime(1_000);
  expect([seldom("a"), seldom("a"), seldom("b")]).toEqual([3, undefined, 1]);
});

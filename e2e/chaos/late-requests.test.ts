// The bound that the chaos run holds requests to must be as strict as the promise. Otherwise the
// run proves nothing.
import { expect, it } from "vitest";
import { lateRequests, type Met } from "./late-requests.ts";

const silence = (beganAtMs: number): Met => ({ fault: "silence", lasts: false, beganAtMs, overAtMs: beganAtMs, healedMs: 12_000 });
const standing = (beganAtMs: number, overAtMs: number): Met => ({
  fault: "stand still",
  lasts: true,
  beganAtMs,
  overAtMs,
  healedMs: 1_000,
});

/** Gives the bound of a late request between ordinary ones of a second. */
function boundMs(atMs: number, ms: number, happened: readonly Met[]): number | undefined {
  const asked = [atMs, 100_000, 110_000].map((at, index) => ({ atMs: at, ms: index === 0 ? ms : 1_000, end: "result" }));
  return lateRequests([{ kind: "sign", asked }], happened)[0]?.boundMs;
}

it("one fault that is over at once: 10 s in all, whenever in the request it happened", () => {
  expect(boundMs(0, 10_000, [silence(500)])).toBeUndefined();
  for (const beganAtMs of [-1_000, 0, 9_000]) expect(boundMs(0, 10_001, [silence(beganAtMs)])).toBe(10_000);
});

it("a request that meets another fault has 10 s from there on", () => {
  expect(boundMs(0, 15_000, [silence(-1_000), silence(4_000)])).toBe(14_000);
  expect(boundMs(0, 15_000, [silence(4_000), silence(30_000)])).toBe(10_000);
});

it("while somebody stands still, the time does not count, and what waits for the end may begin anew then", () => {
  expect(boundMs(0, 15_000, [standing(1_000, 4_000)])).toBe(13_000 + 1_000);
  expect(boundMs(0, 15_000, [standing(-5_000, 4_000)])).toBe(14_000 + 1_000);
});

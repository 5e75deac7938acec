import { setTimeout as pause } from "node:timers/promises";
import { expect, it } from "vitest";
import { watchSilence, within } from "./silence.ts";

it("tells a silence once, and only while an answer is expected", async () => {
  let told = 0;
  const watch = watchSilence(20, () => told++);
  await pause(60);
  expect(told).toBe(0);
  watch.arm();
  await pause(80);
  expect(told).toBe(1);
  watch.arm();
  watch.disarm();
  await pause(60);
  expect(told).toBe(1);
});

it("time in which this process itself stood still is no silence of the other", async () => {
  let told = 0;
  const watch = watchSilence(40, () => told++);
  watch.arm();
  // From within, a process that was stopped finds its clock moved and every timer overdue.
  const until = performance.now() + 200;
  while (performance.now() < until);
  await pause(0);
  expect(told).toBe(0);
  watch.heard();
  watch.disarm();
});

it("gives the work's result, its error, or the late error", async () => {
  const late = () => new Error("late");
  expect(await within(1_000, Promise.resolve(1), late)).toBe(1);
  await expect(within(1_000, Promise.reject(new Error("own")), late)).rejects.toThrow("own");
  await expect(within(10, new Promise(() => {}), late)).rejects.toThrow("late");
});

import { expect, it } from "vitest";
import { at, opened, signPlan, t0 } from "../test/given.ts";
import { fold } from "./session/evolve.ts";
import { initialState } from "./session/state.ts";
import { sessionClock } from "./session-clock.ts";

const open = fold([opened(signPlan)]);

it("begins with the wall clock's time and goes on by the monotonic one, however the wall clock is set", () => {
  let [wall, passed] = [t0, 0];
  const clock = sessionClock(
    () => wall,
    () => passed,
  );
  expect(clock.nowMs("s", initialState)).toBe(t0);
  clock.saw("s", open);
  for (const stepMs of [-3_600_000, -300_000, 300_000, 3_600_000]) {
    wall += stepMs;
    passed += 1_000;
    expect(clock.nowMs("s", open)).toBe(open.updatedAtMs + passed);
  }
});

it("counts from the moment at which an event was first seen here, and not while nobody looked", () => {
  let passed = 0;
  const clock = sessionClock(
    () => t0,
    () => passed,
  );
  clock.saw("s", open);
  passed = 5_000;
  const next = fold([at(9_000, "AttemptFailed", { attempt: 1, code: "x/y", silent: [], disputes: [], retryAtMs: t0 })], open);
  expect(clock.nowMs("s", next)).toBe(next.updatedAtMs);
  passed = 6_000;
  expect(clock.nowMs("s", next)).toBe(next.updatedAtMs + 1_000);
});

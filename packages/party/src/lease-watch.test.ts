import { FakeClock, memoryStore } from "@covault/testkit";
import { describe, expect, it } from "vitest";
import { LeaseWatch } from "./lease-watch.ts";
import type { LeaseAnswer } from "./ports/lease.ts";

const lengthMs = 6_000;

function twoProcesses() {
  const clock = new FakeClock();
  const store = memoryStore();
  const processOf = (owner: string) => {
    const watch = new LeaseWatch(clock, lengthMs);
    return () => watch.take(store, "generation", owner);
  };
  return { clock, a: processOf("run-a"), b: processOf("run-b") };
}

/** Takes `looks` looks, each `everyMs` after the one before, and gives the last answer. */
async function repeat(looks: number, everyMs: number, clock: FakeClock, take: () => Promise<LeaseAnswer>): Promise<LeaseAnswer> {
  let answer = await take();
  for (let look = 1; look < looks; look++) {
    clock.advance(everyMs);
    answer = await take();
  }
  return answer;
}

describe("LeaseWatch", () => {
  it("takes a lease over after its length without a renewal, and the former holder finds another fence", async () => {
    const { clock, a, b } = twoProcesses();
    const first = await a();
    expect(await repeat(4, 2_000, clock, b)).toEqual({ ...first, taken: false });
    clock.advance(2_000);
    const over = await b();
    expect(over).toMatchObject({ owner: "run-b", taken: true });
    expect(over.fence).toBeGreaterThan(first.fence);
    expect(await a()).toEqual({ ...over, taken: false });
  });

  it("never takes over what is renewed, however long it watches", async () => {
    const { clock, a, b } = twoProcesses();
    const first = await a();
    for (let look = 0; look < 20; look++) {
      clock.advance(2_000);
      await a();
      expect(await b()).toMatchObject({ owner: "run-a", fence: first.fence, taken: false });
    }
  });

  it.each([-3_600_000, -300_000, 300_000, 3_600_000])("does not care when the wall clock is set by %i ms", async (stepMs) => {
    const { clock, a, b } = twoProcesses();
    await a();
    await b();
    clock.step(stepMs);
    expect(await repeat(3, 2_000, clock, b)).toMatchObject({ owner: "run-a", taken: false });
    expect(await repeat(3, 2_000, clock, b)).toMatchObject({ owner: "run-b", taken: true });
  });

  it("starts to watch anew after a pause of its own, in which the others may have paused as well", async () => {
    const { clock, a, b } = twoProcesses();
    await a();
    await b();
    clock.advance(3_600_000);
    expect(await b()).toMatchObject({ owner: "run-a", taken: false });
    expect(await a()).toMatchObject({ owner: "run-a", taken: true });
    expect(await b()).toMatchObject({ owner: "run-a", taken: false });
  });
});

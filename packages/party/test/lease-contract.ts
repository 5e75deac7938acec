// What every adapter promises of leases, as one suite. Each title starts with its rule's id.
import { describe, expect, it } from "vitest";
import type { LeaseMark, Leases } from "../src/ports/lease.ts";

/** `makeStore` gives an empty store each time. */
export function leaseContract(name: string, makeStore: () => Promise<Leases>): void {
  describe(`leases: ${name}`, () => {
    it("[LE1] gives a lease that nobody has to the first who asks, and renews it for that one alone", async () => {
      const store = await makeStore();
      const first = await store.takeLease("instance/a", "run-1");
      expect(first).toMatchObject({ name: "instance/a", owner: "run-1", taken: true });
      expect(await store.takeLease("instance/a", "run-2")).toEqual({ ...first, taken: false });
      expect(await store.takeLease("instance/a", "run-1")).toEqual({ ...first, counter: first.counter + 1 });
      expect(await store.takeLease("instance/b", "run-2")).toMatchObject({ owner: "run-2", taken: true });
    });

    it("[LE2] is taken over by whoever names its present fence and counter, and by nobody who names former ones", async () => {
      const store = await makeStore();
      const first = await store.takeLease("generation", "run-1");
      const renewed = await store.takeLease("generation", "run-1");
      expect(await store.takeLease("generation", "run-2", first)).toEqual({ ...renewed, taken: false });
      expect(await store.takeLease("generation", "run-2", { ...renewed, fence: renewed.fence + 1 })).toMatchObject({ taken: false });
      const over = await store.takeLease("generation", "run-2", renewed);
      expect(over).toMatchObject({ owner: "run-2", taken: true });
      expect(over.fence).toBeGreaterThan(renewed.fence);
      expect(await store.takeLease("generation", "run-1")).toEqual({ ...over, taken: false });
    });

    it("[LE3] drops a lease that is unchanged, keeps one that has changed, and never gives a fence twice", async () => {
      const store = await makeStore();
      const first = await store.takeLease("instance/a", "run-1");
      const renewed = await store.takeLease("instance/a", "run-1");
      expect(await store.dropLease("instance/a", first)).toBe(false);
      expect(await store.dropLease("instance/a", renewed)).toBe(true);
      expect(await store.dropLease("instance/a", renewed)).toBe(false);
      const again = await store.takeLease("instance/a", "run-1");
      expect(again.fence).toBeGreaterThan(renewed.fence);
    });

    it("[LE4] lists the leases whose names start alike", async () => {
      const store = await makeStore();
      expect(await store.leases("instance/")).toEqual([]);
      const { taken: _, ...state } = await store.takeLease("instance/a_1", "run-1");
      await store.takeLease("generation", "run-1");
      await store.takeLease("instancexa", "run-1");
      expect(await store.leases("instance/")).toEqual([state]);
      expect(await store.leases("instance/a%")).toEqual([]);
    });

    it("[LE5] of many that take one lease at once exactly one has it", async () => {
      const store = await makeStore();
      const owners = Array.from({ length: 12 }, (_, k) => `run-${k}`);
      const takers = async (seen?: LeaseMark) =>
        (await Promise.all(owners.map((owner) => store.takeLease("generation", owner, seen)))).filter(({ taken }) => taken);
      const [first, ...others] = await takers();
      expect(others).toEqual([]);
      await store.takeLease("generation", "run-before", first);
      const [state] = await store.leases("generation");
      expect(await takers(state)).toHaveLength(1);
    });
  });
}

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { at, given, opened, running, said, signPlan, started, t0, world } from "../../test/given.ts";
import { pairKey, pairOf } from "./events.ts";
import { fold } from "./evolve.ts";
import type { Plan } from "./plan.ts";
import { chooseQuorum } from "./quorum.ts";
import { initialState } from "./state.ts";

const plan = (n: number, threshold: number, required: string[] = []): Plan => ({
  ...signPlan,
  threshold,
  required,
  seats: Array.from({ length: n }, (_, at_) => ({ partyId: `p${at_ + 1}`, shareIndex: at_ + 1, idpk: "" })),
});
const present = (...indices: number[]) => indices.map((index) => ({ partyId: `p${index}`, instanceId: `p${index}-a`, load: 0 }));
const indicesOf = (choice: ReturnType<typeof chooseQuorum>) =>
  "members" in choice ? choice.members.map((seat) => seat.shareIndex) : choice;

describe("choosing a quorum", () => {
  it("[CO9] takes the caller's order and answers in ascending share index", () => {
    const preferred: Plan = { ...signPlan, seats: [...signPlan.seats].reverse() };
    expect(indicesOf(chooseQuorum(preferred, initialState, world()))).toEqual([2, 3]);
  });
  it("[CO9] always takes the required ones", () => {
    expect(indicesOf(chooseQuorum(plan(4, 2, ["p4"]), initialState, world({ present: present(1, 2, 3, 4) })))).toEqual([1, 4]);
    expect(chooseQuorum(plan(3, 2, ["p3"]), initialState, world({ present: present(1, 2) }))).toEqual({ missing: ["p3"] });
  });
  it("[CO11] fails when two required ones are burned together, whoever is present", () => {
    const choice = chooseQuorum(plan(3, 2, ["p1", "p2"]), initialState, world({ burns: [[1, 2]] }));
    expect(choice).toEqual({ impossible: "burned", parties: ["p1", "p2"] });
  });
  it("[CO12] avoids the silent, and keeps accuser and accused apart", () => {
    const silent = at(0, "AttemptFailed", { attempt: 1, code: "coordinator/no-progress", silent: ["p1"], disputes: [], retryAtMs: t0 });
    given(...running(signPlan, 1, [1, 2]), silent)
      .when("Tick", {})
      .thenHas("AttemptStarted", {
        members: [
          { partyId: "p2", shareIndex: 2 },
          { partyId: "p3", shareIndex: 3 },
        ],
      });
    // p1 accuses p2, then p3. The quorum without p1 is next, although p1 accused both.
    const accuse = (attempt: number, culprit: number) => [
      at(0, "Aborted", { ...said(attempt, 1), round: 1, code: "mpc/bad-message", culprits: [culprit], consequence: "retry", burned: [] }),
      at(0, "AttemptFailed", { attempt, code: "mpc/bad-message", silent: [], disputes: [pairOf(1, culprit)], retryAtMs: t0 }),
    ];
    const liar = fold([opened(signPlan), started(1, [1, 2]), ...accuse(1, 2), started(2, [1, 3]), ...accuse(2, 3)]);
    expect(indicesOf(chooseQuorum(signPlan, liar, world()))).toEqual([2, 3]);
  });
  it("[CO12] takes of equally suspected parties those that have nothing between them", () => {
    const state = { ...initialState, suspicion: { byParty: {}, silent: {}, byPair: { "1-2": 2, "3-4": 2 } } };
    expect(indicesOf(chooseQuorum(plan(5, 3), state, world({ present: present(1, 2, 3, 4, 5) })))).toEqual([1, 3, 5]);
  });
  it("[CO12] takes suspects all the same when there is no other quorum", () => {
    const state = { ...initialState, suspicion: { byParty: { p1: 4 }, silent: { p2: 2 }, byPair: { "1-2": 6 } } };
    expect(indicesOf(chooseQuorum(plan(2, 2), state, world({ present: present(1, 2) })))).toEqual([1, 2]);
  });
  it("[CO12] gives another quorum its turn when nobody was named", () => {
    const nobody = at(0, "AttemptFailed", { attempt: 1, code: "coordinator/no-progress", silent: [], disputes: [], retryAtMs: t0 });
    given(...running(signPlan, 1, [1, 2]), nobody)
      .when("Tick", {})
      .thenHas("AttemptStarted", {
        members: [
          { partyId: "p1", shareIndex: 1 },
          { partyId: "p3", shareIndex: 3 },
        ],
      });
  });
  it("[CO15] takes the preferred unless it is much busier, by its least busy instance", () => {
    const busy = (load: number) => [{ partyId: "p1", instanceId: "p1-a", load }, ...present(2, 3)];
    expect(indicesOf(chooseQuorum(signPlan, initialState, world({ present: busy(31) })))).toEqual([1, 2]);
    expect(indicesOf(chooseQuorum(signPlan, initialState, world({ present: busy(32) })))).toEqual([2, 3]);
    expect(indicesOf(chooseQuorum(signPlan, initialState, world({ present: [...busy(90), ...present(1)] })))).toEqual([1, 2]);
  });
  it("[CO9] any choice has t present members, all required ones and no burned pair, the least blame within it, and one is found whenever one exists", () => {
    const index = fc.integer({ min: 1, max: 7 });
    const cases = fc.record({
      t: fc.integer({ min: 2, max: 7 }),
      required: fc.uniqueArray(index, { maxLength: 2 }),
      there: fc.uniqueArray(index),
      burns: fc.array(
        fc.tuple(index, index).filter(([a, b]) => a !== b),
        { maxLength: 8 },
      ),
      accused: fc.array(
        fc.tuple(index, index).filter(([a, b]) => a !== b),
        { maxLength: 4 },
      ),
    });
    fc.assert(
      fc.property(cases, ({ t, required, there, burns, accused }) => {
        fc.pre(required.length <= t);
        const pairs = burns.map(([a, b]) => pairOf(a, b));
        const byPair = Object.fromEntries(accused.map(([a, b]) => [pairKey(pairOf(a, b)), 2]));
        const state = { ...initialState, suspicion: { byParty: {}, silent: {}, byPair } };
        const names = required.map((one) => `p${one}`);
        const choice = chooseQuorum(plan(7, t, names), state, world({ present: present(...there), burns: pairs }));
        const fits = (set: number[]) =>
          set.length === t && required.every((one) => set.includes(one)) && !pairs.some(([a, b]) => set.includes(a) && set.includes(b));
        const subsets = (of: number[]) =>
          Array.from({ length: 2 ** of.length }, (_, mask) => of.filter((_one, bit) => (mask >> bit) & 1)).filter(fits);
        if ("members" in choice) {
          const chosen = choice.members.map((seat) => seat.shareIndex);
          expect(fits(chosen) && chosen.every((one) => there.includes(one))).toBe(true);
          const blame = (set: number[]) =>
            accused.filter(([a, b]) => set.includes(a) && set.includes(b)).map(([a, b]) => pairKey(pairOf(a, b)));
          const least = Math.min(...subsets(there).map((set) => new Set(blame(set)).size));
          expect(new Set(blame(chosen)).size).toBe(least);
        } else {
          expect(subsets(there)).toEqual([]);
          expect("missing" in choice).toBe(subsets([1, 2, 3, 4, 5, 6, 7]).length > 0);
        }
      }),
      { numRuns: 300 },
    );
  });
  it("[CO9] finds a 10-of-20 quorum among accusations and burns within a moment", () => {
    const all = Array.from({ length: 20 }, (_, at_) => at_ + 1);
    const burns = all.slice(0, 10).map((one) => pairOf(one, one + 10));
    const byPair = Object.fromEntries(all.slice(0, 8).map((one) => [pairKey(pairOf(one, one + 1)), 2]));
    const state = { ...initialState, suspicion: { byParty: {}, silent: {}, byPair } };
    // The time of the processor, which a busy machine does not change.
    const begun = process.cpuUsage();
    const choice = chooseQuorum(plan(20, 10), state, world({ present: present(...all), burns }));
    expect("members" in choice && choice.members.length).toBe(10);
    expect(process.cpuUsage(begun).user).toBeLessThan(1_000_000);
  });
});

// What a batch computes does not tell in how many items a sender has bet right (dkls23-spec 6.4,
// rule 3): the multiplications of points that follow the check of the multiplication are counted.
import { expect, it, vi } from "vitest";
import { bytesFrom, errorOf, idx, makeKey, runSession, signBatchMachines, type Tamper } from "./simulation.ts";

const work = { multiplications: 0 };
vi.mock("../src/kernel/point.ts", async (original) => {
  const point = await original<typeof import("../src/kernel/point.ts")>();
  const counted = <A extends unknown[], B>(act: (...given: A) => B) => {
    return (...given: A): B => {
      work.multiplications++;
      return act(...given);
    };
  };
  return { ...point, mulBase: counted(point.mulBase), mulMany: counted(point.mulMany) };
});

const signers = [1, 2, 3].map(idx);
const count = 3;

it("a batch makes as many multiplications of points, in however many items a sender has bet wrong, and in whichever", () => {
  const shares = makeKey(signers, 3, "batch-work");
  const items = Array.from({ length: count }, () => ({ digest: bytesFrom("digest"), tweak: new Uint8Array(32) }));
  /** Counts those that party 1 makes of round 2 when party 2 has lost these bets. */
  const workOf = (lost: readonly number[]): number => {
    const machines = signBatchMachines(shares, { signers, items, seed: "batch-work" });
    // The last byte of an item is that of mu.
    const tamper: Tamper = ({ round, from, to }, body) => {
      if (round !== 2 || to !== 1) return body;
      if (from === 2) for (const item of lost) body[(body.length / count) * (item + 1) - 1]! ^= 1;
      return body;
    };
    const machine = machines.get(idx(1));
    if (machine === undefined) throw new Error("party 1 signs");
    const deliver = machine.deliver.bind(machine);
    let made = 0;
    machine.deliver = (inbox, entropy) => {
      const before = work.multiplications;
      try {
        return deliver(inbox, entropy);
      } finally {
        made = work.multiplications - before;
      }
    };
    expect(errorOf(runSession(machines, { seed: "batch-work", tamper }), idx(1))?.code).toBe("mpc/mul-check-failed");
    return made;
  };
  // For each of 2 partners and 3 items: chi R and chi pk together, and both shares.
  expect([[0], [2], [0, 1], [0, 1, 2]].map(workOf)).toEqual([18, 18, 18, 18]);
});

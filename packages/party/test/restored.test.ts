// The counter in the store and the record outside. No crash of any replica looks like a restore,
// and every restore that can be seen is seen.
import { memoryGeneration, memoryStore } from "@covault/testkit";
import { expect, it } from "vitest";
import type { StoreRecord } from "../src/ports/generation.ts";
import { RestoreWatch } from "../src/restored.ts";
import { emptyWorld, inAllOrders, type Picture, type Program, type World } from "./all-orders.ts";
import { generationContract } from "./generation-contract.ts";

const memory = new Map<string, ReturnType<typeof memoryGeneration>>();
generationContract("memory", async (partyId) => {
  const port = memory.get(partyId) ?? memoryGeneration();
  memory.set(partyId, port);
  return port;
});

const start: Program = async (watch, served) => {
  await watch.move();
  served();
};
const startAndTick: Program = async (watch, served) => {
  await watch.move();
  served();
  await watch.tick();
};
const startAndMove: Program = async (watch, served) => {
  await watch.move();
  served();
  await watch.move();
};
const neverMarked = ({ marks, generation, recorded }: Picture): void => {
  expect(marks).toBe(0);
  if (recorded === undefined) expect(generation).toBe(0);
  else expect([0, 1]).toContain(generation - recorded);
};

it.each([
  ["start", [start, start], 1],
  ["start, look by the clock and move", [startAndTick, startAndMove], 0],
] as const)(
  "two replicas that %s, in every order and killed anywhere, never take each other's steps for a restore",
  async (_, programs, kills) => {
    const states = await inAllOrders(emptyWorld, programs, kills, neverMarked);
    expect(states).toBeGreaterThan(1_000);
  },
);

/** A store that one party has moved on, and what stood there after each step of its moves. */
async function history(moves: number) {
  const store = memoryStore();
  const outside = memoryGeneration();
  const steps: { store: typeof store; record: StoreRecord | undefined; ended: number }[] = [];
  let ended = 0;
  const keep = (): void => void steps.push({ store: store.copy(), record: outside.record, ended });
  const kept = <T extends object>(port: T): T =>
    new Proxy(port, {
      get:
        (target, name) =>
        async (...args: unknown[]) => {
          const answer = await (Reflect.get(target, name) as (...args: unknown[]) => unknown).apply(target, args);
          keep();
          return answer;
        },
    });
  keep();
  const clock = { nowMs: () => 0 } as ConstructorParameters<typeof RestoreWatch>[0]["clock"];
  const watch = new RestoreWatch({ store: kept(store), clock }, kept(outside), () => {});
  for (let k = 0; k < moves; k++) {
    await watch.move();
    ended += 1;
    keep();
  }
  return steps;
}
/** How often the store is marked by a start on it. */
async function marksAfterStart(store: ReturnType<typeof memoryStore>, record: StoreRecord | undefined): Promise<number> {
  const before = (await store.standing()).marks;
  const clock = { nowMs: () => 0 } as ConstructorParameters<typeof RestoreWatch>[0]["clock"];
  await new RestoreWatch({ store, clock }, memoryGeneration(record), () => {}).move();
  return (await store.standing()).marks - before;
}

it("a store brought back to any moment is marked when a move has ended since, and always when its identity is another one", async () => {
  const steps = await history(4);
  let seen = 0;
  for (const [at, backup] of steps.entries())
    for (const now of steps.slice(at)) {
      // A move that was under way when the backup was made counts for nothing. One that began and
      // ended since does count.
      const moved = (now.record?.generation ?? 0) > (await backup.store.standing()).generation;
      expect(await marksAfterStart(backup.store.copy(), now.record)).toBe(moved ? 1 : 0);
      if (now.ended >= backup.ended + 2) expect(moved).toBe(true);
      if (now.record !== undefined) expect(await marksAfterStart(backup.store.copy("restored into"), now.record)).toBe(1);
      seen += 1;
    }
  expect(seen).toBeGreaterThan(200);
});

it("a record that was lost, or brought back further than the store, marks the store", async () => {
  const steps = await history(4);
  for (const [at, now] of steps.entries()) {
    const { generation } = await now.store.standing();
    expect(await marksAfterStart(now.store.copy(), undefined)).toBe(generation === 0 ? 0 : 1);
    for (const { record } of steps.slice(0, at))
      if (record !== undefined) expect(await marksAfterStart(now.store.copy(), record)).toBe(generation - record.generation > 1 ? 1 : 0);
  }
});

it.each([
  ["two replicas", [start, start], 0],
  ["a replica that is killed twice", [start], 2],
] as const)(
  "%s on a restored store, in every order: nobody serves before it is marked, nobody marks it after that",
  async (_, programs, kills) => {
    const steps = await history(4);
    const { record } = steps.at(-1) as (typeof steps)[number];
    const backup = steps.find(({ ended }) => ended === 2) as (typeof steps)[number];
    for (const name of [undefined, "restored into"]) {
      const restored = (): World => ({ store: backup.store.copy(name), outside: memoryGeneration(record) });
      const states = await inAllOrders(restored, programs, kills, ({ marks, served, marksWhenServed }) => {
        if (served > 0) expect([marks, marks > 0]).toEqual([marksWhenServed, true]);
      });
      expect(states).toBeGreaterThan(100);
    }
  },
);

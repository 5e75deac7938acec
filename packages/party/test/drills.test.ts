// The drills of docs/operations.md, on parties whose stores are in memory and are copied as a
// backup copies them. A key that a fault has left without pairs, or without one of its holders,
// signs again after a refresh, a recovery or a reshare.
import { type CopyableStore, memoryGeneration } from "@covault/testkit";
import { beforeAll, describe, expect, it } from "vitest";
import { type Held, holdKey, Lifecycle, said } from "./lifecycle.ts";
import { burnedOf, burnPair } from "./standing.ts";

type Backup = ReadonlyMap<number, CopyableStore>;

const everybody = [1, 2, 3];
/** A party that was restored refuses what was asked for before it noticed, and a minute more. */
const refusesForMs = 61_000;

let held: Held;
beforeAll(async () => {
  held = await holdKey("ecdsa-secp256k1");
});

/** Starts a party on this store, with a record outside that has counted further than the store. */
async function restore(life: Lifecycle, index: number, backup: CopyableStore): Promise<void> {
  const store = backup.copy("restored into");
  const { generation, marks, identity } = await life.world.actor(index).store.standing();
  const record = { generation: generation + 1, marks, identity };
  Object.assign(life.world.actor(index), { store });
  await life.world.boot(index, undefined, { store, generation: memoryGeneration(record) });
  expect(life.world.actor(index).events).toContainEqual(expect.objectContaining({ kind: "restored" }));
}
const backUp = ({ world }: Lifecycle): Backup => new Map(everybody.map((index) => [index, world.actor(index).store.copy()]));
async function restoreAll(life: Lifecycle, backup: Backup): Promise<void> {
  for (const [index, store] of backup) await restore(life, index, store);
  life.world.clock.advance(refusesForMs);
  await life.world.hub.settle();
}
const numbered = (epochNumber: number) => (action: { epochNumber: number }) => {
  action.epochNumber = epochNumber;
};

describe("a holder that cannot sign with another one", () => {
  it("signs with it again after a refresh, when their pair was burned", async () => {
    const life = await Lifecycle.of(held, "drill-burned");
    await burnPair(life.world.actor(1).store, life.ofEpoch, 2, "mpc/mul-check-failed");
    const refused = await life.signs([1, 2]);
    expect([said(refused), refused.signatures]).toEqual([expect.arrayContaining(["party/pair-burned"]), []]);
    await life.go();
    expect(await burnedOf(life.world.actor(1).store, life.ofEpoch)).toEqual([]);
    expect((await life.signs([1, 2], 2)).signatures).toHaveLength(2);
  });

  it("signs with it again after a refresh, when its store comes from a backup", async () => {
    const life = await Lifecycle.of(held, "drill-restored");
    const backup = backUp(life);
    await restore(life, 2, backup.get(2) as CopyableStore);
    life.world.clock.advance(refusesForMs);
    const refused = await life.signs([1, 2]);
    expect([said(refused), refused.signatures]).toEqual([expect.arrayContaining(["party/pairs-missing"]), []]);
    // The others sign meanwhile.
    expect((await life.signs([1, 3], 2)).signatures).toHaveLength(2);
    await life.go();
    await life.isWhole(everybody);
    expect((await life.signs([1, 2], 3)).signatures).toHaveLength(2);
  });
});

it("a holder that is lost for good deals nothing, and a reshare of the others puts a newcomer in its place", async () => {
  const life = await Lifecycle.of(held, "drill-replaced");
  life.world.actor(3).crash.kill();
  await life.go((action) => {
    action.kind = "reshare";
    action.dealers = [1, 2];
    action.members = [...action.members.slice(0, 2), life.seat(4)];
  });
  await life.isWhole([1, 2, 4]);
  // It comes back with its old store, and has nothing that signs.
  await life.world.boot(3);
  await life.world.pass(60_000, 10_000);
  expect((await life.signs([1, 4], 2)).signatures).toHaveLength(2);
  const { keyId } = life.key.charter;
  expect(await life.world.actor(3).store.committedShare(keyId)).toBeUndefined();
});

describe("the stores of all holders, restored together", () => {
  it("as they were before a refresh, sign after another refresh when account and coordinator are restored with them", async () => {
    const life = await Lifecycle.of(held, "drill-before");
    const [backup, before] = [backUp(life), life.certificates];
    await life.go();
    const after = life.certificates;
    await restoreAll(life, backup);
    // With the certificate of the refresh alone nobody can do anything, and nobody erases anything.
    const ahead = await life.signs([1, 2]);
    expect(ahead.signatures).toEqual([]);
    life.certificates = before;
    for (const index of everybody) expect((await life.share(index))?.status, `party ${index}`).toBe("committed");
    expect(said(await life.signs([1, 2], 2))).toEqual(expect.arrayContaining(["party/pairs-missing"]));
    await life.go();
    expect(life.certificates.at(-1)).not.toEqual(after.at(-1));
    await life.isWhole(everybody);
  });

  it("as they were while its shares were staged, take them by their certificate, and sign after another refresh", async () => {
    const life = await Lifecycle.of(held, "drill-during");
    const made = await life.asked();
    // The coordinator alone has the certificate before the backup is made.
    life.world.hub.intercept = (flight, { body }) => {
      const isFromParty = body.case === "acknowledged" && flight.to.partyId === "coordinator";
      return isFromParty || (body.case !== "acknowledged" && body.case !== "committed") ? [flight] : [];
    };
    const session = life.open(made);
    await life.world.hub.settle();
    expect(await life.statuses(everybody, made)).toEqual(Array(3).fill("staged"));
    const backup = backUp(life);
    life.world.hub.intercept = (flight) => [flight];
    await restoreAll(life, backup);
    life.commit(session);
    expect(said(await life.signs([1, 2]))).toEqual(expect.arrayContaining(["party/pairs-missing"]));
    await life.go(numbered(life.key.epochNumber + 1));
    await life.isWhole(everybody);
  });

  it("as they were after it, sign after another refresh", async () => {
    const life = await Lifecycle.of(held, "drill-after");
    await life.go();
    await restoreAll(life, backUp(life));
    expect(said(await life.signs([1, 2]))).toEqual(expect.arrayContaining(["party/pairs-missing"]));
    await life.go();
    await life.isWhole(everybody);
  });

  it("one of them as it was before, and the others after: its lost share is recovered", async () => {
    const life = await Lifecycle.of(held, "drill-mixed");
    const before = backUp(life);
    await life.go();
    const after = backUp(life);
    await restoreAll(life, new Map([...after, [3, before.get(3) as CopyableStore]]));
    expect(said(await life.signs([1, 3]))).toEqual(expect.arrayContaining(["party/unknown-share"]));
    await life.go((action) => {
      action.kind = "recover";
      action.dealers = [1, 2];
    });
    await life.isWhole(everybody);
  });
});

// A lost share comes back from t other holders, of the present epoch and without the others
// (dkls23-spec 7.2). The protocols are the real ones.
import { beforeAll, describe, expect, it } from "vitest";
import { type Held, Lifecycle, said } from "./lifecycle.ts";
import { pairOf, renew } from "./renewing.ts";
import { damage, holdByFour, holdingOf, isRepaired, loseStore, putStore, repair, schemes, secretOf } from "./repairs.ts";

describe.each(schemes)("a share of a key for %s", (scheme) => {
  const hasPairs = scheme === "ecdsa-secp256k1";
  let held: Held;
  beforeAll(async () => {
    held = await holdByFour(scheme);
  }, 300_000);

  /**
   * A repaired share signs at once where the scheme has no pairs. With pairs it has lost its own,
   * as after a restore, and the partner still has its: nothing is sent, nobody is blamed or burned,
   * and the pair is renewed.
   */
  async function signsAgain(life: Lifecycle, lo: number, hi: number): Promise<void> {
    const session = await life.signs([lo, hi]);
    if (!hasPairs) return expect([said(session), session.signatures.length]).toEqual([[], 2]);
    expect([[...new Set(said(session))], session.signatures]).toEqual([["party/pairs-missing"], []]);
    life.world.coordinator.cancel(session);
    await life.world.hub.settle();
    for (const { events } of life.world.actors.values()) expect(events.filter(({ kind }) => kind === "burned")).toEqual([]);
    const renewal = await renew(life, [lo, hi], (action) => {
      action.oldPairId = new Uint8Array(32);
    });
    expect(said(renewal)).toEqual([]);
    const again = await life.signs([lo, hi], 2);
    expect([said(again), again.signatures.length]).toEqual([[], 2]);
  }

  it("comes back to a party whose store is gone, from two of three others while one is away, and is what it was", async () => {
    const life = await Lifecycle.of(held, `repair-${scheme}`);
    const { world } = life;
    const secret = await secretOf(life, 3);
    const before = new Map(await Promise.all([1, 2, 4].map(async (index) => [index, await life.share(index)] as const)));
    await loseStore(life, 3);
    world.hub.disconnect({ partyId: "party-4", instanceId: "i1" });
    const session = await repair(life, [1, 2], 3);
    expect(said(session)).toEqual([]);
    await isRepaired(life, 3, session, secret);
    for (const [index, share] of before) expect(await life.share(index)).toEqual(share);
    const kinds = (index: number) => world.actor(index).events.map(({ kind }) => kind);
    expect(kinds(3)).toContain("repaired");
    expect([kinds(1).includes("helped"), kinds(2).includes("helped"), kinds(4)]).toEqual([true, true, []]);
    for (const { events } of world.actors.values())
      expect(events.filter(({ kind }) => kind === "failed" || kind === "aborted")).toEqual([]);
    expect((await world.actor(3).store.stagedShares()).length).toBe(0);
    if (hasPairs) expect(holdingOf(life, 3, session)?.pairs.map(({ state }) => state)).toEqual(["lost", "lost", "lost"]);
    await signsAgain(life, 1, 3);
  });

  it("deals in the next epoch like every other, and that one signs", async () => {
    const life = await Lifecycle.of(held, `repair-refresh-${scheme}`);
    await loseStore(life, 2);
    await repair(life, [3, 4], 2);
    await life.go();
    await life.isWhole([1, 2, 3, 4]);
    expect((await life.signs([2, 3])).signatures).toHaveLength(2);
  });

  it.each([1, 2])("comes back to a party that is %s behind, and lower epochs go", async (behind) => {
    for (const isTold of [true, false]) {
      const life = await Lifecycle.of(held, `repair-behind-${behind}-${isTold}-${scheme}`);
      const { world } = life;
      const [first, old] = [life.key, world.actor(3).store.copy()];
      for (let run = 0; run < behind; run++) await life.go();
      const secret = await secretOf(life, 3);
      // It may have learned that there is a higher epoch, which it has no share of.
      if (!isTold) world.hub.intercept = (flight, { body }) => (body.case === "certificateRequest" ? [] : [flight]);
      await putStore(life, 3, old);
      await world.hub.settle();
      expect((await life.share(3))?.status).toBe(isTold ? "left" : undefined);
      expect((await life.share(3, first))?.status).toBe(isTold ? "superseded" : "committed");
      world.hub.intercept = (flight) => [flight];
      const session = await repair(life, [1, 4], 3);
      expect(said(session)).toEqual([]);
      await isRepaired(life, 3, session, secret);
      expect(await life.share(3, first)).toMatchObject({ status: "superseded", secret: new Uint8Array() });
      await signsAgain(life, 1, 3);
    }
  });

  it("takes the place of a row that does not open, and its pairs go with that", async () => {
    const life = await Lifecycle.of(held, `repair-damaged-${scheme}`);
    const secret = await secretOf(life, 1);
    await damage(life, 1);
    await expect(secretOf(life, 1)).rejects.toMatchObject({ code: "party/unreadable-secret" });
    const session = await repair(life, [2, 4], 1);
    expect(said(session)).toEqual([]);
    await isRepaired(life, 1, session, secret);
    if (hasPairs) expect((await pairOf(life, 1, 2)).state).toBeUndefined();
    await signsAgain(life, 1, 2);
  });

  it("is not made again for a party that has it: that says so, signed, and keeps what it has", async () => {
    const life = await Lifecycle.of(held, `repair-held-${scheme}`);
    const before = await life.share(3);
    const session = await repair(life, [1, 2], 3);
    expect(said(session)).toEqual(["party/share-held"]);
    expect(holdingOf(life, 3, session)).toMatchObject({ share: "held", shareIndex: 3 });
    expect(await life.share(3)).toEqual(before);
    expect((await life.signs([1, 3])).signatures).toHaveLength(2);
  });
});

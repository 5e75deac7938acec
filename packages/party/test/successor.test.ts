// The roster gives a party another identity key (dkls23-spec 7.1, "or their roster successors";
// docs/decisions/0081). The successor signs, renews pairs, helps and is helped within the epoch
// that has the former key. Only the roster says who it is. The protocols are the real ones.
import { identityKeyFromSeed } from "@covault/channel";
import type { World } from "@covault/testkit";
import type { Member, RepairAction, RosterParty } from "@covault/wire";
import { beforeAll, describe, expect, it } from "vitest";
import { type Held, Lifecycle, said } from "./lifecycle.ts";
import { askRenewal, heal, lose, openRenewal, renew, standing } from "./renewing.ts";
import { askRepair, holdByFour, isRepaired, loseStore, openRepair, repair, schemes } from "./repairs.ts";

const successor = (n = 1) => identityKeyFromSeed(new Uint8Array(32).fill(0x70 + n));

/** The root signs a roster in which the party has another key. Every party reads it. */
function rosterGives(world: World, index: number, change: Partial<RosterParty>): void {
  const parties = world.roster.parties.map((party) => (party.partyId === `party-${index}` ? { ...party, ...change } : party));
  Object.assign(world, { roster: { ...world.roster, serial: world.roster.serial + 1n, parties } });
}

/** A party starts anew with the key that the roster has for it, and with its store. */
async function succeed(life: Lifecycle, index: number, n = 1): Promise<void> {
  const { world } = life;
  const identity = successor(n);
  rosterGives(world, index, { idpk: identity.publicKey });
  Object.assign(world.actor(index), { identity });
  await world.boot(index);
}

describe.each(schemes)("a successor in a key for %s", (scheme) => {
  const hasPairs = scheme === "ecdsa-secp256k1";
  let held: Held;
  beforeAll(async () => {
    held = await holdByFour(scheme);
  }, 300_000);

  const signs = async (life: Lifecycle, signers: readonly number[], byte = 1): Promise<readonly unknown[]> => {
    const session = await life.signs(signers, byte);
    life.world.coordinator.cancel(session);
    await life.world.hub.settle();
    return [[...new Set(said(session))].sort(), session.signatures.length];
  };

  it("signs, and its former key does not", async () => {
    const life = await Lifecycle.of(held, `successor-${scheme}`);
    rosterGives(life.world, 2, { idpk: successor().publicKey });
    expect(await signs(life, [1, 2])).toEqual([["party/not-a-member"], 0]);
    await succeed(life, 2);
    expect(await signs(life, [1, 2], 2)).toEqual([[], 2]);
    await succeed(life, 2, 2);
    expect(await signs(life, [2, 3], 3)).toEqual([[], 2]);
  });

  it("does not sign in another role, or where the roster has it no more", async () => {
    const life = await Lifecycle.of(held, `successor-role-${scheme}`);
    await succeed(life, 2);
    rosterGives(life.world, 2, { role: "temporary" });
    expect(await signs(life, [1, 2])).toEqual([["party/not-a-member", "trust/unknown-party"], 0]);
    rosterGives(life.world, 2, { role: "persistent", validUntilMs: 1n });
    expect(await signs(life, [1, 2], 2)).toEqual([["party/not-a-member", "trust/unknown-party"], 0]);
  });

  it("is the receiver of a repair, and then signs and helps", async () => {
    const life = await Lifecycle.of(held, `successor-repair-${scheme}`);
    await loseStore(life, 3);
    await succeed(life, 3);
    const present = (action: RepairAction) => {
      (action.receiver as Member).idpk = successor().publicKey;
    };
    const session = await repair(life, [1, 2], 3, present);
    expect(said(session)).toEqual([]);
    await isRepaired(life, 3, session);
    if (hasPairs)
      expect(
        said(
          await renew(life, [1, 3], (action) => {
            action.oldPairId = new Uint8Array(32);
          }),
        ),
      ).toEqual([]);
    expect(await signs(life, [1, 3])).toEqual([[], 2]);
    await loseStore(life, 4);
    const next = await repair(life, [1, 3], 4);
    expect(said(next)).toEqual([]);
    await isRepaired(life, 4, next);
  });

  it("is nobody that an intent names", async () => {
    const life = await Lifecycle.of(held, `successor-intent-${scheme}`);
    await loseStore(life, 3);
    Object.assign(life.world.actor(3), { identity: successor() });
    await life.world.boot(3);
    const other = (action: RepairAction) => {
      (action.receiver as Member).idpk = successor().publicKey;
    };
    const session = openRepair(life, await askRepair(life, [1, 2], 3, other));
    await life.world.hub.settle();
    expect([...new Set(said(session))]).toEqual(["trust/unknown-party"]);
  });

  it("deals only when a recovery has recorded its key", async () => {
    const life = await Lifecycle.of(held, `successor-deals-${scheme}`);
    await succeed(life, 2);
    const refused = life.open(await life.asked());
    await life.world.hub.settle();
    expect([...new Set(said(refused))].sort()).toEqual(["party/not-a-member", "trust/unknown-party"]);
    await life.go((action) => {
      action.kind = "recover";
      action.dealers = [1, 3, 4];
      (action.members[1] as Member).idpk = successor().publicKey;
    });
    await life.go();
    await life.isWhole([1, 2, 3, 4]);
  });
});

describe("a successor and its pairs", () => {
  let held: Held;
  beforeAll(async () => {
    held = await holdByFour("ecdsa-secp256k1");
  }, 300_000);
  const renewed = (generation: number) => Array(2).fill([generation, "committed"]);

  it("renews one, and the certificate has its key", async () => {
    const life = await Lifecycle.of(held, "successor-renews");
    await succeed(life, 2);
    expect(said(await renew(life, [1, 2]))).toEqual([]);
    expect(await standing(life, [1, 2])).toEqual(renewed(1));
    expect((await life.signs([1, 2])).signatures).toHaveLength(2);
  });

  it("has acknowledged what its former key did, and its partner still takes it", async () => {
    const life = await Lifecycle.of(held, "successor-staged");
    const session = openRenewal(life, await askRenewal(life, [1, 2]), [1, 2]);
    lose(life.world, ["pairAcknowledged", "pairCommitted"], () => true);
    await life.world.hub.settle();
    expect(said(session)).toEqual([]);
    expect(await standing(life, [1, 2])).toEqual(Array(2).fill([1, "staged"]));
    await succeed(life, 2);
    heal(life.world);
    await life.world.pass(120_000, 5_000);
    expect(await standing(life, [1, 2])).toEqual(renewed(1));
    expect((await life.signs([1, 2])).signatures).toHaveLength(2);
  });
});

// Joins name the pairs that a signature would use (dkls23-spec 0.4). Where two ends do not name one
// pair, nothing is sent, and nobody pays for it.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { signStatement } from "@covault/channel";
import { firstPairId } from "@covault/mpc/dkls23";
import { shareIndex } from "@covault/mpc/protocol";
import type { World } from "@covault/testkit";
import { type JoinStatement, JoinStatementSchema, type Signed, signatureTags } from "@covault/wire";
import { beforeAll, describe, expect, it } from "vitest";
import { chainOf, opened } from "./epochs.ts";
import { digest, type Fixture, makeFixture, worldOf } from "./fixture.ts";
import { burnedOf, strikesOf } from "./standing.ts";

let fixture: Fixture;
beforeAll(async () => {
  fixture = await makeFixture({ seed: "pairs" }, 3);
});

const read = (join: Signed | undefined): JoinStatement => fromBinary(JoinStatementSchema, join?.body ?? new Uint8Array());
/** Party 2 signs another join, in which its pair with `partner` has this id. */
function renamed(world: World, join: Signed, partner: number, pairId: Uint8Array): Signed {
  const statement = read(join);
  for (const pair of statement.pairs) if (pair.shareIndex === partner) pair.pairId = pairId;
  const body = toBinary(JoinStatementSchema, create(JoinStatementSchema, statement));
  return signStatement(world.actor(2).identity, signatureTags.join, "party-2", body);
}

describe("the pairs that joins name", () => {
  it("are those of the store, ascending, one for every other signer", async () => {
    const world = await worldOf(fixture, { seed: "pairs-names" });
    const session = world.coordinator.open(world.signIntent(fixture.key, digest(1)), [1, 2, 3]);
    await world.hub.settle();
    expect(session.signatures).toHaveLength(3);
    const { epoch, h2 } = opened(world, await chainOf(world, 1, fixture.key));
    for (const [self, others] of [
      [1, [2, 3]],
      [2, [1, 3]],
      [3, [1, 2]],
    ] as const) {
      const { pairs } = read(session.joins.get(self)?.join);
      expect(pairs.map(({ shareIndex, pairId }) => [shareIndex, pairId])).toEqual(
        others.map((other) => [other, firstPairId({ epoch, h2 }, shareIndex(self), shareIndex(other))]),
      );
    }
  });

  it.each([
    ["another pair with me", 1, digest(7), "1 and 2"],
    ["no pair with me", 1, new Uint8Array(32), "1 and 2"],
    ["another pair with a third", 3, digest(7), "2 and 3"],
    ["no pair with a third", 3, new Uint8Array(32), "2 and 3"],
  ])("of a member that names %s: the attempt ends before round 1, with the pair named and nobody blamed", async (_, partner, id, named) => {
    const world = await worldOf(fixture, { seed: `pairs-${partner}-${id[0]}` });
    world.coordinator.alterStart = (joins, to) =>
      to === 2 ? joins : joins.map((join, at) => (at === 1 ? renamed(world, join, partner, id) : join));
    const rounds: string[] = [];
    world.hub.intercept = (flight, { body }) => {
      if (body.case === "round") rounds.push(flight.from.partyId);
      return [flight];
    };
    const session = world.coordinator.open(world.signIntent(fixture.key, digest(1)), [1, 2, 3]);
    await world.hub.settle();
    expect(session.aborts.map(({ code, culprits, round }) => ({ code, culprits, round }))).toEqual(
      [1, 3].map(() => ({ code: "party/pair-mismatch", culprits: [], round: 0 })),
    );
    // Party 2 was shown its own join and has begun.
    expect(new Set(rounds)).toEqual(new Set(["party-2"]));
    for (const index of [1, 3]) {
      const { store, events } = world.actor(index);
      expect(events.find(({ kind }) => kind === "aborted")).toMatchObject({
        culprits: [],
        burn: false,
        message: expect.stringContaining(named),
      });
      // An open check of a process that has gone is a strike.
      await world.boot(index);
      expect([await burnedOf(store, fixture.key), [...(await strikesOf(store, fixture.key))]]).toEqual([[], []]);
    }
    world.coordinator.alterStart = (joins) => joins;
    await world.boot(2);
    world.coordinator.attempt(session, [1, 2, 3]);
    await world.hub.settle();
    expect(session.signatures).toHaveLength(3);
  });
});

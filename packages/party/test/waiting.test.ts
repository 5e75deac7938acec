// A member that keeps back its round messages, and what the others report of it to the coordinator,
// signed.
import { fromBinary } from "@bufbuild/protobuf";
import { verifyAccusation } from "@covault/trust";
import { AccusationSchema, type Progress } from "@covault/wire";
import { beforeAll, describe, expect, it } from "vitest";
import { digest, type Fixture, makeFixture, worldOf } from "./fixture.ts";

const seed = "waiting";
let fixture: Fixture;
beforeAll(async () => {
  fixture = await makeFixture({ seed }, 2);
});

/**
 * What both members of a signature report when party 1's messages of `dropped` rounds do not
 * arrive.
 */
async function reports(dropped: readonly number[], forMs: number) {
  const world = await worldOf(fixture, { seed: `${seed}-${dropped.join("-")}` });
  const said: { readonly by: string; readonly report: Progress }[] = [];
  world.hub.intercept = (flight, { body }) => {
    if (body.case === "progress" && body.value.accusation !== undefined) said.push({ by: flight.from.partyId, report: body.value });
    const keptBack = body.case === "round" && flight.from.partyId === "party-1" && dropped.includes(body.value.header[2] as number);
    return keptBack ? [] : [flight];
  };
  const session = world.coordinator.open(world.signIntent(fixture.key, digest(1)), [1, 2]);
  await world.pass(forMs, 500);
  const words = said.map(({ by, report }) => {
    const member = { partyId: by, idpk: world.actor(Number(by.slice(6))).identity.publicKey };
    const { code, round, culprits, consequence } = verifyAccusation(report.accusation as never, { ...session, member, report: "progress" });
    return { by, code, round, culprits, consequence };
  });
  return { words, session };
}

describe("a party that waits for a member's message", () => {
  it("says so within 3 s, signed, with the round and whose message it is", async () => {
    for (const round of [1, 2, 3]) {
      const { words } = await reports([round], 3_000);
      const word = { by: "party-2", code: "coordinator/no-progress", round, culprits: [1], consequence: "retry" };
      expect(words.filter(({ by }) => by === "party-2")[0]).toEqual(word);
      // Party 1 has everything of this round, and waits for the next, which party 2 cannot send.
      for (const other of words.filter(({ by }) => by === "party-1")) expect(other.round).toBe(round + 1);
    }
  });

  it("says nothing while everything arrives", async () => {
    const { words, session } = await reports([], 10_000);
    expect([words, session.signatures.length]).toEqual([[], 2]);
  });

  it("names nobody that it has heard from", async () => {
    const world = await worldOf(fixture, { seed: `${seed}-keygen` });
    const named = new Map<string, readonly number[]>();
    world.hub.intercept = (flight, { body }) => {
      if (body.case === "progress" && body.value.accusation !== undefined)
        named.set(flight.from.partyId, fromBinary(AccusationSchema, body.value.accusation.body).culprits);
      return body.case === "round" && flight.from.partyId === "party-3" && flight.to.partyId === "party-1" ? [] : [flight];
    };
    world.coordinator.open(world.keygenIntent(2), [1, 2, 3]);
    await world.pass(3_000, 500);
    expect(named.get("party-1")).toEqual([3]);
    expect(named.get("party-2")).toEqual([1]);
  });
});

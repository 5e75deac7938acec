// Two holders make their pair anew within its epoch (dkls23-spec 7.1), and it signs again: after a
// failed check that people have cleared, after strikes, and after a restore. The protocols are the
// real ones.
import { fromBinary } from "@bufbuild/protobuf";
import { protocols } from "@covault/party";
import { lyingProtocols } from "@covault/testkit";
import { holderKeysOf, keysOf, verifyPairCertificate } from "@covault/trust";
import { JoinStatementSchema } from "@covault/wire";
import { beforeAll, describe, expect, it } from "vitest";
import { type Held, holdKey, Lifecycle, said } from "./lifecycle.ts";
import { askRenewal, burnPair, clearPair, type Ends, nth, openRenewal, pairOf, renew, restore, standing } from "./renewing.ts";

let held: Held;
beforeAll(async () => {
  held = await holdKey("ecdsa-secp256k1");
}, 300_000);

const pair: Ends = [1, 2];
const renewed = (generation: number) => [
  [generation, "committed"],
  [generation, "committed"],
];
const kindsOf = ({ world }: Lifecycle, kind: string) =>
  [...world.actors.values()].flatMap(({ events }) => events.filter((event) => event.kind === kind));

/** Nobody is blamed or burned, no note is left open, and nothing fails. */
async function isClean(life: Lifecycle): Promise<void> {
  for (const kind of ["failed", "aborted", "burned", "strikes"]) expect(kindsOf(life, kind)).toEqual([]);
  for (const { store, party } of life.world.actors.values()) {
    expect(await store.runningSessions()).toEqual([]);
    expect(await store.stagedPairs()).toEqual([]);
    expect(party.running).toBe(0);
  }
}

/** Why the pair does not sign. The member that would sign waits for nothing afterwards. */
async function refusals(life: Lifecycle): Promise<readonly string[]> {
  const session = await life.signs(pair);
  life.world.coordinator.cancel(session);
  await life.world.hub.settle();
  return said(session);
}

describe("a renewed pair", () => {
  it("takes the place of the one before at both ends, under the certificate of both, and only the two take part", async () => {
    const life = await Lifecycle.of(held, "renewal");
    const before = [await pairOf(life, 1, 2), await pairOf(life, 1, 3)] as const;
    const session = await renew(life, pair);
    expect(said(session)).toEqual([]);
    const [mine, theirs] = [await pairOf(life, 1, 2), await pairOf(life, 2, 1)];
    expect(await standing(life, pair)).toEqual(renewed(1));
    expect(mine.pairId).toEqual(theirs.pairId);
    expect(mine.pairId).not.toEqual(before[0].pairId);
    expect(mine.state).not.toEqual(before[0].state);
    expect(await pairOf(life, 1, 3)).toEqual(before[1]);
    // What the coordinator has is what both stores have.
    const verified = verifyPairCertificate(session.pairCertificate as NonNullable<typeof session.pairCertificate>, {
      key: life.key,
      keysOf: keysOf(life.world.roster),
      holderKeys: holderKeysOf(life.world.roster),
      intentId: "any",
    });
    expect([verified.pairId, verified.generation, verified.oldPairId]).toEqual([mine.pairId, 1, before[0].pairId]);
    expect(kindsOf(life, "renewed")).toMatchObject([
      { sessionId: session.sessionId, partner: 2, generation: 1 },
      { sessionId: session.sessionId, partner: 1, generation: 1 },
    ]);
    for (const index of [3, 4, 5]) expect(life.world.actor(index).events).toEqual([]);
    // Joins of a renewal name nothing of the key: the intent says it all.
    for (const { join } of session.joins.values())
      expect(fromBinary(JoinStatementSchema, join?.body ?? new Uint8Array())).toMatchObject({ keyId: new Uint8Array(), pairs: [] });

    for (const signers of [pair, [1, 3], [2, 3]]) {
      const signed = await life.signs(signers, signers[0]);
      expect([said(signed), signed.signatures.length]).toEqual([[], 2]);
    }
    const joined = (await life.signs(pair, 9)).joins.get(1)?.join;
    expect(fromBinary(JoinStatementSchema, joined?.body ?? new Uint8Array()).pairs.map(({ pairId }) => pairId)).toEqual([mine.pairId]);
    await isClean(life);
  });

  it("is made anew once more, and each time the pair before signs no more", async () => {
    const life = await Lifecycle.of(held, "renewal-again");
    const ids = new Set([String((await pairOf(life, 1, 2)).pairId)]);
    for (const generation of [1, 2, 16]) {
      expect(said(await renew(life, pair, nth(generation)))).toEqual([]);
      expect(await standing(life, pair)).toEqual(renewed(generation));
      ids.add(String((await pairOf(life, 2, 1)).pairId));
    }
    expect(ids.size).toBe(4);
    expect((await life.signs(pair)).signatures).toHaveLength(2);
    await isClean(life);
  });
});

describe("a pair that a failed check burned", () => {
  it.each([
    ["the one end", [[1, 2]]],
    ["the other end", [[2, 1]]],
    [
      "both ends",
      [
        [1, 2],
        [2, 1],
      ],
    ],
  ] as const)(
    "at %s is not renewed before the operator there has cleared it, however good the intent is, and then signs again",
    async (_, burns) => {
      const life = await Lifecycle.of(held, `renewal-burned-${burns.join("-")}`);
      for (const [index, partner] of burns) await burnPair(life, index, partner);
      expect(await refusals(life)).toContain("party/pair-burned");

      const session = openRenewal(life, await askRenewal(life, pair), pair);
      await life.world.hub.settle();
      expect(session.declines.map(({ code, culprits }) => [code, culprits])).toEqual(burns.map(() => ["party/pair-uncleared", []]));
      for (const [at, [index, partner]] of burns.entries()) {
        expect(await clearPair(life, index, partner)).toBe(true);
        if (at === burns.length - 1) continue;
        // The word of one end is not that of the other.
        life.world.coordinator.attempt(session, pair);
        await life.world.hub.settle();
        expect(session.declines.at(-1)?.code).toBe("party/pair-uncleared");
      }
      expect(await standing(life, pair)).toEqual([
        [0, "committed"],
        [0, "committed"],
      ]);
      life.world.coordinator.attempt(session, pair);
      await life.world.hub.settle();
      expect(await standing(life, pair)).toEqual(renewed(1));
      expect((await pairOf(life, 1, 2)).burn ?? (await pairOf(life, 2, 1)).burn).toBeUndefined();
      expect((await life.signs(pair, 2)).signatures).toHaveLength(2);
      await isClean(life);
    },
  );

  it("needs a clearance for each generation that burns", async () => {
    const life = await Lifecycle.of(held, "renewal-burned-again");
    await burnPair(life, 1, 2);
    await clearPair(life, 1, 2);
    await renew(life, pair);
    await burnPair(life, 1, 2, "mpc/mul-check-failed");
    expect(said(await renew(life, pair, nth(2)))).toEqual(["party/pair-uncleared"]);
    await clearPair(life, 1, 2);
    await renew(life, pair, nth(2));
    expect(await standing(life, pair)).toEqual(renewed(2));
  });

  it("while its renewal is under way stays burned: the run ends, also when it is at its last message", async () => {
    const life = await Lifecycle.of(held, "renewal-burned-meanwhile");
    const { world } = life;
    const held3: (() => void)[] = [];
    world.hub.intercept = (flight, { body }) => {
      if (body.case !== "round" || body.value.header[2] !== 3 || flight.to.partyId !== "party-1") return [flight];
      held3.push(() => world.hub.inject(flight));
      return [];
    };
    const session = await renew(life, pair);
    expect(held3).toHaveLength(1);
    // Another instance of the party has seen the check fail.
    await burnPair(life, 1, 2);
    for (const release of held3) release();
    await world.hub.settle();
    expect(session.aborts.map(({ code, culprits }) => [code, culprits])).toEqual([["party/pair-uncleared", []]]);
    expect(await pairOf(life, 1, 2)).toMatchObject({ generation: 0, status: "committed", burn: { reason: "mpc/ot-check-failed" } });
    expect(await world.actor(1).store.runningSessions()).toEqual([]);
    world.hub.intercept = (flight) => [flight];
    // The other end had signed. The next generation, after the word of a person, passes that by.
    await clearPair(life, 1, 2);
    await renew(life, pair, nth(2));
    expect(await standing(life, pair)).toEqual(renewed(2));
    expect((await life.signs(pair)).signatures).toHaveLength(2);
  });
});

it("a check that fails ends the renewal of its pair in the same process, before anything is signed", async () => {
  const tell = (body: Uint8Array, round: number): Uint8Array => (round === 1 ? body.fill(7, 40, 60) : body);
  const signing = protocols.filter(({ kind }) => kind === "sign");
  const protocolsOf = (index: number) =>
    index === 2 ? [...protocols.filter(({ kind }) => kind !== "sign"), ...lyingProtocols(signing, tell)] : protocols;
  const life = await Lifecycle.of(held, "renewal-burned-here", { protocolsOf });
  const { world } = life;
  world.hub.intercept = (flight, { body }) =>
    body.case === "round" && body.value.header[1] === 6 && body.value.header[2] === 3 ? [] : [flight];
  const [session, others] = [await renew(life, pair), await renew(life, [1, 3])];
  const signed = await life.signs(pair);
  expect(signed.aborts.map(({ code, culprits }) => [code, culprits])).toContainEqual(["mpc/ot-check-failed", [2]]);
  expect(session.aborts.map(({ code, culprits }) => [code, culprits])).toEqual([["party/pair-burned", []]]);
  world.hub.intercept = (flight) => [flight];
  await world.pass(6_000);
  expect(await pairOf(life, 1, 2)).toMatchObject({ generation: 0, burn: { reason: "mpc/ot-check-failed" } });
  // The renewal of another pair goes on.
  expect(said(others)).toEqual([]);
  expect(await standing(life, [1, 3])).toEqual(renewed(1));
});

it("a pair that strikes burned is renewed without anybody's word", async () => {
  const life = await Lifecycle.of(held, "renewal-strikes");
  await burnPair(life, 2, 1, "party/strikes");
  // Its refusal says that no check has failed, so that the coordinator waits for the renewal.
  expect(await refusals(life)).toEqual(["party/strikes"]);
  expect(said(await renew(life, pair))).toEqual([]);
  expect((await pairOf(life, 2, 1)).strikes).toBe(0);
  expect((await life.signs(pair, 2)).signatures).toHaveLength(2);
  await isClean(life);
});

describe("a party whose store was restored", () => {
  it("renews its pair with one partner while the third holder is away, and signs", async () => {
    const life = await Lifecycle.of(held, "renewal-restored");
    const { world } = life;
    await restore(world, 1);
    world.hub.disconnect({ partyId: "party-3", instanceId: "i1" });
    expect(await refusals(life)).toEqual(["party/pairs-missing"]);
    const session = await renew(life, pair);
    expect(said(session)).toEqual([]);
    expect(await standing(life, pair)).toEqual(renewed(1));
    expect((await pairOf(life, 1, 3)).state).toBeUndefined();
    expect((await life.signs(pair, 2)).signatures).toHaveLength(2);
    await isClean(life);
  });

  it("renews it with a partner that was restored as well, under an intent that says that the pair is lost", async () => {
    const life = await Lifecycle.of(held, "renewal-both-restored");
    for (const index of pair) await restore(life.world, index);
    await renew(life, pair, (action) => {
      action.oldPairId = new Uint8Array(32);
    });
    expect(await standing(life, pair)).toEqual(renewed(1));
    expect((await life.signs(pair)).signatures).toHaveLength(2);
    await isClean(life);
  });

  it("to a moment before a renewal is asked for a generation above that of its partner, and has the pair with it again", async () => {
    const life = await Lifecycle.of(held, "renewal-forgotten");
    const { world } = life;
    const backup = world.actor(1).store.copy();
    const first = await renew(life, pair);
    Object.assign(world.actor(1), { store: backup });
    await world.boot(1);
    await restore(world, 1);
    // It does not know any more what it has signed. Nothing of it comes back by a certificate.
    expect(await standing(life, pair)).toEqual([
      [0, "committed"],
      [1, "committed"],
    ]);
    expect(said(await renew(life, pair))).toEqual(["party/pair-generation"]);
    await renew(life, pair, nth(2));
    expect(await standing(life, pair)).toEqual(renewed(2));
    expect(await world.actor(1).store.renewalOfIntent(new Uint8Array(32))).toBeUndefined();
    expect(first.pairCertificate?.acks).toHaveLength(2);
    expect((await life.signs(pair)).signatures).toHaveLength(2);
  });

  it("while its renewal runs makes no pair of it", async () => {
    const life = await Lifecycle.of(held, "renewal-restored-meanwhile");
    const { world } = life;
    world.hub.intercept = (flight, { body }) => (body.case === "round" ? [] : [flight]);
    const session = await renew(life, pair);
    await restore(world, 1);
    await world.boot(1);
    world.hub.intercept = (flight) => [flight];
    await world.pass(10_000, 2_000);
    expect(await standing(life, pair)).toEqual([
      [0, "committed"],
      [0, "committed"],
    ]);
    world.coordinator.cancel(session);
    await world.hub.settle();
    await renew(life, pair);
    expect(await standing(life, pair)).toEqual(renewed(1));
  });
});

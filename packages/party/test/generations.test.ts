// Pairs are known by their ids (dkls23-spec 7.1, 9): what stands against one generation of a pair
// says nothing about the next, and two ends with different ones never meet in a check.
import { fromBinary } from "@bufbuild/protobuf";
import { protocols, type Store } from "@covault/party";
import { type CopyableStore, CrashPoint, lyingProtocols, type World } from "@covault/testkit";
import { verifyAccusation, verifyHolding } from "@covault/trust";
import { JoinStatementSchema, type Signed } from "@covault/wire";
import { beforeAll, describe, expect, it } from "vitest";
import { digest, type Fixture, makeFixture, worldOf } from "./fixture.ts";
import { renewedId, renewPair, stageRenewal } from "./renewed-pairs.ts";
import { burnedOf, burnPair, pairWith, strikesOf } from "./standing.ts";

const seed = "generations";
let fixture: Fixture;
beforeAll(async () => {
  fixture = await makeFixture({ seed }, 2);
});

async function sign(world: World, byte: number, signers: readonly number[] = [1, 2]) {
  const session = world.coordinator.open(world.signIntent(fixture.key, digest(byte)), signers);
  await world.hub.settle();
  return session;
}
type Session = Awaited<ReturnType<typeof sign>>;
const saidBy = ({ declines, aborts }: Session) => [...declines, ...aborts].map(({ code, culprits }) => [code, culprits]);

/** Party 1 runs on a store whose `method` waits for `meanwhile` first. */
async function holding(world: World, method: keyof Store, meanwhile: () => Promise<unknown>): Promise<CopyableStore> {
  const { store } = world.actor(1);
  let isFirst = true;
  const held = new Proxy(store, {
    get: (target, property) => {
      const own = Reflect.get(target, property) as (...args: unknown[]) => Promise<unknown>;
      if (property !== method) return own.bind(target);
      return async (...args: unknown[]) => {
        if (isFirst) await meanwhile();
        isFirst = false;
        return own.apply(target, args);
      };
    },
  });
  await world.boot(1, new CrashPoint(0, "before"), { store: held });
  return store;
}

/** The party dies in the middle of a check with party 2, and starts again. */
async function strike(world: World, byte: number): Promise<void> {
  const crash = new CrashPoint(10, "before");
  await world.boot(1, crash);
  await sign(world, byte);
  expect(crash.where).toBe("endCheck");
  await world.boot(1);
}

describe("a pair that was made anew", () => {
  it("signs, although the one before it was burned at both ends; its joins name the new id", async () => {
    const world = await worldOf(fixture, { seed: `${seed}-burned` });
    const { keyId, epoch } = fixture.key;
    for (const [self, partner] of [
      [1, 2],
      [2, 1],
    ] as const)
      await burnPair(world.actor(self).store, fixture.key, partner);
    expect(saidBy(await sign(world, 1))).toContainEqual(["party/pair-burned", [2]]);
    await renewPair(world, fixture.key, [1, 2]);
    const session = await sign(world, 2);
    expect([saidBy(session), session.signatures.length]).toEqual([[], 2]);
    const named = (index: number) => fromBinary(JoinStatementSchema, session.joins.get(index)?.join?.body ?? new Uint8Array()).pairs;
    const id = renewedId({ keyId, epoch }, [1, 2], 1);
    expect([named(1), named(2)]).toMatchObject([[{ shareIndex: 2, pairId: id }], [{ shareIndex: 1, pairId: id }]]);
    // The register keeps what it had.
    expect(world.actor(1).store.heldAgainstPairs().burns).toMatchObject([{ partner: 2, reason: "mpc/ot-check-failed" }]);
    // It burns by itself, and then the next one signs.
    await burnPair(world.actor(1).store, fixture.key, 2, "mpc/mul-check-failed");
    expect(saidBy(await sign(world, 3))).toContainEqual(["party/pair-burned", [2]]);
    await renewPair(world, fixture.key, [1, 2], 2);
    expect((await sign(world, 4)).signatures).toHaveLength(2);
  });

  it("has no strike of the one before it: seven and one are not eight", async () => {
    const world = await worldOf(fixture, { seed: `${seed}-strikes` });
    const { store, events } = world.actor(1);
    for (let k = 1; k <= 7; k++) await strike(world, k);
    expect(await strikesOf(store, fixture.key)).toEqual(new Map([[2, 7]]));
    await renewPair(world, fixture.key, [1, 2]);
    expect(await strikesOf(store, fixture.key)).toEqual(new Map());
    const before = events.filter(({ kind }) => kind === "strikes").length;
    await strike(world, 8);
    expect(await strikesOf(store, fixture.key)).toEqual(new Map([[2, 1]]));
    expect((await sign(world, 9)).signatures).toHaveLength(2);
    expect([await burnedOf(store, fixture.key), events.filter(({ kind }) => kind === "strikes").length]).toEqual([[], before]);
  });

  it("is stated with its generation and id, and as burned and uncleared until this party's operator has cleared it", async () => {
    const world = await worldOf(fixture, { seed: `${seed}-holding` });
    const { store, partyId, identity } = world.actor(1);
    const { keyId, epoch } = fixture.key;
    const standing = async (byte: number) => {
      world.coordinator.askHolding(1, keyId, digest(byte));
      await world.hub.settle();
      const holder = { partyId, idpk: identity.publicKey };
      const signed = world.coordinator.holdings.at(-1) as Signed;
      const { pairs } = verifyHolding(signed, { holder, keyId, nonce: digest(byte), scheme: "ecdsa-secp256k1" });
      return pairs.map(({ shareIndex, state, generation, uncleared, pairId }) => [shareIndex, state, generation, uncleared, pairId]);
    };
    const first = await pairWith(store, fixture.key, 2);
    await burnPair(store, fixture.key, 2);
    await burnPair(store, fixture.key, 3, "party/strikes");
    const third = (await pairWith(store, fixture.key, 3)).pairId;
    expect(await standing(1)).toEqual([
      [2, "burned", 0, true, first.pairId],
      [3, "burned", 0, false, third],
    ]);
    expect(await store.clearPair(first, first.pairId)).toBe(true);
    expect((await standing(2))[0]).toEqual([2, "burned", 0, false, first.pairId]);
    const intentId = await stageRenewal(world, fixture.key, [1, 2], 3);
    const id = renewedId({ keyId, epoch }, [1, 2], 3);
    expect((await standing(3))[0]).toEqual([2, "staged", 3, false, id]);
    await store.commitPair(intentId, intentId);
    expect((await standing(4))[0]).toEqual([2, "usable", 3, false, id]);
    await burnPair(store, fixture.key, 2);
    expect((await standing(5))[0]).toEqual([2, "burned", 3, true, id]);
    await store.markRestored({ seen: (await store.standing()).generation, generation: 9, refuseUpToMs: 0 });
    expect(await standing(6)).toEqual([
      [2, "burned", 3, true, id],
      [3, "burned", 0, false, third],
    ]);
  });
});

describe("a pair that is refused for what one below it has done", () => {
  it("is told of once, and once more when a check of its own fails after the operator has cleared it", async () => {
    let isLying = false;
    const lie = (body: Uint8Array, round: number): Uint8Array => (isLying && round === 1 ? body.fill(1, 40, 60) : body);
    const liarOf = (index: number) => (index === 2 ? lyingProtocols(protocols, lie) : protocols);
    const world = await worldOf(fixture, { seed: `${seed}-told`, protocolsOf: liarOf });
    const { epoch } = fixture.key;
    const first = await pairWith(world.actor(1).store, fixture.key, 2);
    await renewPair(world, fixture.key, [1, 2]);
    const late = { partner: 2, pairId: first.pairId, reason: "mpc/ot-check-failed", sid: digest(8), digest: digest(9) };
    const store: CopyableStore = await holding(world, "beginCheck", () => store.burn(epoch, [late]));
    expect(saidBy(await sign(world, 1))).toContainEqual(["mpc/pair-burned", [2]]);
    const told = () => world.actor(1).events.flatMap((event) => (event.kind === "burned" ? [event.code] : []));
    expect(told()).toEqual(["mpc/pair-burned"]);
    expect(await store.clearPair(first, (await pairWith(store, fixture.key, 2)).pairId)).toBe(true);
    isLying = true;
    expect(saidBy(await sign(world, 2))).toContainEqual(["mpc/ot-check-failed", [2]]);
    expect(told()).toEqual(["mpc/pair-burned", "mpc/ot-check-failed"]);
  });
});

describe("two ends with different generations", () => {
  it("never meet in a check: the attempt ends before round 1, nobody is blamed, and nothing stands against the pair", async () => {
    const world = await worldOf(fixture, { seed: `${seed}-differ` });
    const intentId = await stageRenewal(world, fixture.key, [1, 2], 1);
    await world.actor(1).store.commitPair(intentId, intentId);
    const session = await sign(world, 1);
    expect(session.signatures).toEqual([]);
    expect(session.aborts.map(({ code, culprits, round }) => [code, culprits, round])).toEqual(
      [1, 2].map(() => ["party/pair-mismatch", [], 0]),
    );
    for (const index of [1, 2]) {
      await world.boot(index);
      expect(world.actor(index).store.heldAgainstPairs()).toEqual({ burns: [], checks: 0 });
    }
    expect((await sign(world, 2, [1, 3])).signatures).toHaveLength(2);
    // The other end comes to the same generation.
    const other = await stageRenewal(world, fixture.key, [2, 1], 1);
    await world.actor(2).store.commitPair(other, other);
    expect((await sign(world, 3)).signatures).toHaveLength(2);
  });

  it("end an attempt that had begun with the old pair, when one of them signs the new one before the check: no note, no strike, no blame", async () => {
    const world = await worldOf(fixture, { seed: `${seed}-check` });
    const store = await holding(world, "beginCheck", () => stageRenewal(world, fixture.key, [1, 2], 1));
    const session = await sign(world, 1);
    expect(session.signatures).toEqual([]);
    expect(session.aborts.find(({ code }) => code === "party/pair-superseded")).toMatchObject({ culprits: [], consequence: "retry" });
    await world.boot(1);
    expect(store.heldAgainstPairs()).toEqual({ burns: [], checks: 0 });
    expect(world.actor(1).events.filter(({ kind }) => kind === "burned")).toEqual([]);
  });
});

describe("a pair that is lost or staged", () => {
  it("is declined with a code of its own, which names exactly the partners that it is with", async () => {
    const world = await worldOf(fixture, { seed: `${seed}-lost` });
    const { store, partyId, identity } = world.actor(1);
    await store.markRestored({ seen: 0, generation: 0, refuseUpToMs: 0 });
    const intentId = await renewedByBoth(world);
    for (const [byte, [signers, partners]] of [
      [[1, 2], [2]],
      [[1, 3], [3]],
    ].entries()) {
      const session = await sign(world, byte + 1, signers as number[]);
      expect(session.declines.map(({ code }) => code)).toEqual(["party/pairs-missing"]);
      const { sessionId, rid } = session;
      const member = { partyId, idpk: identity.publicKey };
      const { accusation } = session.declines[0] as Session["declines"][number];
      expect(verifyAccusation(accusation as Signed, { sessionId, rid, member, report: "decline" })).toMatchObject({
        code: "party/pairs-missing",
        culprits: partners,
      });
    }
    await store.commitPair(intentId, intentId);
    expect((await sign(world, 9)).signatures).toHaveLength(2);
    expect((await sign(world, 10, [1, 3])).declines.map(({ code }) => code)).toEqual(["party/pairs-missing"]);
  });

  it("of several partners names those that a failed check has burned first, then those with strikes, then those that are lost", async () => {
    const four = await makeFixture({ seed: `${seed}-four`, indices: [1, 2, 3, 4] }, 4);
    const world = await worldOf(four, { seed: `${seed}-several`, indices: [1, 2, 3, 4] });
    const { store } = world.actor(1);
    const declined = async (byte: number) => {
      const session = world.coordinator.open(world.signIntent(four.key, digest(byte)), [1, 2, 3, 4]);
      await world.hub.settle();
      return session.declines.map(({ code, culprits }) => [code, culprits]);
    };
    await store.markRestored({ seen: 0, generation: 0, refuseUpToMs: 0 });
    expect(await declined(1)).toEqual([["party/pairs-missing", [2, 3, 4]]]);
    await burnPair(store, four.key, 3, "party/strikes");
    expect(await declined(2)).toEqual([["party/strikes", [3]]]);
    await burnPair(store, four.key, 4, "mpc/ot-check-failed");
    expect(await declined(3)).toEqual([["party/pair-burned", [4]]]);
  });

  /** The restored party acknowledges a new pair with party 2, which has the certificate already. */
  async function renewedByBoth(world: World): Promise<Uint8Array> {
    const other = await stageRenewal(world, fixture.key, [2, 1], 1);
    await world.actor(2).store.commitPair(other, other);
    const twin = await worldOf(fixture, { seed: `${seed}-twin` });
    const { store } = world.actor(1);
    // The state comes from a party that was never restored, which has the same master key.
    return stageRenewal(twin, fixture.key, [1, 2], 1, store);
  }
});

describe("the sealed row of a pair", () => {
  it.each([
    ["another partner", async (world: World) => [await pairWith(world.actor(1).store, fixture.key, 3), 2] as const],
    [
      "an earlier generation",
      async (world: World) => {
        const before = await pairWith(world.actor(1).store, fixture.key, 2);
        await renewPair(world, fixture.key, [1, 2]);
        return [before, 2] as const;
      },
    ],
    ["the other end", async (world: World) => [await pairWith(world.actor(2).store, fixture.key, 1), 2] as const],
    [
      "another key",
      async () => {
        const other = await makeFixture({ seed: `${seed}-other-key` }, 2);
        return [await pairWith(other.stores.get(1) as CopyableStore, other.key, 2), 2] as const;
      },
    ],
  ])("of %s does not open in its place, and nothing is burned", async (name, other) => {
    const world = await worldOf(fixture, { seed: `${seed}-swapped-${name.replaceAll(" ", "-")}` });
    const [{ state }, partner] = await other(world);
    const { store } = world.actor(1);
    const swapped = new Proxy(store, {
      get: (target, property) => {
        if (property !== "pairs") return (Reflect.get(target, property) as () => unknown).bind(target);
        return async (keyId: Uint8Array, epoch: Uint8Array) =>
          (await target.pairs(keyId, epoch)).map((pair) => (pair.partner === partner ? { ...pair, state } : pair));
      },
    });
    await world.boot(1, new CrashPoint(0, "before"), { store: swapped });
    const session = await sign(world, 1);
    expect([session.signatures, session.aborts.map(({ code }) => code)]).toEqual([[], expect.arrayContaining(["party/unreadable-secret"])]);
    expect(await burnedOf(store, fixture.key)).toEqual([]);
    await world.boot(1);
    expect((await sign(world, 2)).signatures).toHaveLength(2);
  });
});

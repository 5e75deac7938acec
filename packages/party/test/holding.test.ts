// What a party says that it holds of a key. The statement is the party's own, for one question, and
// it says what its store says.
import { create, toBinary } from "@bufbuild/protobuf";
import type { StoredShare } from "@covault/party";
import type { World } from "@covault/testkit";
import { agreedPublicShares, verifyHolding } from "@covault/trust";
import { CertificateSchema, EnvelopeSchema, HoldingRequestSchema } from "@covault/wire";
import { beforeAll, describe, expect, it } from "vitest";
import { insert, run, stage } from "./epochs.ts";
import { digest } from "./fixture.ts";
import { type Held, holdKey, Lifecycle } from "./lifecycle.ts";
import { burnPair, pairWith } from "./standing.ts";

let held: Held;
beforeAll(async () => {
  held = await holdKey("ecdsa-secp256k1");
}, 300_000);

async function ask(life: Lifecycle, index: number) {
  const { coordinator, hub } = life.world;
  const { keyId, scheme } = life.key.charter;
  const nonce = digest(index);
  const before = coordinator.holdings.length;
  coordinator.askHolding(index, keyId, nonce);
  await hub.settle();
  expect(coordinator.holdings).toHaveLength(before + 1);
  const { partyId, identity } = life.world.actor(index);
  const signed = coordinator.holdings.at(-1) as (typeof coordinator.holdings)[number];
  return verifyHolding(signed, { holder: { partyId, idpk: identity.publicKey }, keyId, nonce, scheme });
}

describe("what a party holds of a key", () => {
  it("is its share, the public shares of all holders, and its pairs", async () => {
    const life = await Lifecycle.of(held, "holding");
    const { keyId, epoch } = { ...life.key, keyId: life.key.charter.keyId };
    const { store } = life.world.actor(1);
    const tenure = { name: "instance/gone", fence: 99 };
    await burnPair(store, { keyId, epoch }, 2);
    const lease = await store.takeLease("instance/gone", "gone");
    const third = await pairWith(store, { keyId, epoch }, 3);
    await store.beginCheck({ keyId, epoch, sid: digest(5), pairs: [third], tenure: { ...tenure, fence: lease.fence }, alive: [] });
    await store.dropLease("instance/gone", lease);
    const mine = await ask(life, 1);
    expect(mine).toMatchObject({ epoch, epochNumber: 0, highestEpochNumber: 0, share: "held", shareIndex: 1 });
    expect(mine.pairs.map(({ shareIndex, state, strikes }) => [shareIndex, state, strikes])).toEqual([
      [2, "burned", 0],
      [3, "usable", 1],
    ]);
    const statements = [mine, await ask(life, 2), await ask(life, 3)];
    expect(agreedPublicShares(statements, epoch, 3)?.map(({ point }) => point)).toEqual(await life.publicShares());
    expect(statements[0]?.keyId).toEqual(keyId);
    await store.markRestored({ seen: 0, generation: 1, refuseUpToMs: 0 });
    expect((await ask(life, 1)).pairs.map(({ state }) => state)).toEqual(["burned", "lost"]);
  });

  it.each(["secret", "record", "intent"] as const)(
    "is none when its share is there and does not open, since its %s is damaged",
    async (field) => {
      const life = await Lifecycle.of(held, `holding-damaged-${field}`);
      const { world } = life;
      const { store } = world.actor(1);
      const damaged = new Proxy(store, {
        get(target, name) {
          const value = Reflect.get(target, name, target) as unknown;
          if (typeof value !== "function") return value;
          return async (...args: unknown[]) => {
            const answer = (await Reflect.apply(value, target, args)) as StoredShare | undefined;
            if (name !== "share" || answer === undefined) return answer;
            return { ...answer, [field]: answer[field].map((byte, at) => (at === answer[field].length >> 1 ? byte ^ 1 : byte)) };
          };
        },
      });
      await world.boot(1, undefined, { store: damaged });
      const { epoch } = life.key;
      expect(await ask(life, 1)).toMatchObject({ epoch, share: "none", shareIndex: 0, publicShares: [], pairs: [] });
      await world.boot(1);
      expect(await ask(life, 1)).toMatchObject({ epoch, share: "held", shareIndex: 1 });
    },
  );

  it("says the highest number that it has acknowledged, and has no share where it left, lost it, or never had one", async () => {
    const life = await Lifecycle.of(held, "holding-none");
    const { world } = life;
    const { epoch } = life.key;
    const staged = run(world, life.key, (action) => {
      action.epochNumber = 7;
    });
    await stage(world, 1, staged);
    expect(await ask(life, 1)).toMatchObject({ epoch, epochNumber: 0, highestEpochNumber: 7, share: "held" });
    expect(await ask(life, 4)).toMatchObject({ epoch: new Uint8Array(), epochNumber: 0, highestEpochNumber: 0, share: "none" });
    // 4 has a share in doubt, and no certificate of the key.
    const comes = run(world, life.key, (action) => {
      action.kind = "reshare";
      action.epochNumber = 9;
      action.members.push(life.seat(4));
    });
    await insert(world, 4, comes);
    expect(await ask(life, 4)).toMatchObject({ epoch: new Uint8Array(), highestEpochNumber: 9, share: "none" });

    const { keyId, scheme } = life.key.charter;
    const of = (made: typeof staged, epochNumber: number) => ({
      ...{ keyId, scheme, epochNumber },
      ...{ epoch: made.epoch, sessionId: made.sessionId, intentId: made.h2, intent: digest(1) },
    });
    const chain = (made: typeof staged) =>
      [life.certificates[0] as typeof made.certificate, made.certificate].map((each) => toBinary(CertificateSchema, each));
    const without = run(world, life.key, (action) => {
      action.kind = "reshare";
      action.epochNumber = 3;
      action.members = action.members.slice(0, 2);
    });
    const [judged] = chain(without);
    expect(await world.actor(3).store.leaveEpoch(of(without, 3), chain(without), judged)).toBe("left");
    expect(await ask(life, 3)).toMatchObject({ epoch: without.epoch, epochNumber: 3, highestEpochNumber: 3, share: "left" });
    expect(await world.actor(2).store.leaveEpoch(of(without, 3), chain(without), judged)).toBe("left");
    expect(await ask(life, 2)).toMatchObject({ epoch: without.epoch, share: "none" });
  });

  it("is told to the coordinator alone, for a question that can be one, and no oftener than a party may look", async () => {
    const life = await Lifecycle.of(held, "holding-asked");
    const { world } = life;
    const { keyId } = life.key.charter;
    const dropped = (reason: string) => world.dropped(1, reason);
    const question = (nonce: Uint8Array) => ({ case: "holdingRequest", value: create(HoldingRequestSchema, { keyId, nonce }) }) as const;
    world.coordinator.say(1, question(new Uint8Array(31)));
    await world.hub.settle();
    expect([dropped("malformed"), world.coordinator.holdings.length]).toEqual([1, 0]);
    const body = question(digest(1));
    await said(world, body);
    expect([dropped("wrong-sender"), world.coordinator.holdings.length]).toEqual([1, 0]);
    for (let k = 0; k < 257; k++) world.coordinator.say(1, body);
    await world.hub.settle();
    expect([dropped("too-often"), world.coordinator.holdings.length]).toEqual([1, 256]);
  });
});

async function said(world: World, body: Parameters<World["coordinator"]["say"]>[1]): Promise<void> {
  await world.actor(1).party.receive({ partyId: "party-2", instanceId: "i1" }, toBinary(EnvelopeSchema, create(EnvelopeSchema, { body })));
}

// A signature that is under way when a higher epoch of its key is committed. The attempt gives way,
// with no strike, no burn and no blame, and the next one under the same intent signs with the new
// epoch (dkls23-spec 7, 9).
import { create, toBinary } from "@bufbuild/protobuf";
import { type Protocol, type Protocols, protocols, type Store } from "@covault/party";
import { type Flight, lyingProtocols, type TestSession } from "@covault/testkit";
import { CommittedSchema, EnvelopeSchema } from "@covault/wire";
import { beforeAll, describe, expect, it } from "vitest";
import { type Run, run, stage } from "./epochs.ts";
import { type Held, holdKey, Lifecycle, said } from "./lifecycle.ts";
import { burnedOf, burnPair } from "./standing.ts";

let held: Held;
beforeAll(async () => {
  held = await holdKey("ecdsa-secp256k1");
}, 300_000);

/** A run of the key's next epoch, which is staged at all holders and has its certificate. */
async function staged(seed: string): Promise<{ life: Lifecycle; next: Run }> {
  const life = await Lifecycle.of(held, seed);
  const next = run(life.world, life.key);
  for (const index of [1, 2, 3]) await stage(life.world, index, next);
  return { life, next };
}

function show(life: Lifecycle, index: number, { sessionId, certificate }: Run): Promise<void> {
  const value = create(CommittedSchema, { sessionId, certificate });
  const bytes = toBinary(EnvelopeSchema, create(EnvelopeSchema, { body: { case: "committed", value } }));
  return life.world.actor(index).party.receive({ partyId: "party-3", instanceId: "i1" }, bytes);
}

/** What the attempt leaves behind: its reports name nobody, and no pair is the worse for it. */
async function leavesNothing(life: Lifecycle, session: TestSession): Promise<void> {
  expect(session.signatures).toEqual([]);
  expect(said(session)).toContain("party/epoch-superseded");
  const ofOne = session.aborts.filter(({ code }) => code === "party/epoch-superseded");
  expect(ofOne.flatMap(({ culprits, consequence }) => [...culprits, consequence])).toEqual(ofOne.map(() => "retry"));
  for (const index of [1, 2]) {
    // The instance before is gone, so that an open note of its would be a strike now.
    await life.world.boot(index);
    expect(life.world.actor(index).store.heldAgainstPairs()).toEqual({ burns: [], checks: 0 });
  }
}

async function signsNext(life: Lifecycle, session: TestSession, next: Run): Promise<void> {
  const { coordinator, hub } = life.world;
  life.commit(next);
  const { charter, epoch, epochNumber } = life.key;
  coordinator.learn(charter.keyId, { epoch, epochNumber, certificates: life.certificates });
  coordinator.attempt(session, [1, 2]);
  await hub.settle();
  expect(session.signatures).toHaveLength(2);
}

describe("a signature whose key gets a new epoch meanwhile", () => {
  it.each([1, 2, 3])("gives way in round %i, and the next attempt signs with the new epoch", async (round) => {
    const { life, next } = await staged(`turn-${round}`);
    const _old = life.key.epoch;
    const { hub } = life.world;
    const held: Flight[] = [];
    hub.intercept = (flight, { body }) => {
      if (body.case !== "round" || body.value.header[2] !== round) return [flight];
      held.push(flight);
      return [];
    };
    const session = await life.signs([1, 2]);
    expect(held).toHaveLength(2);
    await show(life, 1, next);
    hub.intercept = (flight) => [flight];
    // What it sent before is lost. With it, the other one could still sign.
    for (const flight of held) if (flight.to.partyId === "party-1") hub.inject(flight);
    await hub.settle();
    await leavesNothing(life, session);
    await signsNext(life, session, next);
  });

  it.each(["beginCheck", "endCheck"] as const)("clears the note of a check that is open then, after %s", async (method) => {
    const { life, next } = await staged(`turn-${method}`);
    const _old = life.key.epoch;
    const { store } = life.world.actor(1);
    let isShown = false;
    const watched: Store = new Proxy(store, {
      get(target, name) {
        const value = Reflect.get(target, name, target) as unknown;
        if (typeof value !== "function") return value;
        return async (...args: unknown[]) => {
          const answer = (await Reflect.apply(value, target, args)) as unknown;
          if (name === method && !isShown) {
            isShown = true;
            await show(life, 1, next);
          }
          return answer;
        };
      },
    });
    await life.world.boot(1, undefined, { store: watched });
    const session = await life.signs([1, 2]);
    expect(isShown).toBe(true);
    await leavesNothing(life, session);
    await signsNext(life, session, next);
  });
});

it("what a burned pair and a restored store cannot sign any more, a refresh makes whole: it needs shares, and no pairs", async () => {
  const life = await Lifecycle.of(held, "heals");
  const { world } = life;
  await burnPair(world.actor(1).store, life.ofEpoch, 2);
  await world.actor(3).store.markRestored({ seen: 0, generation: 1, refuseUpToMs: 0 });
  expect(said(await life.signs([1, 2]))).toEqual(["party/pair-burned"]);
  expect(said(await life.signs([2, 3]))).toEqual(["party/pairs-missing"]);
  await life.go();
  for (const signers of [
    [1, 2],
    [2, 3],
  ])
    expect((await life.signs(signers)).signatures).toHaveLength(2);
});

it("a refresh goes on while a signature burns one of its pairs: it has pairs of its own", async () => {
  const lying = lyingProtocols(protocols, (body, round) => {
    if (round === 1) body.fill(1, 40, 60);
    return body;
  });
  const protocolsOf = (index: number): Protocols =>
    index === 2 ? protocols.map((honest, at) => (honest.name === "sign" ? (lying[at] as Protocol) : honest)) : protocols;
  const life = await Lifecycle.of(held, "burns-beside", { protocolsOf });
  const { world } = life;
  const late: Flight[] = [];
  let isHeld = true;
  world.hub.intercept = (flight, { body }) => {
    if (!isHeld || body.case !== "round" || body.value.header[1] !== 2) return [flight];
    late.push(flight);
    return [];
  };
  const session = life.open(await life.asked());
  await world.hub.settle();
  expect(late.length).toBeGreaterThan(0);
  await life.signs([1, 2]);
  expect(await burnedOf(world.actor(1).store, life.ofEpoch)).toEqual([2]);
  isHeld = false;
  for (const flight of late) world.hub.inject(flight);
  await world.hub.settle();
  expect(said(session)).toEqual([]);
  life.commit(session);
  expect(await life.share(1)).toMatchObject({ status: "committed" });
});

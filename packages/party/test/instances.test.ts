// Several instances of one party on one store: what becomes of open checks when clocks are set,
// when an instance stands still, and when it is gone (dkls23-spec 9, rule 1).
import { type Protocols, protocols, type Store } from "@covault/party";
import { CrashPoint, FakeClock, type World } from "@covault/testkit";
import { beforeAll, describe, expect, it } from "vitest";
import { digest, type Fixture, makeFixture, worldOf } from "./fixture.ts";
import { burnedOf, strikesOf } from "./standing.ts";

const seed = "instances";
const none = new Map();
/** So many checks burn a pair when they become strikes. */
const open = 9;
let fixture: Fixture;
beforeAll(async () => {
  fixture = await makeFixture({ seed }, 2);
});

/** A store whose first `count` checks do not end before `release`. */
function holding(store: Store, count: number) {
  const held: (() => void)[] = [];
  const inner = new Proxy(store, {
    get: (target, property) => {
      const method = Reflect.get(target, property) as (...args: unknown[]) => Promise<unknown>;
      if (property !== "endCheck") return typeof method === "function" ? method.bind(target) : method;
      return async (...args: unknown[]) => {
        if (held.length < count) await new Promise<void>((resolve) => held.push(resolve));
        return method.apply(target, args);
      };
    },
  });
  return { store: inner, held, release: () => held.forEach((resolve) => void resolve()) };
}

const sign = (world: World, byte: number, signers: readonly number[] = [1, 2]) =>
  world.coordinator.open(world.signIntent(fixture.key, digest(byte)), signers);

/**
 * Party 1 with as many open checks of its pair with party 2, and the sessions that wait for them.
 */
async function withOpenChecks(name: string, clock?: FakeClock) {
  const world = await worldOf(fixture, { seed: `${seed}-${name}` });
  const { store } = world.actor(1);
  const gate = holding(store, open);
  await world.boot(1, new CrashPoint(0, "before"), { store: gate.store, ...(clock === undefined ? {} : { clock }) });
  const sessions = Array.from({ length: open }, (_, k) => sign(world, 1 + k));
  await world.hub.deliverUntil(() => gate.held.length === open);
  return { world, store, gate, sessions };
}

/** Party 1's instance stands still, and another one of it goes on for `ms`. */
async function standingStill(name: string, ms: number) {
  const clock = new FakeClock();
  const all = await withOpenChecks(name, clock);
  all.world.hub.disconnect({ partyId: "party-1", instanceId: "i1" });
  await all.world.boot(1, new CrashPoint(0, "before"), { instanceId: "i2" });
  await all.world.pass(ms, 2_000);
  /** The instance comes back. Its timers fire and its calls go on. */
  const thaw = async (): Promise<void> => {
    all.gate.release();
    clock.advance(ms);
    await all.world.hub.settle();
    await all.world.pass(4_000, 2_000);
  };
  return { ...all, clock, thaw };
}

describe("open checks", () => {
  it.each([-3_600_000, -300_000, 300_000, 3_600_000])(
    "are no strikes when the wall clock is set by %i ms, and all end well",
    async (stepMs) => {
      const { world, store, gate, sessions } = await withOpenChecks(`step ${stepMs}`);
      world.clock.step(stepMs);
      const late = sign(world, 100);
      await world.hub.deliverUntil(() => late.signatures.length === 2);
      gate.release();
      await world.hub.settle();
      for (const session of sessions) expect(session.signatures).toHaveLength(2);
      expect(await strikesOf(store, fixture.key)).toEqual(none);
      expect(await burnedOf(store, fixture.key)).toEqual([]);
    },
  );

  it("of an instance that stands still for 30 s beside a live one are no strikes; the pair waits for it, other pairs go on", async () => {
    const { world, store, thaw } = await standingStill("30 s", 30_000);
    const waiting = sign(world, 100);
    const other = sign(world, 101, [1, 3]);
    await world.hub.settle();
    expect(waiting.aborts.map(({ code }) => code)).toContain("party/pair-undecided");
    expect(other.signatures).toHaveLength(2);
    expect(await strikesOf(store, fixture.key)).toEqual(none);
    await thaw();
    const after = sign(world, 102);
    await world.hub.settle();
    expect(after.signatures).toHaveLength(2);
    expect(await strikesOf(store, fixture.key)).toEqual(none);
    expect(await burnedOf(store, fixture.key)).toEqual([]);
  });

  it("are strikes when their instance is gone; one that comes back all the same ends no check and sends nothing of it", async () => {
    const { world, store, sessions, thaw } = await standingStill("gone", 70_000);
    expect(await strikesOf(store, fixture.key)).toEqual(new Map([[2, open]]));
    const sent: string[] = [];
    world.hub.intercept = (flight, { body }) => {
      if (flight.from.instanceId === "i1") sent.push(String(body.case));
      return [flight];
    };
    await thaw();
    expect(sent).toContain("aborted");
    expect(sent.filter((kind) => kind === "round" || kind === "result")).toEqual([]);
    for (const session of sessions) expect(session.aborts.map(({ code }) => code)).toContain("party/instance-lost");
    expect(await strikesOf(store, fixture.key)).toEqual(new Map([[2, open]]));
    const after = sign(world, 100);
    await world.hub.settle();
    expect(after.aborts.map(({ code }) => code)).toContain("mpc/pair-burned");
    expect(await burnedOf(store, fixture.key)).toEqual([2]);
  });

  it("are strikes at once when their instance starts again", async () => {
    const { world, store } = await withOpenChecks("again");
    await world.boot(1);
    expect(await strikesOf(store, fixture.key)).toEqual(new Map([[2, open]]));
    const after = sign(world, 100);
    await world.hub.settle();
    expect(after.aborts.map(({ code }) => code)).toContain("mpc/pair-burned");
  });

  it("are none any more when the party stops in good order", async () => {
    const world = await worldOf(fixture, { seed: `${seed}-order` });
    const session = sign(world, 1);
    await world.hub.settle();
    expect(session.signatures).toHaveLength(2);
    const { store, party } = world.actor(1);
    await party.stop();
    expect(await store.leases("instance/")).toEqual([]);
    expect(await strikesOf(store, fixture.key)).toEqual(none);
  });
});

describe("a check whose end is not known", () => {
  it("is a strike at once when the worker that ran it crashed", async () => {
    const crashing: Protocols = protocols.map((protocol) => ({
      ...protocol,
      make: (setup, share, own) => {
        const machine = protocol.make(setup, share, own);
        machine.check = () => {
          throw new Error("the worker is gone");
        };
        return machine;
      },
    }));
    const world = await worldOf(fixture, { seed: `${seed}-worker`, protocolsOf: (index) => (index === 1 ? crashing : protocols) });
    sign(world, 1);
    await world.hub.settle();
    expect(await strikesOf(world.actor(1).store, fixture.key)).toEqual(new Map([[2, 1]]));
  });

  it("is no strike when it was passed and only the store failed, however often", async () => {
    const world = await worldOf(fixture, { seed: `${seed}-store` });
    const { store } = world.actor(1);
    let failures = 3;
    const failing = new Proxy(store, {
      get: (target, property) => {
        const method = Reflect.get(target, property) as (...args: unknown[]) => Promise<unknown>;
        if (typeof method !== "function") return method;
        return (...args: unknown[]) =>
          property === "endCheck" && failures-- > 0 ? Promise.reject(new Error("no database")) : method.apply(target, args);
      },
    });
    await world.boot(1, new CrashPoint(0, "before"), { store: failing });
    const session = sign(world, 1);
    await world.hub.deliverUntil(() => failures < 3);
    while (failures > 0) {
      world.clock.advance(400);
      await new Promise(setImmediate);
    }
    world.clock.advance(400);
    await world.hub.settle();
    // Nobody has cheated, and the attempt goes on where it stood.
    expect(session.signatures).toHaveLength(2);
    await world.boot(1);
    expect(await strikesOf(store, fixture.key)).toEqual(none);
  });
});

describe("two processes under one instance id", () => {
  it("never run at once: the newer one goes on, the older one joins nothing and takes over when the newer one is gone", async () => {
    const world = await worldOf(fixture, { seed: `${seed}-twins` });
    const older = world.actor(1).party;
    // Both instances run on. The hub delivers to the newer one, and the older one is asked
    // directly.
    const crash = world.actor(1).crash;
    crash.kill = () => {};
    const newerCrash = new CrashPoint(0, "before");
    await world.boot(1, newerCrash);
    await world.pass(4_000, 2_000);
    const [lease] = await world.actor(1).store.leases("instance/");
    await world.pass(20_000, 2_000);
    expect(await world.actor(1).store.leases("instance/")).toMatchObject([{ owner: lease?.owner, fence: lease?.fence }]);
    newerCrash.kill();
    await world.pass(70_000, 2_000);
    const [after] = await world.actor(1).store.leases("instance/");
    expect(after?.owner).not.toBe(lease?.owner);
    expect(after?.fence).toBeGreaterThan(lease?.fence as number);
    await older.stop();
    expect(await world.actor(1).store.leases("instance/")).toEqual([]);
  });
});

// What an orderly stop leaves of a stored session: all of it when nothing but the store fails, and
// nothing when its round has failed. And an abort is reported when it is durable, never before.
import { type AttemptSecrets, inThreadRunner, type Protocols, protocols, type Runner, type Store } from "@covault/party";
import { CrashPoint, lyingProtocols, toyKeygen, World } from "@covault/testkit";
import { describe, expect, it } from "vitest";

type Act = (...args: never[]) => Promise<unknown>;

/** The store with another `name`, which is given what the store itself does. */
function altered(store: Store, name: keyof Store, act: (inner: () => Promise<unknown>) => Promise<unknown>): Store {
  return new Proxy(store, {
    get: (target, property) => {
      const method = (Reflect.get(target, property) as Act).bind(target);
      return property === name ? (...args: never[]) => act(() => method(...args)) : method;
    },
  });
}

/** Party 2 lies in the second round. */
const liarOf = (index: number): Protocols =>
  index === 2 ? lyingProtocols(protocols, (body, round) => (round === 2 ? body.fill(1) : body)) : protocols;

/** The runner of party 1, which calls back before each round is delivered. */
const runnerBefore =
  (delivers: () => void) =>
  (index: number, run: Protocols, entropy: Parameters<typeof inThreadRunner>[1]): Runner => {
    const runner = inThreadRunner(run, entropy);
    if (index !== 1) return runner;
    const open = (): AttemptSecrets => {
      const inner = runner.open();
      const deliver = inner.deliver.bind(inner);
      return Object.assign(inner, {
        deliver: (messages: Parameters<typeof deliver>[0]) => {
          delivers();
          return deliver(messages);
        },
      });
    };
    return { ...runner, open };
  };

const abortsOf = (world: World) =>
  world.actor(1).events.flatMap((event) => (event.kind === "aborted" ? [{ code: event.code, culprits: event.culprits }] : []));

describe("an orderly stop", () => {
  it.each(["fixInputs", "saveRound", "stageShare"] as const)(
    "leaves a session to be resumed whose store fails meanwhile, at %s",
    async (name) => {
      const world = await World.create({ seed: `stops at ${name}`, protocolsOf: () => [toyKeygen] });
      let stopping: Promise<void> | undefined;
      let asked = 0;
      const store = altered(world.actor(1).store, name, async () => {
        asked++;
        stopping ??= world.actor(1).party.stop();
        throw new Error("no database");
      });
      await world.boot(1, new CrashPoint(0, "before"), { store });
      const session = world.coordinator.open(world.keygenIntent(2), [1, 2, 3]);
      await world.hub.settle();
      await stopping;
      // The store is asked once, and once more in case only the answer was lost.
      expect(asked).toBe(2);
      expect([abortsOf(world), session.aborts]).toEqual([[], []]);
      expect(await world.actor(1).store.runningSessions()).toHaveLength(1);
      expect(world.actor(1).events.filter(({ kind }) => kind === "failed").length).toBeGreaterThan(0);
      await world.boot(1);
      await world.pass(10_000);
      expect(session.certificate?.acks).toHaveLength(3);
      expect(session.attempt).toBe(1);
    },
  );

  it("ends a session whose round fails meanwhile, says so, and resumes nothing", async () => {
    let rounds = 0;
    let stopping: Promise<void> | undefined;
    const runnerOf = runnerBefore(() => {
      if (++rounds === 2) stopping = world.actor(1).party.stop();
    });
    const world: World = await World.create({ seed: "stops at a cheat", indices: [1, 2], protocolsOf: liarOf, runnerOf });
    const session = world.coordinator.open(world.keygenIntent(2), [1, 2]);
    await world.hub.settle();
    await stopping;
    expect(abortsOf(world)).toEqual([{ code: "mpc/echo-mismatch", culprits: [] }]);
    expect(session.aborts.map(({ code }) => code)).toContain("mpc/echo-mismatch");
    expect(await world.actor(1).store.runningSessions()).toEqual([]);
  });

  it("ends a session whose round had begun with other messages", async () => {
    const world = await World.create({ seed: "stops at other inputs", protocolsOf: () => [toyKeygen] });
    const { store } = world.actor(1);
    let stopping: Promise<void> | undefined;
    const stops = altered(store, "fixInputs", async (inner) => {
      const [running] = await store.runningSessions();
      await store.fixInputs(running?.rid as Uint8Array, 1, 1, new Uint8Array(32).fill(9));
      stopping ??= world.actor(1).party.stop();
      return inner();
    });
    await world.boot(1, new CrashPoint(0, "before"), { store: stops });
    world.coordinator.open(world.keygenIntent(2), [1, 2, 3]);
    await world.hub.settle();
    await stopping;
    expect(abortsOf(world)).toEqual([{ code: "party/inputs-changed", culprits: [] }]);
    expect(await store.runningSessions()).toEqual([]);
  });
});

describe("an abort", () => {
  async function aborting(seed: string, act: (inner: () => Promise<unknown>) => Promise<unknown>) {
    const world = await World.create({ seed, indices: [1, 2], protocolsOf: liarOf });
    await world.boot(1, new CrashPoint(0, "before"), { store: altered(world.actor(1).store, "abortSession", act) });
    const steps: string[] = [];
    world.hub.intercept = (flight, { body }) => {
      if (flight.from.partyId === "party-1" && body.case === "aborted") steps.push("said");
      return [flight];
    };
    world.coordinator.open(world.keygenIntent(2), [1, 2]);
    return { world, steps };
  }

  it("is said when it is durable, and not before", async () => {
    let release = (): void => {};
    const { world, steps } = await aborting("abort, then say", async (inner) => {
      steps.push("asked");
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      const ended = await inner();
      steps.push("durable");
      return ended;
    });
    await world.hub.deliverUntil(() => steps.includes("asked"));
    // Whatever could be sent meanwhile has its turns.
    for (let k = 0; k < 50; k++) await new Promise((resolve) => setImmediate(resolve));
    expect(steps).toEqual(["asked"]);
    release();
    await world.hub.settle();
    expect(steps).toEqual(["asked", "durable", "said"]);
  });

  it("is never said when the store does not take it: the session stands there, and may be resumed", async () => {
    const { world, steps } = await aborting("abort, never said", async () => {
      throw new Error("no database");
    });
    await world.hub.settle();
    await world.actor(1).party.idle();
    expect(steps).toEqual([]);
    expect(abortsOf(world)).toEqual([]);
    expect(await world.actor(1).store.runningSessions()).toHaveLength(1);
    expect(world.actor(1).events.some(({ kind }) => kind === "failed")).toBe(true);
  });
});

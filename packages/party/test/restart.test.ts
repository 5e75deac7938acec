// Stores that come back: a session that another instance takes over, a store that was restored from
// a backup, and a network that loses a fifth of everything while parties die.
import { fromBinary } from "@bufbuild/protobuf";
import { type Generation, protocols } from "@covault/party";
import { type CopyableStore, CrashPoint, memoryGeneration, seeded, toyKeygen, World } from "@covault/testkit";
import { intentIdOf, verifyAccusation } from "@covault/trust";
import { IntentSchema, type Signed } from "@covault/wire";
import { describe, expect, it } from "vitest";
import { digest, makeKey, withMethod } from "./fixture.ts";

describe("another instance of the party", () => {
  it("takes a keygen over when the lease of a dead one runs out, and the peers find it", async () => {
    const world = await World.create({ seed: "takeover", protocolsOf: () => [toyKeygen] });
    // The steps are prune, claim, join, openSession, two sends, progress and the inputs of round 1.
    // The party dies before it writes round 2.
    const crash = new CrashPoint(9, "before");
    await world.boot(2, crash);
    const session = world.coordinator.open(world.keygenIntent(2), [1, 2, 3]);
    await world.hub.settle();
    expect(crash.where).toBe("saveRound");
    world.hub.disconnect({ partyId: "party-2", instanceId: "i1" });
    await world.boot(2, new CrashPoint(0, "before"), { instanceId: "i2" });
    expect(world.actor(2).party.running).toBe(0);
    // This is well before the coordinator, which waits 20 s for progress, gives the attempt up.
    await world.pass(10_000);
    expect(world.actor(2).events.some(({ kind }) => kind === "resumed")).toBe(true);
    await world.pass(30_000, 2_000);
    expect(session.certificate?.acks).toHaveLength(3);
    expect(session.attempt).toBe(1);
  });

  it("leaves a session stored while its roster is behind, and takes it over when that is the newest again", async () => {
    const world = await World.create({ seed: "takeover-behind", protocolsOf: () => [toyKeygen] });
    const crash = new CrashPoint(9, "before");
    await world.boot(2, crash);
    const session = world.coordinator.open(world.keygenIntent(2), [1, 2, 3]);
    await world.hub.settle();
    expect(crash.where).toBe("saveRound");
    world.hub.disconnect({ partyId: "party-2", instanceId: "i1" });
    await world.boot(2, new CrashPoint(0, "before"), { instanceId: "i2" });
    world.isBehind = true;
    await world.pass(10_000);
    expect(world.actor(2).events.some(({ kind }) => kind === "resumed")).toBe(false);
    expect(await world.actor(2).store.runningSessions()).toHaveLength(1);
    world.isBehind = false;
    await world.pass(30_000, 2_000);
    expect(world.actor(2).events.some(({ kind }) => kind === "resumed")).toBe(true);
    expect(session.certificate?.acks).toHaveLength(3);
  });

  it("leaves a session stored whose store does not answer while it is taken up, and goes on with it in the same attempt", async () => {
    const world = await World.create({ seed: "takeover-away", protocolsOf: () => [toyKeygen] });
    const crash = new CrashPoint(9, "before");
    await world.boot(2, crash);
    const session = world.coordinator.open(world.keygenIntent(2), [1, 2, 3]);
    await world.hub.settle();
    expect(crash.where).toBe("saveRound");
    world.hub.disconnect({ partyId: "party-2", instanceId: "i1" });
    const { store } = world.actor(2);
    let asked = 0;
    let isAway = true;
    const outbox: typeof store.outbox = async (...args) => {
      asked += 1;
      if (isAway) throw new Error("the database does not answer");
      return store.outbox(...args);
    };
    await world.boot(2, undefined, { instanceId: "i2", store: withMethod(store, "outbox", outbox) });
    await world.pass(13_000);
    const kinds = () => world.actor(2).events.map(({ kind }) => kind);
    // Each sweep has tried once.
    expect(asked).toBeGreaterThan(1);
    expect(["resumed", "aborted", "strikes", "burned"].filter((kind) => kinds().includes(kind as never))).toEqual([]);
    expect([await store.runningSessions(), session.aborts]).toMatchObject([[{ rid: session.rid }], []]);
    isAway = false;
    await world.pass(30_000, 2_000);
    expect(kinds().filter((kind) => kind === "resumed")).toHaveLength(1);
    expect([session.certificate?.acks.length, session.attempt]).toEqual([3, 1]);
  });

  it("goes on with a session whose roster falls behind while it is claimed, and does not close it", async () => {
    const world = await World.create({ seed: "takeover-falls-behind", protocolsOf: () => [toyKeygen] });
    const crash = new CrashPoint(9, "before");
    await world.boot(2, crash);
    const session = world.coordinator.open(world.keygenIntent(2), [1, 2, 3]);
    await world.hub.settle();
    expect(crash.where).toBe("saveRound");
    world.hub.disconnect({ partyId: "party-2", instanceId: "i1" });
    const { store } = world.actor(2);
    const claimSession: typeof store.claimSession = async (...args) => {
      const stored = await store.claimSession(...args);
      world.isBehind = stored !== undefined;
      return stored;
    };
    const falling = new Proxy(store, {
      get(inner, property) {
        const method: unknown = Reflect.get(inner, property);
        if (property === "claimSession") return claimSession;
        return typeof method === "function" ? method.bind(inner) : method;
      },
    });
    await world.boot(2, new CrashPoint(0, "before"), { instanceId: "i2", store: falling });
    await world.pass(10_000);
    expect(world.isBehind).toBe(true);
    expect(world.actor(2).events.some(({ kind }) => kind === "resumed")).toBe(true);
    world.isBehind = false;
    await world.pass(30_000, 2_000);
    expect(session.certificate?.acks).toHaveLength(3);
    expect(session.attempt).toBe(1);
  });

  it("answers a stored round with no other messages than those with which a copy of it had begun: the attempt ends in the store, then it says so", async () => {
    const world = await World.create({ seed: "inputs", protocolsOf: () => [toyKeygen] });
    let holds = true;
    world.hub.intercept = (flight, { body }) => (holds && body.case === "round" ? [] : [flight]);
    world.coordinator.open(world.keygenIntent(2), [1, 2, 3]);
    await world.hub.settle();
    const { store } = world.actor(1);
    const [running] = await store.runningSessions();
    expect(await store.fixInputs(running?.rid as Uint8Array, 1, 1, new Uint8Array(32).fill(9))).toBe("fixed");
    holds = false;
    await world.pass(10_000);
    const ended = world.actor(1).events.filter(({ kind }) => kind === "aborted");
    expect(ended).toMatchObject([{ code: "party/inputs-changed", round: 1, culprits: [] }]);
    expect((await store.runningSessions()).some(({ rid }) => Buffer.compare(rid, running?.rid as Uint8Array) === 0)).toBe(false);
  });

  it("leaves a session alone whose lease is kept", async () => {
    const world = await World.create({ seed: "kept", protocolsOf: () => [toyKeygen] });
    world.hub.intercept = (flight, { body }) => (body.case === "round" && body.value.header[2] === 2 ? [] : [flight]);
    world.coordinator.open(world.keygenIntent(2), [1, 2, 3]);
    await world.hub.settle();
    const { party } = world.actor(2);
    await world.boot(2, new CrashPoint(0, "before"), { instanceId: "i2" });
    await world.pass(60_000, 5_000);
    expect(party.running).toBe(1);
    expect(world.actor(2).party.running).toBe(0);
  });

  it("gives up a stored session after its intent has expired", async () => {
    const world = await World.create({ seed: "expired", protocolsOf: () => [toyKeygen] });
    world.hub.intercept = (flight, { body }) => (body.case === "round" ? [] : [flight]);
    world.coordinator.open(world.keygenIntent(2), [1, 2, 3]);
    await world.hub.settle();
    await world.actor(2).party.stop();
    expect(await world.actor(2).store.runningSessions()).toHaveLength(1);
    await world.pass(190_000, 10_000);
    await world.boot(2);
    expect(await world.actor(2).store.runningSessions()).toEqual([]);
    expect(await world.actor(1).store.runningSessions()).toEqual([]);
  });
});

describe("a party that restarts and is started again", () => {
  async function restarted(seed: string, crash: CrashPoint) {
    const world = await World.create({ seed, protocolsOf: () => [toyKeygen] });
    await world.boot(2, crash);
    const session = world.coordinator.open(world.keygenIntent(2), [1, 2, 3]);
    await world.hub.settle();
    await world.boot(2);
    world.coordinator.start(session, 2);
    await world.hub.settle();
    return { world, session };
  }

  it("says that it has forgotten the attempt which it joined, and makes the key in the next one", async () => {
    // The steps are prune, claim and join. The party dies before it writes round 1.
    const crash = new CrashPoint(4, "before");
    const { world, session } = await restarted("forgotten", crash);
    expect(crash.where).toBe("openSession");
    expect(session.aborts.map(({ attempt, code, culprits }) => [attempt, code, culprits])).toEqual([[1, "party/restarted", []]]);
    world.coordinator.attempt(session, [1, 2, 3]);
    await world.pass(10_000);
    expect(session.certificate?.acks).toHaveLength(3);
  });

  it.each([
    ["whose rounds it has stored", 9, "saveRound"],
    ["that made its share", 0, ""],
  ])("does not say so of an attempt %s", async (what, at, where) => {
    const crash = new CrashPoint(at, "before");
    const { world, session } = await restarted(what, crash);
    expect(crash.where).toBe(where);
    await world.pass(30_000, 2_000);
    expect(session.aborts).toEqual([]);
    expect(session.certificate?.acks).toHaveLength(3);
  });
});

describe("an answer of the store that gets lost", () => {
  /**
   * Party 1 on a store that does what it is asked and keeps its first answer to `method` for
   * itself.
   */
  async function losing(method: keyof CopyableStore) {
    const world = await World.create({ seed: `lost ${method}`, protocolsOf: () => [toyKeygen] });
    const { store } = world.actor(1);
    let lost = false;
    const lossy = new Proxy(store, {
      get: (_, name) => {
        const act = Reflect.get(store, name).bind(store);
        if (name !== method) return act;
        return async (...args: unknown[]) => {
          const answer = await act(...args);
          if (lost) return answer;
          lost = true;
          throw new Error("the answer is lost");
        };
      },
    });
    await world.boot(1, new CrashPoint(0, "before"), { store: lossy });
    return { world, store };
  }

  it.each(["openSession", "fixInputs", "saveRound", "stageShare"] as const)(
    "to %s is no abort: the session that stands there goes on, at once and in this attempt",
    async (method) => {
      const { world, store } = await losing(method);
      const session = world.coordinator.open(world.keygenIntent(2), [1, 2, 3]);
      await world.hub.settle();
      expect(session.aborts).toEqual([]);
      expect([session.certificate?.acks.length, session.attempt]).toEqual([3, 1]);
      expect((await store.sharesOfSession(session.sessionId))[0]?.status).toBe("committed");
      const said = world.actor(1).events.map(({ kind }) => kind);
      expect([said.includes("resumed"), said.filter((kind) => kind === "failed").length]).toEqual([false, 1]);
    },
  );

  it("to saveRound ends the session here when another instance has written that round by then", async () => {
    const world = await World.create({ seed: "lost to another", protocolsOf: () => [toyKeygen] });
    const { store } = world.actor(1);
    let calls = 0;
    const taken = new Proxy(store, {
      get: (_, name) => {
        const act = Reflect.get(store, name).bind(store);
        if (name !== "saveRound") return act;
        return async (rid: Uint8Array, fence: number, round: number) => {
          calls += 1;
          // The same round is made anew with other randomness under the same fence, so that what is
          // in memory here is not what is stored.
          if (calls === 1) await store.saveRound(rid, fence, round, new Uint8Array(40), []);
          if (calls === 1) throw new Error("the answer is lost");
          return false;
        };
      },
    });
    await world.boot(1, new CrashPoint(0, "before"), { store: taken });
    const sent: number[] = [];
    world.hub.intercept = (flight, { body }) => {
      if (flight.from.partyId === "party-1" && body.case === "round") sent.push(body.value.header[2] as number);
      return [flight];
    };
    const session = world.coordinator.open(world.keygenIntent(2), [1, 2, 3]);
    await world.hub.settle();
    expect([calls, world.actor(1).party.running, session.aborts]).toEqual([2, 0, []]);
    expect(new Set(sent)).toEqual(new Set([1]));
  });

  it("to an abort is asked for again, and the abort is said", async () => {
    const { world, store } = await losing("abortSession");
    let holds = true;
    world.hub.intercept = (flight, { body }) => (holds && body.case === "round" ? [] : [flight]);
    const session = world.coordinator.open(world.keygenIntent(2), [1, 2, 3]);
    await world.hub.settle();
    const [running] = await store.runningSessions();
    await store.fixInputs(running?.rid as Uint8Array, 1, 1, new Uint8Array(32).fill(9));
    holds = false;
    await world.pass(10_000);
    expect(session.aborts.map(({ code }) => code)).toEqual(["party/inputs-changed"]);
    expect(await store.runningSessions()).toEqual([]);
  });
});

describe("a party that stops", () => {
  it("leaves no timer behind, with sessions, staged shares and lingering ones under way", async () => {
    const world = await World.create({ seed: "stops", protocolsOf: () => [toyKeygen] });
    world.hub.intercept = (flight, { body }) => (body.case === "acknowledged" ? [] : [flight]);
    world.coordinator.open(world.keygenIntent(2), [1, 2, 3]);
    await world.hub.settle();
    world.hub.intercept = (flight, { body }) => (body.case === "round" ? [] : [flight]);
    world.coordinator.open(world.keygenIntent(2), [1, 2, 3]);
    await world.hub.settle();
    expect(world.clock.pending).toBeGreaterThan(6);
    for (const index of [1, 2, 3]) await world.actor(index).party.stop();
    expect(world.clock.pending).toBe(0);
  });
});

describe("a store restored from a backup", () => {
  async function withGeneration(seed: string) {
    const generation = memoryGeneration();
    const world = await World.create({ seed, indices: [1, 2] });
    await world.boot(1, new CrashPoint(0, "before"), { generation });
    const key = await makeKey(world, 2);
    return { world, key, generation };
  }
  const sign = async (world: World, key: Parameters<World["signIntent"]>[0], byte: number) => {
    const session = world.coordinator.open(world.signIntent(key, digest(byte)), [1, 2]);
    await world.hub.settle();
    return session;
  };
  const start = (world: World, store: CopyableStore, generation: Generation) =>
    world.boot(1, new CrashPoint(0, "before"), { store, generation });
  const saidRestored = (world: World) => world.actor(1).events.filter(({ kind }) => kind === "restored").length;

  it("is recognised by its counter: it has no usable pairs and refuses to sign, its share and burns stay", async () => {
    const { world, key, generation } = await withGeneration("restored");
    const backup = world.actor(1).store.copy();
    expect((await sign(world, key, 1)).signatures).toHaveLength(2);
    await world.actor(1).party.stop();
    await start(world, backup, generation);
    expect(saidRestored(world)).toBe(1);
    // What the party signs with is gone, whatever the intent. The refusal of intents from before
    // the restore has a test of its own.
    const session = await sign(world, key, 2);
    world.clock.advance(61_000);
    const later = await sign(world, key, 3);
    expect(session.declines.map(({ code }) => code)).toEqual(["party/pairs-missing"]);
    expect(later.declines.map(({ code }) => code)).toEqual(["party/pairs-missing"]);
    expect((await backup.committedShare(key.keyId))?.status).toBe("committed");
  });

  it("names everybody whom it has no pair with, under its signature", async () => {
    const { world, key, generation } = await withGeneration("named");
    await start(world, world.actor(1).store.copy("restored into"), generation);
    const { sessionId, rid, declines } = await sign(world, key, 2);
    const member = { partyId: "party-1", idpk: world.actor(1).identity.publicKey };
    const accusation = verifyAccusation(declines[0]?.accusation as Signed, { sessionId, rid, member, report: "decline" });
    expect(accusation).toMatchObject({ code: "party/pairs-missing", culprits: [2], consequence: "burn" });
  });

  it("is recognised after two ticks of the clock at the latest, although nothing was done since the backup and the process was killed", async () => {
    const { world, key, generation } = await withGeneration("by-the-clock");
    const backup = world.actor(1).store.copy();
    await world.pass(10_000);
    await start(world, backup, generation);
    expect((await sign(world, key, 2)).declines.map(({ code }) => code)).toEqual(["party/pairs-missing"]);
  });

  it("is recognised when a share was made since, at once: before its holder acknowledged it", async () => {
    const { world, generation } = await withGeneration("a-share");
    const backup = world.actor(1).store.copy();
    await makeKey(world, 2);
    await start(world, backup, generation);
    expect(saidRestored(world)).toBe(1);
  });

  it("is recognised under a running party, whose attempts end and whose next ones are refused", async () => {
    const { world, key, generation } = await withGeneration("running");
    const { store } = world.actor(1);
    // The restore puts other contents under the same open connections.
    const backup = store.copy();
    await world.pass(10_000);
    let inside: CopyableStore = store;
    const swapped = new Proxy(store, { get: (_, name) => Reflect.get(inside, name).bind(inside) });
    await start(world, swapped, generation);
    world.hub.intercept = (flight, { body }) => (body.case === "round" ? [] : [flight]);
    const caught = await sign(world, key, 2);
    expect(world.actor(1).party.running).toBe(1);
    inside = backup;
    const refused = await sign(world, key, 3);
    await world.pass(100);
    expect(refused.declines.map(({ code }) => code)).toEqual(["party/restored"]);
    expect(caught.aborts.map(({ code }) => code)).toContain("party/restored");
    expect([world.actor(1).party.running, saidRestored(world)]).toEqual([0, 1]);
  });

  it("is said of a stored session that it ends, too: there is none left that could be resumed", async () => {
    const { world, generation } = await withGeneration("running-keygen");
    const { store } = world.actor(1);
    let inside: CopyableStore = store;
    const swapped = new Proxy(store, { get: (_, name) => Reflect.get(inside, name).bind(inside) });
    await start(world, swapped, generation);
    const backup = store.copy();
    await world.pass(10_000);
    world.hub.intercept = (flight, { body }) => (body.case === "round" ? [] : [flight]);
    const caught = world.coordinator.open(world.keygenIntent(2), [1, 2]);
    await world.hub.settle();
    expect(await store.runningSessions()).toHaveLength(1);
    inside = backup;
    await world.pass(6_000);
    expect(caught.aborts.map(({ code }) => code)).toContain("party/restored");
    expect([world.actor(1).party.running, saidRestored(world)]).toEqual([0, 1]);
  });

  it("refuses intents that may have been used before it, those of a clock that is up to 60 s ahead included", async () => {
    const { world, generation } = await withGeneration("skew");
    const issuedIn = (ms: number): Signed => {
      const intent = fromBinary(IntentSchema, world.keygenIntent(2).body);
      return world.sign({ ...intent, issuedAtMs: intent.issuedAtMs + BigInt(ms) });
    };
    await start(world, world.actor(1).store.copy("restored into"), generation);
    const session = world.coordinator.open(issuedIn(60_000), [1, 2]);
    await world.hub.settle();
    expect(session.declines.map(({ code }) => code)).toEqual(["party/restored"]);
    world.clock.advance(60_001);
    const later = world.coordinator.open(issuedIn(0), [1, 2]);
    await world.hub.settle();
    expect(later.declines).toEqual([]);
  });

  it("is what a lost record means, too", async () => {
    const { world, key } = await withGeneration("lost");
    await start(world, world.actor(1).store, memoryGeneration());
    expect((await sign(world, key, 2)).declines.map(({ code }) => code)).toEqual(["party/pairs-missing"]);
  });

  it("is not what restarts, orderly stops and kills mean", async () => {
    const { world, key, generation } = await withGeneration("ordinary");
    for (let k = 0; k < 6; k++) {
      if (k % 2 === 0) await world.actor(1).party.stop();
      await start(world, world.actor(1).store, generation);
      await world.pass(4_000);
    }
    expect((await sign(world, key, 2)).signatures).toHaveLength(2);
    expect(saidRestored(world)).toBe(0);
  });
});

describe("a bad network and dying parties", () => {
  it("leave every keygen usable by all or absent (12 seeds: a fifth of the messages between parties lost, three crashes)", async () => {
    let committed = 0;
    for (let k = 0; k < 12; k++) {
      const seed = `storm-${k}`;
      const random = seeded(seed);
      const world = await World.create({ seed, protocolsOf: () => [toyKeygen, ...protocols.slice(1)] });
      for (const index of [1, 2, 3])
        await world.boot(index, new CrashPoint(2 + random.below(22), random.below(2) === 0 ? "before" : "after"));
      // The coordinator's own events wait in durable queues.
      world.hub.intercept = (flight) => {
        if ([flight.from.partyId, flight.to.partyId].includes("coordinator")) return [flight];
        return random.below(5) === 0 ? [] : random.below(5) === 0 ? [flight, flight] : [flight];
      };
      const session = world.coordinator.open(world.keygenIntent(2), [1, 2, 3]);
      for (let turn = 0; turn < 40 && session.certificate === undefined; turn++) {
        await world.pass(2_000, 1_000);
        for (const index of [1, 2, 3]) if (world.actor(index).crash.crashed) await world.boot(index);
        if (turn % 12 === 11) world.coordinator.attempt(session, [1, 2, 3]);
      }
      world.hub.intercept = (flight) => [flight];
      for (let turn = 0; turn < 6; turn++) {
        for (const index of [1, 2, 3]) if (world.actor(index).crash.crashed) await world.boot(index);
        await world.pass(10_000, 5_000);
      }
      const shares = await Promise.all(
        [1, 2, 3].map(async (index) => (await world.actor(index).store.sharesOfSession(session.sessionId))[0]),
      );
      if (shares.every((share) => share?.status !== "committed")) {
        world.abandon(session.sessionId, intentIdOf(session.intent.body));
        await world.pass(130_000, 10_000);
      }
      const ends = await Promise.all(
        [1, 2, 3].map(async (index) => (await world.actor(index).store.sharesOfSession(session.sessionId))[0]?.status),
      );
      expect(new Set(ends).size, `${seed}: ${ends.join(", ")}`).toBe(1);
      expect(["committed", undefined], seed).toContain(ends[0]);
      if (ends[0] === "committed") committed += 1;
      for (const index of [1, 2, 3])
        expect(
          world.actor(index).events.filter(({ kind }) => kind === "failed"),
          seed,
        ).toEqual([]);
    }
    expect(committed).toBeGreaterThan(6);
  });
});

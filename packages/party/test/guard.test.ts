// The OT-extension check in the driver (dkls23-spec 9): what is durable before what, what an
// interrupted check costs, and how far a burn reaches.
import { type Protocols, protocols, type Store } from "@covault/party";
import { CrashPoint, lyingProtocols, type World } from "@covault/testkit";
import { verifyAccusation } from "@covault/trust";
import type { Signed } from "@covault/wire";
import { beforeAll, describe, expect, it } from "vitest";
import { digest, type Fixture, makeFixture, worldOf } from "./fixture.ts";
import { burnedOf, burnPair, strikesOf } from "./standing.ts";

const seed = "guard";
let fixture: Fixture;
beforeAll(async () => {
  fixture = await makeFixture({ seed }, 2);
});

/** Party 2 lies in its first signature, in round 1, so that the extension check fails. */
function liarOf(index: number): Protocols {
  let lies = 1;
  const lie = (body: Uint8Array, round: number): Uint8Array => (round === 1 && lies-- > 0 ? body.fill(1, 40, 60) : body);
  return index === 2 ? lyingProtocols(protocols, lie) : protocols;
}

/** A store that notes what was durable when. */
function noting(store: Store, notes: string[], names: readonly string[]): Store {
  return new Proxy(store, {
    get: (target, property) => {
      const method = Reflect.get(target, property) as (...args: unknown[]) => Promise<unknown>;
      if (!names.includes(String(property))) return typeof method === "function" ? method.bind(target) : method;
      return async (...args: unknown[]) => {
        const result = await method.apply(target, args);
        notes.push(String(property));
        return result;
      };
    },
  });
}

/**
 * A store that does what it is asked, and whose answer gets lost. At first it is that of the first
 * of `names`, and later that of any of them.
 */
function losing(store: Store, isLosing: () => boolean, names: readonly string[], lost: () => void): Store {
  let first = true;
  return new Proxy(store, {
    get: (target, property) => {
      const method = Reflect.get(target, property) as (...args: unknown[]) => Promise<unknown>;
      if (typeof method !== "function") return method;
      return async (...args: unknown[]) => {
        const answer = await method.apply(target, args);
        if (!isLosing() || !names.includes(String(property)) || (first && property !== names[0])) return answer;
        first = false;
        lost();
        throw new Error("the answer got lost");
      };
    },
  });
}

async function sign(world: World, byte: number, signers: readonly number[] = [1, 2]) {
  const session = world.coordinator.open(world.signIntent(fixture.key, digest(byte)), signers);
  await world.hub.settle();
  return session;
}

describe("the guard", () => {
  it("notes the check before it runs, and its result before round 2 is sent", async () => {
    const notes: string[] = [];
    const watched: Protocols = protocols.map((protocol) => ({
      ...protocol,
      make: (setup, share, own) => {
        const machine = protocol.make(setup, share, own);
        const check = machine.check.bind(machine);
        machine.check = () => {
          notes.push("check");
          return check();
        };
        return machine;
      },
    }));
    const world = await worldOf(fixture, { seed: `${seed}-order`, protocolsOf: (index) => (index === 1 ? watched : protocols) });
    await world.boot(1, new CrashPoint(0, "before"), {
      store: noting(world.actor(1).store, notes, ["beginCheck", "endCheck", "finishIntent"]),
    });
    world.hub.intercept = (flight, { body }) => {
      if (flight.from.partyId === "party-1" && (body.case === "round" || body.case === "result"))
        notes.push(body.case === "round" ? `round ${body.value.header[2]}` : "result");
      return [flight];
    };
    expect((await sign(world, 1)).signatures).toHaveLength(2);
    expect(notes).toEqual(["round 1", "beginCheck", "check", "endCheck", "round 2", "round 3", "finishIntent", "result"]);
    expect(await strikesOf(world.actor(1).store, fixture.key)).toEqual(new Map());
  });

  it("has the burn durable before anything is sent or reported", async () => {
    const notes: string[] = [];
    const world = await worldOf(fixture, { seed: `${seed}-burn`, protocolsOf: liarOf });
    await world.boot(1, new CrashPoint(0, "before"), { store: noting(world.actor(1).store, notes, ["beginCheck", "endCheck"]) });
    world.hub.intercept = (flight, { body }) => {
      if (flight.from.partyId === "party-1" && (body.case === "round" || body.case === "aborted")) notes.push(body.case);
      return [flight];
    };
    const session = await sign(world, 1);
    expect(notes.slice(0, 4)).toEqual(["round", "beginCheck", "endCheck", "aborted"]);
    expect(session.aborts.find(({ culprits }) => culprits.includes(2))?.consequence).toBe("burn");
    expect(await burnedOf(world.actor(1).store, fixture.key)).toEqual([2]);
    expect(world.actor(1).events.filter(({ kind }) => kind === "burned")).toMatchObject([{ partners: [2], code: "mpc/ot-check-failed" }]);
    // The liar burns nobody, and the third is not touched.
    expect(await burnedOf(world.actor(2).store, fixture.key)).toEqual([]);
    expect((await sign(world, 2, [1, 3])).signatures).toHaveLength(2);
    expect((await sign(world, 3, [2, 3])).signatures).toHaveLength(2);
    const refused = await sign(world, 4, [1, 2]);
    const said = refused.declines.map(({ code, culprits, consequence }) => ({ code, culprits, consequence }));
    expect(said).toEqual([{ code: "party/pair-burned", culprits: [2], consequence: "burn" }]);
    // Both reports bear the accuser's signature, for the attempt that they are about.
    const { partyId, identity } = world.actor(1);
    const member = { partyId, idpk: identity.publicKey };
    for (const [of, report, reports] of [
      [session, "aborted", session.aborts.filter(({ culprits }) => culprits.includes(2))],
      [refused, "decline", refused.declines],
    ] as const) {
      const accusations = reports.map(({ accusation }) =>
        verifyAccusation(accusation as Signed, { sessionId: of.sessionId, rid: of.rid, member, report }),
      );
      expect(accusations).toMatchObject([{ culprits: [2], consequence: "burn" }]);
    }
  });

  it("ends every running session with a burned partner, and no other", async () => {
    const world = await worldOf(fixture, { seed: `${seed}-all`, protocolsOf: liarOf });
    const held: (() => void)[] = [];
    let hold = true;
    world.hub.intercept = (flight, { body }) => {
      if (!hold || body.case !== "round" || flight.to.partyId !== "party-1") return [flight];
      held.push(() => world.hub.inject(flight));
      return [];
    };
    // The liar lies in what it sends first. All wait at party 1 for their round 1.
    const lied = await sign(world, 1);
    const other = await sign(world, 2);
    const third = await sign(world, 3, [1, 3]);
    expect(world.actor(1).party.running).toBe(3);
    hold = false;
    const [first, ...rest] = held;
    first?.();
    await world.hub.settle();
    expect(lied.aborts.map(({ code }) => code)).toContain("mpc/ot-check-failed");
    expect(other.aborts.map(({ code, culprits }) => ({ code, culprits }))).toContainEqual({ code: "party/pair-burned", culprits: [] });
    for (const release of rest) release();
    await world.hub.settle();
    expect(third.signatures).toHaveLength(2);
    expect(other.signatures).toEqual([]);
    expect(await burnedOf(world.actor(1).store, fixture.key)).toEqual([2]);
  });

  it("never runs the check with a partner that was burned since the join", async () => {
    const world = await worldOf(fixture, { seed: `${seed}-since` });
    world.hub.intercept = (flight, { body }) => (body.case === "round" && flight.to.partyId === "party-1" ? [] : [flight]);
    const session = await sign(world, 1);
    const { store } = world.actor(1);
    await burnPair(store, fixture.key, 2, "mpc/mul-check-failed");
    world.hub.intercept = (flight) => [flight];
    await world.pass(4_000);
    expect(session.aborts.map(({ code, culprits, consequence }) => ({ code, culprits, consequence }))).toContainEqual({
      code: "mpc/pair-burned",
      culprits: [2],
      consequence: "burn",
    });
    expect(await strikesOf(store, fixture.key)).toEqual(new Map());
    expect(session.signatures).toEqual([]);
  });

  it("of several partners names the one whose pair was burned while the check ran, ends what else runs with that one, and says so once", async () => {
    const three = await makeFixture({ seed: `${seed}-three` }, 3);
    const world = await worldOf(three, { seed: `${seed}-blamed` });
    const { store, events, identity } = world.actor(1);
    const burning = new Proxy(store, {
      get: (target, property) => {
        const method = Reflect.get(target, property) as (...args: unknown[]) => Promise<unknown>;
        if (property !== "endCheck") return method.bind(target);
        return async (...args: unknown[]) => {
          await burnPair(store, three.key, 3, "mpc/mul-check-failed");
          return method.apply(target, args);
        };
      },
    });
    await world.boot(1, new CrashPoint(0, "before"), { store: burning });
    // The first waits at party 1 for its round 1 until the second has run into the burn.
    world.hub.intercept = (flight, { body }) => (body.case === "round" && flight.to.partyId === "party-1" ? [] : [flight]);
    const other = world.coordinator.open(world.signIntent(three.key, digest(1)), [1, 2, 3]);
    await world.hub.settle();
    world.hub.intercept = (flight) => [flight];
    const session = world.coordinator.open(world.signIntent(three.key, digest(2)), [1, 2, 3]);
    await world.hub.settle();
    const { sessionId, rid } = session;
    const [abort] = session.aborts.filter(({ code }) => code === "mpc/pair-burned");
    const member = { partyId: "party-1", idpk: identity.publicKey };
    expect(verifyAccusation(abort?.accusation as Signed, { sessionId, rid, member, report: "aborted" })).toMatchObject({
      culprits: [3],
      consequence: "burn",
    });
    const said = events.flatMap((event) => (event.kind === "aborted" && event.sessionId === sessionId ? [event.message] : []));
    expect(said).toEqual(["The pair with party 3 is burned."]);
    expect(other.aborts.map(({ code }) => code)).toContain("party/pair-burned");
    expect(events.filter(({ kind }) => kind === "burned")).toMatchObject([{ partners: [3] }]);
  });

  it("counts a strike for a check that a crash interrupted, asks for a renewal at four, and burns at eight", async () => {
    const world = await worldOf(fixture, { seed: `${seed}-strikes` });
    const { store, events } = world.actor(1);
    for (let k = 1; k <= 8; k++) {
      // The steps are prune, three requests for a higher certificate, claim, join, round 1,
      // progress and beginCheck. The party dies at endCheck.
      const crash = new CrashPoint(10, "before");
      await world.boot(1, crash);
      await sign(world, k);
      expect(crash.where).toBe("endCheck");
      await world.boot(1);
      expect((await strikesOf(store, fixture.key)).get(2)).toBe(k);
    }
    const asked = events.filter((event) => event.kind === "strikes").map((event) => (event.kind === "strikes" ? event.strikes : 0));
    expect(asked).toEqual([4, 5, 6, 7]);
    const session = await sign(world, 20);
    // The party itself has burned the pair, and accuses the partner as it does after a check that
    // failed.
    const [abort] = session.aborts.filter(({ code }) => code === "mpc/pair-burned");
    const member = { partyId: "party-1", idpk: world.actor(1).identity.publicKey };
    const { sessionId, rid } = session;
    expect(verifyAccusation(abort?.accusation as Signed, { sessionId, rid, member, report: "aborted" })).toMatchObject({
      culprits: [2],
      consequence: "burn",
    });
    expect(events.filter((event) => event.kind === "burned")).toMatchObject([{ partners: [2], code: "mpc/pair-burned" }]);
    expect(await burnedOf(store, fixture.key)).toEqual([2]);
    // That the party has met the burn is no failed check, which people would have to clear.
    expect(store.heldAgainstPairs().burns.map(({ partner, reason }) => [partner, reason])).toEqual([[2, "party/strikes"]]);
    expect(events.filter((event) => event.kind === "failed")).toEqual([]);
    expect((await sign(world, 21, [1, 3])).signatures).toHaveLength(2);
  });

  it("reports a burn only when it is durable, however long the store fails, and refuses the pair meanwhile", async () => {
    const world = await worldOf(fixture, { seed: `${seed}-failing`, protocolsOf: liarOf });
    const { store } = world.actor(1);
    let failing = true;
    let failures = 0;
    const failingStore = new Proxy(store, {
      get: (target, property) => {
        const method = Reflect.get(target, property) as (...args: unknown[]) => Promise<unknown>;
        if (typeof method !== "function") return method;
        return (...args: unknown[]) => {
          if (!failing || (property !== "burn" && property !== "endCheck")) return method.apply(target, args);
          failures += 1;
          return Promise.reject(new Error("no database"));
        };
      },
    });
    await world.boot(1, new CrashPoint(0, "before"), { store: failingStore });
    const session = world.coordinator.open(world.signIntent(fixture.key, digest(1)), [1, 2]);
    // Waiting for the party to be idle would wait for it.
    await world.hub.deliverUntil(() => failures === 1);
    expect(session.aborts.filter(({ culprits }) => culprits.includes(2))).toEqual([]);
    expect(await burnedOf(store, fixture.key)).toEqual([]);
    failing = false;
    const next = world.coordinator.open(world.signIntent(fixture.key, digest(2)), [1, 2]);
    await world.hub.deliverUntil(() => next.aborts.length > 0);
    expect(next.aborts.map(({ code }) => code)).toEqual(["mpc/pair-burned"]);
    expect(await burnedOf(store, fixture.key)).toEqual([]);
    world.clock.advance(200);
    await world.hub.settle();
    expect(await burnedOf(store, fixture.key)).toEqual([2]);
    expect(session.aborts.map(({ code, culprits, consequence }) => ({ code, culprits, consequence }))).toContainEqual({
      code: "mpc/ot-check-failed",
      culprits: [2],
      consequence: "burn",
    });
  });

  it.each([
    ["beginCheck", 1],
    ["beginCheck", 2],
    ["beginCheck", 9],
    ["endCheck", 1],
    ["endCheck", 2],
    ["endCheck", 9],
  ] as const)("%s whose answer gets lost %i times leaves no strike, whatever becomes of the attempt", async (name, count) => {
    const world = await worldOf(fixture, { seed: `${seed}-lost-${name}-${count}` });
    const { store } = world.actor(1);
    let left = count;
    await world.boot(1, new CrashPoint(0, "before"), {
      store: losing(
        store,
        () => left > 0,
        [name, "endCheck"],
        () => left--,
      ),
    });
    const session = world.coordinator.open(world.signIntent(fixture.key, digest(1)), [1, 2]);
    await world.hub.deliverUntil(() => {
      world.clock.advance(50);
      return session.signatures.length === 2 || session.aborts.length > 0;
    });
    await world.hub.settle();
    // One lost answer costs nothing, and neither do those of an end, since the store is asked
    // again.
    expect(session.signatures).toHaveLength(name === "beginCheck" && count > 1 ? 0 : 2);
    await world.pass(60_000, 100);
    expect(left).toBeLessThanOrEqual(0);
    await world.boot(1);
    expect(await strikesOf(store, fixture.key)).toEqual(new Map());
    expect((await sign(world, 2)).signatures).toHaveLength(2);
  });

  it("a stop of the party takes the note back of a check that was never run", async () => {
    const world = await worldOf(fixture, { seed: `${seed}-lost-stop` });
    const { store } = world.actor(1);
    let left = 3;
    await world.boot(1, new CrashPoint(0, "before"), {
      store: losing(
        store,
        () => left > 0,
        ["beginCheck", "endCheck"],
        () => left--,
      ),
    });
    await sign(world, 1);
    await world.actor(1).party.stop();
    expect(await strikesOf(store, fixture.key)).toEqual(new Map());
  });

  it("a cancel in the middle of a check is no strike", async () => {
    const world = await worldOf(fixture, { seed: `${seed}-cancel` });
    const { store } = world.actor(1);
    let session: ReturnType<typeof world.coordinator.open> | undefined;
    const cancelling = new Proxy(store, {
      get: (target, property) => {
        const method = Reflect.get(target, property) as (...args: unknown[]) => Promise<unknown>;
        if (property !== "beginCheck") return typeof method === "function" ? method.bind(target) : method;
        return async (...args: unknown[]) => {
          if (session !== undefined) world.coordinator.cancel(session);
          return method.apply(target, args);
        };
      },
    });
    await world.boot(1, new CrashPoint(0, "before"), { store: cancelling });
    session = world.coordinator.open(world.signIntent(fixture.key, digest(1)), [1, 2]);
    await world.hub.settle();
    expect(await strikesOf(store, fixture.key)).toEqual(new Map());
    expect(world.actor(1).party.running).toBe(0);
  });
});

// Renewals that a party does not take part in (dkls23-spec 7.1, "Before round 1"; 9, rule 4), and
// what a coordinator gets by playing messages again. Nothing of it changes a pair.
import { create, fromBinary } from "@bufbuild/protobuf";
import { identityKeyFromSeed } from "@covault/channel";
import { IntentSchema, type RenewAction, StartSchema } from "@covault/wire";
import { beforeAll, describe, expect, it } from "vitest";
import { digest } from "./fixture.ts";
import { type Held, holdKey, Lifecycle, said } from "./lifecycle.ts";
import { askRenewal, type Ends, heal, nth, openRenewal, pairOf, renew, standing } from "./renewing.ts";

let held: Held;
beforeAll(async () => {
  held = await holdKey("ecdsa-secp256k1");
}, 300_000);

const pair: Ends = [1, 2];
const untouched = [
  [0, "committed"],
  [0, "committed"],
];

describe("the intent of a renewal", () => {
  const lies: readonly (readonly [string, (action: RenewAction) => unknown, string])[] = [
    ["of another key", (action) => Object.assign(action, { keyId: digest(1) }), "trust/bad-intent"],
    ["of another epoch", (action) => Object.assign(action, { epoch: digest(1) }), "trust/bad-intent"],
    ["with another epoch number", (action) => Object.assign(action, { epochNumber: 3 }), "trust/bad-intent"],
    ["with an end that holds nothing", (action) => Object.assign(action, { shareIndexHi: 4 }), "trust/bad-intent"],
    ["of another pair than the one invited", (action) => Object.assign(action, { shareIndexHi: 3 }), "party/bad-quorum"],
    ["for a scheme without pairs", (action) => Object.assign(action, { scheme: "eddsa-ed25519" }), "trust/bad-intent"],
    ["with the generation of the epoch", nth(0), "trust/bad-intent"],
    ["with a seventeenth generation", nth(17), "trust/bad-intent"],
    ["with one end twice", (action) => Object.assign(action, { shareIndexHi: 1 }), "trust/bad-intent"],
  ];
  it("is refused when it lies, by both ends and before anything is joined", async () => {
    const life = await Lifecycle.of(held, "refused-lies");
    for (const [what, change, code] of lies) {
      const session = await renew(life, pair, (action) => void change(action));
      expect([said(session), session.joins.size], what).toEqual([[code, code], 0]);
    }
    // The coordinator says that it knows the other key.
    life.world.coordinator.learn(digest(1), { epoch: life.key.epoch, epochNumber: 0 });
    const session = await renew(life, pair, (action) => Object.assign(action, { keyId: digest(1) }));
    expect([said(session), session.joins.size]).toEqual([["party/unknown-share", "party/unknown-share"], 0]);
    expect(await standing(life, pair)).toEqual(untouched);
    for (const index of [1, 2]) expect(await life.world.actor(index).store.renewalRuns(await pairOf(life, index, 3 - index))).toBe(0);
  });

  it("is refused from somebody who is none of the key's initiators, and when an end has left the roster", async () => {
    const life = await Lifecycle.of(held, "refused-asker");
    const { world } = life;
    const thief = identityKeyFromSeed(digest(8));
    world.roster.initiators.push({
      ...(world.roster.initiators[0] as (typeof world.roster.initiators)[number]),
      initiatorId: "thief",
      key: thief.publicKey,
    });
    const honest = await askRenewal(life, pair);
    const stolen = world.sign({ ...fromBinary(IntentSchema, honest.body), initiatorId: "thief", sessionId: "ses_thief" }, thief);
    const session = openRenewal(life, stolen, pair);
    await world.hub.settle();
    expect(said(session)).toEqual(["trust/not-entitled", "trust/not-entitled"]);
    world.roster.parties = world.roster.parties.filter(({ partyId }) => partyId !== "party-2");
    const left = openRenewal(life, honest, pair);
    await world.hub.settle();
    expect(new Set(said(left))).toEqual(new Set(["trust/unknown-party"]));
    expect(await standing(life, pair)).toEqual(untouched);
  });

  it("is refused when an end leaves the roster between its join and its start", async () => {
    const life = await Lifecycle.of(held, "refused-start");
    const { world } = life;
    world.hub.intercept = (flight, { body }) => {
      if (body.case === "start") world.roster.parties = world.roster.parties.filter(({ partyId }) => partyId !== "party-2");
      return [flight];
    };
    const session = await renew(life, pair);
    expect([session.joins.size, new Set(said(session))]).toEqual([2, new Set(["trust/unknown-party"])]);
    expect(await standing(life, pair)).toEqual(untouched);
  });

  it.each([[[1, 2, 3]], [[1]], [[1, 3]], [[2, 1]]])("is refused for the members %j, who are not its two ends", async (signers) => {
    const life = await Lifecycle.of(held, `refused-${signers.join("")}`);
    const { world, key, certificates } = life;
    world.coordinator.learn(key.charter.keyId, { epoch: key.epoch, epochNumber: 0, certificates });
    const session = world.coordinator.open(await askRenewal(life, pair), signers);
    await world.hub.settle();
    expect(new Set(said(session))).toEqual(new Set(["party/bad-quorum"]));
    expect(session.joins.size).toBe(0);
  });

  it("is refused when its generation is not above that which an end has signed, also by the one end that has", async () => {
    const life = await Lifecycle.of(held, "refused-generation");
    const { world } = life;
    await renew(life, pair, nth(5));
    for (const generation of [1, 4, 5])
      expect(said(await renew(life, pair, nth(generation)))).toEqual(["party/pair-generation", "party/pair-generation"]);
    // The last message to party 2 is lost, so that party 1 alone signs 6.
    world.hub.intercept = (flight, { body }) =>
      body.case === "round" && body.value.header[2] === 3 && flight.to.partyId === "party-2" ? [] : [flight];
    const sixth = await renew(life, pair, nth(6));
    world.coordinator.cancel(sixth);
    await world.hub.settle();
    heal(world);
    expect(await standing(life, pair)).toEqual([
      [6, "staged"],
      [5, "committed"],
    ]);
    const again = await renew(life, pair, nth(6));
    expect(again.declines.map(({ code }) => code)).toEqual(["party/pair-generation"]);
    await renew(life, pair, nth(7));
    expect(await standing(life, pair)).toEqual([
      [7, "committed"],
      [7, "committed"],
    ]);
    expect((await life.signs(pair)).signatures).toHaveLength(2);
  });

  it("is refused the seventeenth time in one epoch, failed runs included, and goes again after a refresh", async () => {
    const life = await Lifecycle.of(held, "refused-runs");
    const { world } = life;
    world.hub.intercept = (flight, { body }) => (body.case === "round" ? [] : [flight]);
    for (let run = 1; run <= 16; run++) {
      const session = await renew(life, pair);
      expect([said(session), session.started], `run ${run}`).toEqual([[], true]);
      world.coordinator.cancel(session);
      await world.hub.settle();
    }
    heal(world);
    // Restarts forget nothing of it.
    for (const index of pair) await world.boot(index);
    const last = await renew(life, pair);
    expect([said(last), last.joins.size]).toEqual([["party/renewals-exhausted", "party/renewals-exhausted"], 0]);
    expect(await standing(life, pair)).toEqual(untouched);
    expect((await life.signs(pair)).signatures).toHaveLength(2);
    // The other pairs have runs of their own.
    expect(said(await renew(life, [1, 3]))).toEqual([]);
    await life.go();
    expect(said(await renew(life, pair))).toEqual([]);
    expect(await standing(life, pair)).toEqual([
      [1, "committed"],
      [1, "committed"],
    ]);
  });

  it("is refused the seventeenth time also when seventeen runs were joined before any of them began", async () => {
    const life = await Lifecycle.of(held, "refused-runs-at-once");
    const { world } = life;
    const starts: (() => void)[] = [];
    world.hub.intercept = (flight, { body }) => {
      if (body.case === "round") return [];
      if (body.case !== "start") return [flight];
      starts.push(() => world.hub.inject(flight));
      return [];
    };
    const sessions = [];
    for (let run = 1; run <= 17; run++) sessions.push(await renew(life, pair));
    for (const start of starts) start();
    await world.hub.settle();
    const aborts = sessions.flatMap((session) => said(session));
    // The two ends may have begun them in different orders.
    expect(aborts).toEqual(["party/renewals-exhausted", "party/renewals-exhausted"]);
    for (const index of pair) expect(await world.actor(index).store.runningSessions()).toHaveLength(16);
  });
});

describe("a coordinator", () => {
  it("gets nothing by playing invites, starts and cancels of a renewal again", async () => {
    const life = await Lifecycle.of(held, "replayed");
    const { world } = life;
    const flights: Parameters<typeof world.hub.inject>[0][] = [];
    world.hub.intercept = (flight, { body }) => {
      if (body.case === "invite" || body.case === "start" || body.case === "cancel") flights.push(flight);
      return [flight];
    };
    const session = await renew(life, pair);
    heal(world);
    const made = [await pairOf(life, 1, 2), await pairOf(life, 2, 1)];
    for (const boot of [false, true]) {
      if (boot) for (const index of pair) await world.boot(index);
      for (const flight of flights) world.hub.inject(flight);
      world.coordinator.cancel(session);
      await world.hub.settle();
    }
    expect(session.aborts).toEqual([]);
    // A further attempt under the same intent, whose result is there.
    world.coordinator.attempt(session, pair);
    await world.hub.settle();
    expect(new Set(session.declines.map(({ code }) => code))).toEqual(new Set(["party/pair-generation"]));
    expect(session.started).toBe(false);
    expect([await pairOf(life, 1, 2), await pairOf(life, 2, 1)]).toEqual(made);
    for (const index of pair) {
      expect(await world.actor(index).store.renewalRuns(await pairOf(life, index, 3 - index))).toBe(1);
      expect(await world.actor(index).store.runningSessions()).toEqual([]);
    }
    expect((await life.signs(pair)).signatures).toHaveLength(2);
  });

  it("plays the invite of a run that goes on, and the run ends as it would have", async () => {
    const life = await Lifecycle.of(held, "replayed-running");
    const { world } = life;
    const late: (() => void)[] = [];
    world.hub.intercept = (flight, { body }) => {
      if (body.case !== "round" || body.value.header[2] !== 2) return [flight];
      late.push(() => world.hub.inject(flight));
      return [];
    };
    const session = await renew(life, pair);
    for (const index of pair) {
      world.coordinator.invite(session, index);
      world.coordinator.start(session, index);
    }
    await world.hub.settle();
    heal(world);
    for (const each of late) each();
    await world.hub.settle();
    expect(said(session)).toEqual([]);
    expect(await standing(life, pair)).toEqual([
      [1, "committed"],
      [1, "committed"],
    ]);
  });

  it("that starts two runs of one generation at once gets one pair, and the other run ends without harm", async () => {
    const life = await Lifecycle.of(held, "two-runs");
    const { world } = life;
    const late: (() => void)[] = [];
    let first: string | undefined;
    world.hub.intercept = (flight, { body }) => {
      if (body.case !== "round" || body.value.header[2] !== 3) return [flight];
      const rid = String(body.value.header.slice(7, 39));
      first ??= rid;
      if (rid !== first) return [flight];
      late.push(() => world.hub.inject(flight));
      return [];
    };
    const one = await renew(life, pair);
    const other = await renew(life, pair);
    expect([said(one), said(other)]).toEqual([[], []]);
    const made = await pairOf(life, 1, 2);
    expect(made.generation).toBe(1);
    heal(world);
    for (const each of late) each();
    await world.hub.settle();
    expect(one.aborts.map(({ code, culprits }) => [code, culprits])).toEqual(pair.map(() => ["party/pair-generation", []]));
    expect(await pairOf(life, 1, 2)).toEqual(made);
    for (const index of pair) expect(await world.actor(index).store.runningSessions()).toEqual([]);
    expect((await life.signs(pair)).signatures).toHaveLength(2);
  });

  it("that lets each end sign another of two runs puts the pair out of use, and the next generation heals it", async () => {
    const life = await Lifecycle.of(held, "two-runs-crossed");
    const { world } = life;
    const late: { readonly rid: string; readonly to: string; readonly release: () => void }[] = [];
    world.hub.intercept = (flight, { body }) => {
      if (body.case !== "round" || body.value.header[2] !== 3) return [flight];
      late.push({ rid: String(body.value.header.slice(7, 39)), to: flight.to.partyId, release: () => world.hub.inject(flight) });
      return [];
    };
    const sessions = [await renew(life, pair), await renew(life, pair)];
    expect([sessions.flatMap(said), late.length]).toEqual([[], 4]);
    heal(world);
    // The first run ends at party 1, and the second one at party 2.
    const isFirst = ({ rid, to }: { rid: string; to: string }) => to === `party-${rid === String(sessions[0]?.rid) ? 1 : 2}`;
    for (const each of late) if (isFirst(each)) each.release();
    await world.hub.settle();
    for (const each of late) if (!isFirst(each)) each.release();
    await world.hub.settle();
    await world.pass(20_000, 5_000);
    expect(sessions.flatMap(said)).toEqual(["party/pair-generation", "party/pair-generation"]);
    expect(await standing(life, pair)).toEqual([
      [1, "staged"],
      [1, "staged"],
    ]);
    expect((await pairOf(life, 1, 2)).pairId).not.toEqual((await pairOf(life, 2, 1)).pairId);
    const refused = await life.signs(pair);
    expect(new Set(said(refused))).toEqual(new Set(["party/pairs-missing"]));
    await renew(life, pair, nth(2));
    expect((await life.signs(pair, 2)).signatures).toHaveLength(2);
    for (const index of pair) expect(await pairOf(life, index, 3 - index)).toMatchObject({ generation: 2, burn: undefined, strikes: 0 });
  });

  it("cancels a renewal before its end, and nothing of the pair has changed; after its end a cancel says nothing", async () => {
    const life = await Lifecycle.of(held, "cancelled");
    const { world } = life;
    const before = await pairOf(life, 1, 2);
    world.hub.intercept = (flight, { body }) => (body.case === "round" && body.value.header[2] === 2 ? [] : [flight]);
    const session = await renew(life, pair);
    world.coordinator.cancel(session);
    await world.hub.settle();
    heal(world);
    expect(await pairOf(life, 1, 2)).toEqual(before);
    for (const index of pair) expect(await world.actor(index).store.runningSessions()).toEqual([]);
    expect((await life.signs(pair)).signatures).toHaveLength(2);
    // The same session goes on with its next attempt.
    world.coordinator.attempt(session, pair);
    await world.hub.settle();
    world.coordinator.cancel(session);
    world.abandon(session.sessionId, before.pairId);
    await world.hub.settle();
    expect(await standing(life, pair)).toEqual([
      [1, "committed"],
      [1, "committed"],
    ]);
    expect((await life.signs(pair, 2)).signatures).toHaveLength(2);
  });

  it("that sends a start to an end that has restarted is told so, unless the end goes on with the run or has its pair", async () => {
    const life = await Lifecycle.of(held, "forgotten");
    const { world } = life;
    world.hub.intercept = (flight, { body }) => (body.case === "start" ? [] : [flight]);
    const forgotten = await renew(life, pair);
    await world.boot(1);
    heal(world);
    world.coordinator.start(forgotten, 1);
    await world.hub.settle();
    expect(said(forgotten)).toEqual(["party/restarted"]);
    world.coordinator.cancel(forgotten);
    const session = await renew(life, pair);
    await world.boot(1);
    world.coordinator.start(session, 1);
    await world.hub.settle();
    expect(said(session)).toEqual([]);
    // Its joins say which intent it is of. Without them it can be of none.
    world.coordinator.say(1, { case: "start", value: create(StartSchema, { sessionId: session.sessionId, attempt: 1, rid: session.rid }) });
    await world.hub.settle();
    expect(said(session)).toEqual(["party/restarted"]);
  });
});

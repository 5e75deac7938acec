// Messages between a party and its coordinator that are lost, made up, or sent again after a
// restart. None of them costs more than itself.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { protocols } from "@covault/party";
import { lyingProtocols, type World } from "@covault/testkit";
import { type Envelope, EnvelopeSchema, InviteSchema, type Join, JoinStatementSchema } from "@covault/wire";
import { beforeAll, describe, expect, it } from "vitest";
import { digest, type Fixture, makeFixture, worldOf } from "./fixture.ts";

const seed = "said-again";
let fixture: Fixture;
beforeAll(async () => {
  fixture = await makeFixture({ seed }, 2);
});

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
/**
 * What `from` sends to the coordinator of this kind, as bytes. The first `lost` of these messages
 * do not arrive.
 */
function tap(world: World, from: string, kind: Envelope["body"]["case"], lost = 0): string[] {
  const sent: string[] = [];
  world.hub.intercept = (flight, { body }) => {
    if (body.case !== kind || flight.from.partyId !== from) return [flight];
    sent.push(hex(flight.bytes));
    return sent.length <= lost ? [] : [flight];
  };
  return sent;
}

describe("a signature whose reports are all lost", () => {
  it("is what its parties answer the next attempt with, after a restart too, as that of the attempt in which it was made", async () => {
    const world = await worldOf(fixture, { seed: `${seed}-lost` });
    const lost: Uint8Array[] = [];
    world.hub.intercept = (flight, { body }) => {
      if (body.case !== "result") return [flight];
      lost.push(...body.value.signatures);
      return [];
    };
    const session = world.coordinator.open(world.signIntent(fixture.key, digest(1)), [1, 2]);
    await world.hub.settle();
    expect([lost.length, session.signatures.length]).toEqual([2, 0]);
    const attempts: number[] = [];
    world.hub.intercept = (flight, { body }) => {
      if (body.case === "result") attempts.push(body.value.attempt);
      return [flight];
    };
    await world.boot(2);
    world.coordinator.attempt(session, [2, 3]);
    await world.hub.settle();
    expect(session.signatures).toEqual([lost[0]]);
    expect([attempts, session.declines]).toEqual([[1], []]);
  });
});

describe("an invite that a router makes up", () => {
  const invite = (session: Parameters<World["coordinator"]["invite"]>[0], rid: Uint8Array): Uint8Array => {
    const { sessionId, attempt, intent, signers } = session;
    const { epoch } = fixture.key;
    const value = create(InviteSchema, { sessionId, attempt, rid, intent, signers: [...signers], joinToken: "", epoch });
    return toBinary(EnvelopeSchema, create(EnvelopeSchema, { body: { case: "invite", value } }));
  };
  const isFor = (rid: Uint8Array, { join }: Join) => hex(fromBinary(JoinStatementSchema, join?.body ?? new Uint8Array(0)).rid) === hex(rid);
  const coordinator = { partyId: "coordinator", instanceId: "" };

  it("before the true one makes no party refuse the true one", async () => {
    const world = await worldOf(fixture, { seed: `${seed}-forged` });
    const session = world.coordinator.open(world.signIntent(fixture.key, digest(1)), [1, 2]);
    // The coordinator of these tests verifies no join. One for another routing id would not be
    // taken.
    world.hub.intercept = (flight, { body }) => (body.case === "join" && isFor(digest(7), body.value) ? [] : [flight]);
    for (const index of [1, 2]) await world.actor(index).party.receive(coordinator, invite(session, digest(7)));
    await world.hub.settle();
    expect([session.declines, session.signatures.length]).toEqual([[], 2]);
  });

  it("ends no attempt that has started", async () => {
    const world = await worldOf(fixture, { seed: `${seed}-running` });
    world.hub.intercept = (flight, { body }) => (body.case === "round" ? [] : [flight]);
    const session = world.coordinator.open(world.signIntent(fixture.key, digest(1)), [1, 2]);
    await world.hub.settle();
    for (const index of [1, 2]) await world.actor(index).party.receive(coordinator, invite({ ...session, attempt: 2 }, digest(7)));
    world.hub.intercept = (flight) => [flight];
    await world.pass(10_000);
    expect(session.signatures).toHaveLength(2);
  });
});

describe("a join", () => {
  it("that was lost is sent again as it was when the invite comes again", async () => {
    const world = await worldOf(fixture, { seed: `${seed}-join` });
    const joins = tap(world, "party-2", "join", 1);
    const session = world.coordinator.open(world.signIntent(fixture.key, digest(1)), [1, 2]);
    await world.hub.settle();
    expect(session.joins.size).toBe(1);
    world.coordinator.invite(session, 2);
    await world.hub.settle();
    expect([joins.length, new Set(joins).size, session.signatures.length]).toEqual([2, 1, 2]);
  });

  it("of a party that restarted before it was heard is made anew at the next invite, in the same attempt", async () => {
    const world = await worldOf(fixture, { seed: `${seed}-restart` });
    const joins = tap(world, "party-2", "join", 1);
    const session = world.coordinator.open(world.signIntent(fixture.key, digest(1)), [1, 2]);
    await world.hub.settle();
    await world.boot(2);
    world.coordinator.invite(session, 2);
    await world.hub.settle();
    expect([new Set(joins).size, session.attempt, session.signatures.length]).toEqual([2, 1, 2]);
  });
});

it("a party that has aborted says so again as it did, accusation and all, when it is started again", async () => {
  const garbled = (body: Uint8Array, round: number): Uint8Array => (round === 2 ? body.fill(255, -32) : body);
  const protocolsOf = (index: number) => (index === 2 ? lyingProtocols(protocols, garbled) : protocols);
  const world = await worldOf(fixture, { seed: `${seed}-abort`, protocolsOf });
  const aborts = tap(world, "party-1", "aborted", 1);
  const session = world.coordinator.open(world.signIntent(fixture.key, digest(1)), [1, 2]);
  await world.hub.settle();
  expect(session.aborts.filter(({ culprits }) => culprits.includes(2))).toEqual([]);
  world.coordinator.start(session, 1);
  await world.hub.settle();
  expect([aborts.length, new Set(aborts).size]).toEqual([2, 1]);
  expect(session.aborts.map(({ culprits }) => culprits)).toContainEqual([2]);
  // Nobody asks any more.
  await world.pass(20_000, 5_000);
  world.coordinator.start(session, 1);
  await world.hub.settle();
  expect(aborts).toHaveLength(3);
  expect(session.aborts.at(-1)).toMatchObject({ code: "party/restarted", culprits: [] });
});

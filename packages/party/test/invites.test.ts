// What a router, a stranger or a confused member may send to a running attempt. It is dropped and
// counted, nobody is blamed, and the attempt goes on (dkls23-spec 0.5).
import { create, toBinary } from "@bufbuild/protobuf";
import { signRound } from "@covault/channel";
import { type Flight, seeded, type World } from "@covault/testkit";
import {
  CertificateRequestSchema,
  type Envelope,
  EnvelopeSchema,
  type RoundMessage,
  RoundMessageSchema,
  RoundRequestSchema,
} from "@covault/wire";
import { beforeAll, describe, expect, it } from "vitest";
import { digest, type Fixture, makeFixture, worldOf } from "./fixture.ts";
import { burnedOf } from "./standing.ts";

const seed = "intake";
let fixture: Fixture;
beforeAll(async () => {
  fixture = await makeFixture({ seed }, 2);
});

const roundEnvelope = (value: RoundMessage): Uint8Array =>
  toBinary(EnvelopeSchema, create(EnvelopeSchema, { body: { case: "round", value } }));
const flipped = (bytes: Uint8Array, at: number): Uint8Array =>
  bytes.map((byte, k) => (k === (at + bytes.length) % bytes.length ? byte ^ 1 : byte));

/**
 * What comes before every honest round message from 2 to 1. With `signed`, the member itself
 * altered it, under its own signature.
 */
interface Attack {
  readonly name: string;
  /** The attack uses messages of an earlier signature. */
  readonly past?: true;
  readonly reason: string;
  readonly before: (message: RoundMessage, world: World, past: readonly RoundMessage[]) => Uint8Array | undefined;
}
const resign = (world: World, message: RoundMessage, change: Partial<Pick<RoundMessage, "header" | "sealed">>, by = 2): Uint8Array => {
  const { header, sealed } = { ...message, ...change };
  return roundEnvelope(create(RoundMessageSchema, { header, sealed, signature: signRound(world.actor(by).identity, header, sealed) }));
};
const withByte = (header: Uint8Array, at: number, value: number): Uint8Array => header.map((byte, k) => (k === at ? value : byte));

const attacks: readonly Attack[] = [
  { name: "a body altered on the way", reason: "not-authentic", before: (m) => roundEnvelope({ ...m, sealed: flipped(m.sealed, 9) }) },
  {
    name: "a signature altered on the way",
    reason: "not-authentic",
    before: (m) => roundEnvelope({ ...m, signature: flipped(m.signature, 9) }),
  },
  { name: "a signature cut off", reason: "not-authentic", before: (m) => roundEnvelope({ ...m, signature: m.signature.subarray(0, 63) }) },
  {
    name: "a sender altered in the header",
    reason: "wrong-sender",
    before: (m) => roundEnvelope({ ...m, header: withByte(m.header, 4, 9) }),
  },
  {
    name: "a member that signs in another's name",
    reason: "wrong-sender",
    before: (m, w) => resign(w, m, { header: withByte(m.header, 4, 3) }),
  },
  {
    name: "a member's message for somebody else",
    reason: "wrong-receiver",
    before: (m, w) => resign(w, m, { header: withByte(m.header, 6, 3) }),
  },
  { name: "another protocol's code", reason: "wrong-protocol", before: (m, w) => resign(w, m, { header: withByte(m.header, 1, 1) }) },
  {
    name: "a round two ahead",
    reason: "wrong-round",
    before: (m, w) => resign(w, m, { header: withByte(m.header, 2, (m.header[2] as number) + 2) }),
  },
  { name: "round zero", reason: "wrong-round", before: (m, w) => resign(w, m, { header: withByte(m.header, 2, 0) }) },
  { name: "an oversized body", reason: "wrong-length", before: (m, w) => resign(w, m, { sealed: Uint8Array.of(...m.sealed, 0) }) },
  { name: "a truncated body", reason: "wrong-length", before: (m, w) => resign(w, m, { sealed: m.sealed.subarray(1) }) },
  { name: "an empty body", reason: "wrong-length", before: (m, w) => resign(w, m, { sealed: new Uint8Array(0) }) },
  { name: "a header of another length", reason: "malformed", before: (m) => roundEnvelope({ ...m, header: m.header.subarray(1) }) },
  { name: "an unknown routing id", reason: "unknown-session", before: (m, w) => resign(w, m, { header: flipped(m.header, 7) }) },
  {
    name: "an earlier session's message",
    past: true,
    reason: "unknown-session",
    before: (_, __, past) => past[0] && roundEnvelope(past[0]),
  },
  { name: "bytes that are no envelope", reason: "malformed", before: () => seeded("noise").bytes(200) },
  { name: "an envelope of nothing", reason: "malformed", before: () => new Uint8Array(0) },
  { name: "an envelope too long", reason: "too-long", before: () => new Uint8Array((1 << 20) + 1) },
];

/** Runs a signature in which every round message from 2 to 1 is preceded by an attack. */
async function signUnder(attack: Attack) {
  const world = await worldOf(fixture, { seed: `${seed}-${attack.name}` });
  const past: RoundMessage[] = [];
  const fromLiar = (flight: Flight, { body }: Envelope): RoundMessage | undefined =>
    body.case === "round" && flight.from.partyId === "party-2" && flight.to.partyId === "party-1" ? body.value : undefined;
  if (attack.past === true) {
    world.hub.intercept = (flight, envelope) => {
      const message = fromLiar(flight, envelope);
      if (message !== undefined) past.push(message);
      return [flight];
    };
    world.coordinator.open(world.signIntent(fixture.key, digest(1)), [1, 2]);
    await world.hub.settle();
  }
  const dropsBefore = world.dropped(1, attack.reason);
  world.hub.intercept = (flight, envelope) => {
    const message = fromLiar(flight, envelope);
    const bytes = message === undefined ? undefined : attack.before(message, world, past);
    // This one is delivered at once, so that it comes before the honest one whatever the order.
    if (bytes !== undefined) void world.actor(1).party.receive(flight.from, bytes);
    return [flight];
  };
  const session = world.coordinator.open(world.signIntent(fixture.key, digest(2)), [1, 2]);
  // A message that a member itself signed before the attempt started takes the place of the honest
  // one, until it is asked for again.
  await world.pass(4_000, 2_000);
  return { world, session, drops: world.dropped(1, attack.reason) - dropsBefore };
}

describe("a running signature", () => {
  for (const attack of attacks)
    it(`drops and counts ${attack.name}, and goes on`, async () => {
      const { world, session, drops } = await signUnder(attack);
      expect(session.aborts).toEqual([]);
      expect(session.signatures).toHaveLength(2);
      expect(drops).toBeGreaterThan(0);
      expect(await burnedOf(world.actor(1).store, fixture.key)).toEqual([]);
      expect(world.actor(1).events.filter(({ kind }) => kind === "failed")).toEqual([]);
    });

  it("keeps the first of two different messages that a member signed, and counts the second as equivocation", async () => {
    const world = await worldOf(fixture, { seed: `${seed}-equivocation` });
    world.hub.intercept = (flight, { body }) => {
      if (body.case === "round" && flight.from.partyId === "party-2") {
        const other = resign(world, body.value, { sealed: flipped(body.value.sealed, 5) });
        void world.actor(1).party.receive(flight.from, flight.bytes);
        void world.actor(1).party.receive(flight.from, other);
        void world.actor(1).party.receive(flight.from, flight.bytes);
      }
      return [flight];
    };
    const session = world.coordinator.open(world.signIntent(fixture.key, digest(3)), [1, 2]);
    await world.hub.settle();
    expect(session.signatures).toHaveLength(2);
    expect(world.dropped(1, "equivocation")).toBeGreaterThan(0);
    expect(world.dropped(1, "duplicate")).toBeGreaterThan(0);
  });

  it("blames a member that signs a message which does not open, and burns nothing", async () => {
    const world = await worldOf(fixture, { seed: `${seed}-unreadable` });
    world.hub.intercept = (flight, { body }) =>
      body.case === "round" && flight.from.partyId === "party-2"
        ? [{ ...flight, bytes: resign(world, body.value, { sealed: flipped(body.value.sealed, 5) }) }]
        : [flight];
    const session = world.coordinator.open(world.signIntent(fixture.key, digest(3)), [1, 2]);
    await world.hub.settle();
    expect(session.aborts.map(({ code, culprits, consequence }) => ({ code, culprits, consequence }))).toContainEqual({
      code: "mpc/bad-message",
      culprits: [2],
      consequence: "retry",
    });
    expect(await burnedOf(world.actor(1).store, fixture.key)).toEqual([]);
  });

  it("ends without blame when a member's round 1 carries another session id, and drops it in later rounds", async () => {
    for (const round of [1, 2]) {
      const world = await worldOf(fixture, { seed: `${seed}-context-${round}` });
      world.hub.intercept = (flight, { body }) => {
        if (body.case === "round" && flight.from.partyId === "party-2" && body.value.header[2] === round)
          void world.actor(1).party.receive(flight.from, resign(world, body.value, { header: flipped(body.value.header, 50) }));
        return [flight];
      };
      const session = world.coordinator.open(world.signIntent(fixture.key, digest(3)), [1, 2]);
      await world.hub.settle();
      const reported = session.aborts.map(({ code, culprits }) => ({ code, culprits }));
      if (round === 1) expect(reported).toContainEqual({ code: "mpc/context-mismatch", culprits: [] });
      else
        expect({ reported, signatures: session.signatures.length, drops: world.dropped(1, "wrong-session") }).toEqual({
          reported: [],
          signatures: 2,
          drops: 1,
        });
    }
  });

  it("ends without blame when a member speaks another version of the header; a stranger's is dropped", async () => {
    const world = await worldOf(fixture, { seed: `${seed}-version` });
    world.hub.intercept = (flight, { body }) => {
      if (body.case !== "round" || flight.from.partyId !== "party-2") return [flight];
      void world.actor(1).party.receive(flight.from, resign(world, body.value, { header: withByte(body.value.header, 0, 2) }, 3));
      return [{ ...flight, bytes: resign(world, body.value, { header: withByte(body.value.header, 0, 2) }) }];
    };
    const session = world.coordinator.open(world.signIntent(fixture.key, digest(3)), [1, 2]);
    await world.hub.settle();
    expect(world.dropped(1, "not-authentic")).toBeGreaterThan(0);
    expect(session.aborts.map(({ code, culprits }) => ({ code, culprits }))).toContainEqual({
      code: "party/version-mismatch",
      culprits: [],
    });
  });

  it("asks again for what was lost on the way, and gets the same bytes", async () => {
    const world = await worldOf(fixture, { seed: `${seed}-lost` });
    const seen = new Map<string, string>();
    const lost = new Set<string>();
    world.hub.intercept = (flight, { body }) => {
      if (body.case !== "round") return [flight];
      const name = `${flight.from.partyId} ${flight.to.partyId} ${body.value.header[2]}`;
      const bytes = Buffer.from(flight.bytes).toString("hex");
      expect(seen.get(name) ?? bytes).toBe(bytes);
      seen.set(name, bytes);
      if (lost.has(name)) return [flight];
      lost.add(name);
      return [];
    };
    const session = world.coordinator.open(world.signIntent(fixture.key, digest(4)), [1, 2]);
    await world.pass(30_000, 500);
    expect(lost.size).toBe(6);
    expect(session.aborts).toEqual([]);
    expect(session.signatures).toHaveLength(2);
  });

  it("asks again at once after a reconnect", async () => {
    const world = await worldOf(fixture, { seed: `${seed}-reconnect` });
    world.hub.intercept = (flight, { body }) =>
      body.case === "round" && flight.to.partyId === "party-1" && body.value.header[2] === 3 ? [] : [flight];
    const session = world.coordinator.open(world.signIntent(fixture.key, digest(4)), [1, 2]);
    await world.hub.settle();
    world.hub.intercept = (flight) => [flight];
    world.hub.reconnect({ partyId: "party-1", instanceId: "i1" });
    await world.hub.settle();
    expect(session.signatures).toHaveLength(2);
  });

  it("gives a member's sent messages to that member only, not to a stranger who names its index", async () => {
    const world = await worldOf(fixture, { seed: `${seed}-stranger` });
    world.hub.intercept = (flight, { body }) => (body.case === "round" ? [] : [flight]);
    const session = world.coordinator.open(world.signIntent(fixture.key, digest(4)), [1, 2]);
    await world.hub.settle();
    const request = create(RoundRequestSchema, { rid: session.rid, round: 1, from: 2 });
    const bytes = toBinary(EnvelopeSchema, create(EnvelopeSchema, { body: { case: "roundRequest", value: request } }));
    const sent: string[] = [];
    world.hub.intercept = (flight, envelope) => {
      if (envelope.body.case === "round") sent.push(flight.to.partyId);
      return [];
    };
    await world.actor(1).party.receive({ partyId: "party-3", instanceId: "i1" }, bytes);
    expect(sent).toEqual([]);
    await world.actor(1).party.receive({ partyId: "party-2", instanceId: "i1" }, bytes);
    expect(sent).toEqual(["party-2"]);
    expect(world.dropped(1, "wrong-sender")).toBe(1);
  });

  it("drops names and numbers that no session has before they reach the store", async () => {
    const world = await worldOf(fixture, { seed: `${seed}-implausible` });
    const request = { rid: new Uint8Array(32), round: 1, from: 2 };
    const bodies: Envelope["body"][] = [
      { case: "roundRequest", value: create(RoundRequestSchema, { ...request, round: 2 ** 31 }) },
      { case: "roundRequest", value: create(RoundRequestSchema, { ...request, from: 2 ** 31 }) },
      { case: "roundRequest", value: create(RoundRequestSchema, { ...request, rid: new Uint8Array(33) }) },
      ...["", "a\u0000b", "x".repeat(129)].map((sessionId): Envelope["body"] => ({
        case: "certificateRequest",
        value: create(CertificateRequestSchema, { sessionId }),
      })),
    ];
    for (const body of bodies)
      await world
        .actor(1)
        .party.receive({ partyId: "party-3", instanceId: "" }, toBinary(EnvelopeSchema, create(EnvelopeSchema, { body })));
    expect(world.dropped(1, "malformed")).toBe(bodies.length);
  });

  it("signs whatever the order, with every message doubled (8 seeds)", async () => {
    for (let k = 0; k < 8; k++) {
      const world = await worldOf(fixture, { seed: `${seed}-order-${k}` });
      world.hub.intercept = (flight) => [flight, flight];
      const session = world.coordinator.open(world.signIntent(fixture.key, digest(5)), [2, 3]);
      await world.hub.settle();
      expect(session.aborts, `seed ${seed}-order-${k}`).toEqual([]);
      expect(session.signatures.length, `seed ${seed}-order-${k}`).toBeGreaterThanOrEqual(2);
    }
  });
});

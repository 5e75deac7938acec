// A sender that has nothing to do with a party costs it no look into its store, and learns nothing.
// One that has something to do with it costs it a bounded number of looks.
import { randomBytes } from "node:crypto";
import { create, type Message, toBinary } from "@bufbuild/protobuf";
import { type Address, defaultLimits, protocols, type Store } from "@covault/party";
import { CrashPoint, seeded, toyKeygen, World } from "@covault/testkit";
import {
  AbandonedSchema,
  AcknowledgedSchema,
  CertificateRequestSchema,
  CertificateSchema,
  CommittedSchema,
  coordinatorAddress,
  type Envelope,
  EnvelopeSchema,
  IntentSchema,
  InviteSchema,
  KeygenActionSchema,
  RoundMessageSchema,
  RoundRequestSchema,
  SignedSchema,
  StartSchema,
} from "@covault/wire";
import { beforeAll, describe, expect, it } from "vitest";
import { digest, type Fixture, makeFixture, worldOf } from "./fixture.ts";

type Body = Envelope["body"];
const encode = (body: Body): Uint8Array => toBinary(EnvelopeSchema, create(EnvelopeSchema, { body }));
const address = (partyId: string): Address => ({ partyId, instanceId: "i1" });

/** The same store, and how often it was asked for anything. */
function counted(store: Store): { readonly store: Store; readonly calls: () => number } {
  let calls = 0;
  const count = new Proxy(store, {
    get(target, name) {
      const method = Reflect.get(target, name) as unknown;
      if (typeof method !== "function") return method;
      return (...args: unknown[]) => {
        calls++;
        return method.apply(target, args) as unknown;
      };
    },
  });
  return { store: count, calls: () => calls };
}

/** A message that is well formed, and about nothing that there is. `seed` draws the names. */
function wellFormed(seed: string): Body[] {
  const drawn = seeded(seed);
  const rid = drawn.bytes(32);
  const sessionId = `ses_${Buffer.from(drawn.bytes(16)).toString("hex")}`;
  const signed = create(SignedSchema, { body: drawn.bytes(100), signature: drawn.bytes(64), signer: "party-2" });
  const intent = create(SignedSchema, { ...signed, body: toBinary(IntentSchema, create(IntentSchema, { sessionId })) });
  const certificate = create(CertificateSchema, { intent, acks: [signed, signed] });
  return [
    { case: "certificateRequest", value: create(CertificateRequestSchema, { sessionId }) },
    { case: "committed", value: create(CommittedSchema, { sessionId, certificate }) },
    { case: "abandoned", value: create(AbandonedSchema, { sessionId, abandonment: signed }) },
    { case: "acknowledged", value: create(AcknowledgedSchema, { sessionId, ack: signed }) },
    { case: "roundRequest", value: create(RoundRequestSchema, { rid, round: 1, from: 2 }) },
    { case: "round", value: create(RoundMessageSchema, { header: drawn.bytes(71), sealed: drawn.bytes(100), signature: drawn.bytes(64) }) },
    { case: "start", value: create(StartSchema, { sessionId, attempt: 1, rid, joins: [signed, signed] }) },
    { case: "invite", value: create(InviteSchema, { sessionId, attempt: 1, rid, intent: signed, signers: [1, 2] }) },
  ];
}

describe("a party that strangers write to", () => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await makeFixture({ seed: "strangers" }, 2);
  });

  it("and that carry a field which is not known here, beside the message or in it, are malformed: nothing of them is read", async () => {
    const world = await worldOf(fixture, { seed: "strangers-unknown" });
    const { store, calls } = counted(world.actor(1).store);
    await world.boot(1, new CrashPoint(0, "before"), { store });
    const unknown = Uint8Array.of(0xc0, 0x3e, 1);
    const before = calls();
    const bodies = wellFormed("unknown fields");
    for (const body of bodies) {
      const inner = create(EnvelopeSchema, { body });
      (inner.body.value as Message).$unknown = [{ no: 1000, wireType: 0, data: Uint8Array.of(1) }];
      for (const bytes of [toBinary(EnvelopeSchema, inner), Uint8Array.of(...encode(body), ...unknown)])
        for (const from of [coordinatorAddress, "party-2"]) await world.actor(1).party.receive(address(from), bytes);
    }
    expect(world.dropped(1, "malformed")).toBe(bodies.length * 4);
    expect(calls()).toBe(before);
  });

  it("drops whatever they say before it looks anything up, and answers nothing", async () => {
    const seed = randomBytes(8).toString("hex");
    const world = await worldOf(fixture, { seed: "strangers" });
    const { store, calls } = counted(world.actor(1).store);
    await world.boot(1, new CrashPoint(0, "before"), { store });
    const sent: string[] = [];
    world.hub.intercept = (flight) => {
      sent.push(flight.to.partyId);
      return [flight];
    };
    const before = calls();
    let count = 0;
    for (const partyId of ["dev_mzuhvlpymk6xo3epygfy5h4oeaejofefn3rdhm4qfjmr2dk7fesq", "party-4", "mallory", "coordinator2", ""])
      for (let n = 0; n < 20; n++)
        for (const body of wellFormed(`${seed}-${n}`)) {
          await world.actor(1).party.receive(address(partyId), encode(body));
          count++;
        }
    expect([calls() - before, world.dropped(1, "stranger"), sent, seed]).toEqual([0, count, [], seed]);
  });

  it("looks things up for one of the roster so often in a second, and for the others meanwhile", async () => {
    const world = await worldOf(fixture, { seed: "strangers-roster" });
    const { store, calls } = counted(world.actor(1).store);
    await world.boot(1, new CrashPoint(0, "before"), { store });
    const { looksPerSecond } = defaultLimits;
    const flood = async (partyId: string) => {
      const before = calls();
      for (let n = 0; n < 100; n++)
        for (const body of wellFormed(`flood-${n}`)) await world.actor(1).party.receive(address(partyId), encode(body));
      return calls() - before;
    };
    expect(await flood("party-2")).toBe(looksPerSecond);
    expect(world.dropped(1, "too-often")).toBe(400 - looksPerSecond);
    expect(await flood("party-2")).toBe(0);
    expect(await flood("party-3")).toBe(looksPerSecond);
    world.clock.advance(1_000);
    expect(await flood("party-2")).toBe(looksPerSecond);
  });

  it("signs with the others while one of the roster floods it", async () => {
    const world = await worldOf(fixture, { seed: "strangers-sign" });
    for (let n = 0; n < 200; n++)
      for (const body of wellFormed(`flood-${n}`)) await world.actor(1).party.receive(address("party-3"), encode(body));
    const session = world.coordinator.open(world.signIntent(fixture.key, digest(1)), [1, 2]);
    await world.hub.settle();
    expect(session.signatures).toHaveLength(2);
  });
});

describe("the certificate of a key", () => {
  /**
   * Parties 1 to 3 have a key. Party 4 is in the roster and has nothing to do with it. With
   * `staged`, no acknowledgement arrives.
   */
  async function keyOfThree(seed: string, staged = false) {
    const run = [toyKeygen, ...protocols.filter(({ kind }) => kind === "sign")];
    const world = await World.create({ seed, indices: [1, 2, 3, 4], protocolsOf: () => run });
    const keygen = create(KeygenActionSchema, {
      scheme: "ecdsa-secp256k1",
      threshold: 2,
      members: world.members().slice(0, 3),
      initiators: ["account"],
      custody: "server",
    });
    world.hub.intercept = (flight, { body }) => (staged && body.case === "acknowledged" ? [] : [flight]);
    const session = world.coordinator.open(world.sign(world.intent({ action: { case: "keygen", value: keygen } })), [1, 2, 3]);
    await world.hub.settle();
    return { world, session };
  }
  /** What party 1 sends to the party that asks, and what it counts. */
  async function asked(world: World, partyId: string, sessionId: string) {
    const answers: Body[] = [];
    world.hub.intercept = (flight, { body }) => {
      if (flight.to.partyId === partyId) answers.push(body);
      return [];
    };
    const before = world.actor(1).events.length;
    const request = encode({ case: "certificateRequest", value: create(CertificateRequestSchema, { sessionId }) });
    await world.actor(1).party.receive({ partyId, instanceId: partyId === coordinatorAddress ? "c" : "i1" }, request);
    return { answers: answers.map((body) => body.case), events: world.actor(1).events.slice(before) };
  }

  it("goes to its members and to the coordinator", async () => {
    const { world, session } = await keyOfThree("certificate-members");
    for (const partyId of ["party-2", "party-3", coordinatorAddress])
      expect((await asked(world, partyId, session.sessionId)).answers, partyId).toEqual(["committed"]);
  });

  it("goes to nobody else, who gets the answer of a session that there is not", async () => {
    const { world, session } = await keyOfThree("certificate-others");
    const known = await asked(world, "party-4", session.sessionId);
    expect(known).toEqual({ answers: [], events: [{ kind: "dropped", reason: "unknown-session", from: "party-4" }] });
    expect(await asked(world, "party-4", "ses_nothing")).toEqual(known);
  });

  it("nor does the acknowledgement of a share that is staged go to anybody else", async () => {
    const { world, session } = await keyOfThree("certificate-staged", true);
    expect((await asked(world, "party-2", session.sessionId)).answers).toEqual(["acknowledged"]);
    expect((await asked(world, "party-4", session.sessionId)).answers).toEqual([]);
  });
});

// Commit (dkls23-spec section 7): only the certificate makes a key usable. Nobody decides alone,
// and nobody is fooled by half of one.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { identityKeyFromSeed, signStatement } from "@covault/channel";
import { protocols } from "@covault/party";
import { CrashPoint, type TestSession, toyKeygen, World } from "@covault/testkit";
import { epochOf, intentIdOf, keyIdOf, keysOf, verifyCertificate } from "@covault/trust";
import {
  AbandonedSchema,
  AbandonmentSchema,
  type Ack,
  AcknowledgedSchema,
  AckSchema,
  CertificateRequestSchema,
  CertificateSchema,
  CommittedSchema,
  type Envelope,
  EnvelopeSchema,
  type Signed,
  SignedSchema,
  signatureTags,
} from "@covault/wire";
import { describe, expect, it } from "vitest";
import { digest } from "./fixture.ts";

const indices = [1, 2, 3];
const router = { partyId: "party-3", instanceId: "i1" };
const encode = (body: Envelope["body"]): Uint8Array => toBinary(EnvelopeSchema, create(EnvelopeSchema, { body }));
const committedBy = (session: TestSession, acks: readonly Signed[]): Uint8Array =>
  encode({
    case: "committed",
    value: create(CommittedSchema, {
      sessionId: session.sessionId,
      certificate: create(CertificateSchema, { intent: session.intent, acks: [...acks] }),
    }),
  });

const statuses = async (world: World, { sessionId }: TestSession) =>
  Promise.all(indices.map(async (index) => (await world.actor(index).store.sharesOfSession(sessionId))[0]?.status));

/**
 * A keygen in which acknowledgements between parties and to the coordinator get lost, so that
 * everybody stays staged.
 */
async function stagedWorld(seed: string) {
  const world = await World.create({
    seed: `commit-${seed}`,
    indices,
    protocolsOf: () => [toyKeygen, ...protocols.filter(({ kind }) => kind === "sign")],
  });
  const acks = new Map<string, Signed>();
  world.hub.intercept = (flight, { body }) => {
    if (body.case !== "acknowledged") return [flight];
    if (body.value.ack !== undefined) acks.set(flight.from.partyId, body.value.ack);
    return [];
  };
  const session = world.coordinator.open(world.keygenIntent(2), indices);
  await world.hub.settle();
  expect(await statuses(world, session)).toEqual(["staged", "staged", "staged"]);
  return { world, session, acks: indices.map((index) => acks.get(`party-${index}`) as Signed) };
}

describe("commit", () => {
  it("a staged share signs nothing", async () => {
    const { world, session, acks } = await stagedWorld("unusable");
    const ack = fromBinary(AckSchema, acks[0]?.body ?? new Uint8Array(0));
    const sign = world.coordinator.open(world.signIntent(ack, digest(1)), [1, 2]);
    await world.hub.settle();
    expect(sign.declines.map(({ code }) => code)).toEqual(["party/unknown-share", "party/unknown-share"]);
    expect(await statuses(world, session)).toEqual(["staged", "staged", "staged"]);
  });

  it("of what is staged nothing is looked up for a stranger", async () => {
    const { world, session } = await stagedWorld("stranger");
    const request = create(CertificateRequestSchema, { sessionId: session.sessionId });
    const stranger = { partyId: "mallory", instanceId: "i1" };
    await world.actor(1).party.receive(stranger, encode({ case: "certificateRequest", value: request }));
    expect([world.dropped(1, "stranger"), world.dropped(1, "unknown-session")]).toEqual([1, 0]);
  });

  it("whoever holds the certificate tells the others, and anybody may ask for it", async () => {
    const { world, session, acks } = await stagedWorld("tell");
    world.hub.intercept = (flight) => [flight];
    await world.actor(1).party.receive(router, committedBy(session, acks));
    expect(await statuses(world, session)).toEqual(["committed", "staged", "staged"]);
    // The others ask by a timer, and party 1 answers.
    await world.pass(6_000);
    expect(await statuses(world, session)).toEqual(["committed", "committed", "committed"]);
    const answers: Envelope["body"][] = [];
    world.hub.intercept = (flight, { body }) => {
      if (flight.to.partyId === "party-3") answers.push(body);
      return [];
    };
    await world
      .actor(1)
      .party.receive(
        router,
        encode({ case: "certificateRequest", value: create(CertificateRequestSchema, { sessionId: session.sessionId }) }),
      );
    const answer = answers[0];
    expect(answer?.case).toBe("committed");
    if (answer?.case !== "committed" || answer.value.certificate === undefined) throw new Error("no certificate");
    const verified = verifyCertificate(answer.value.certificate, {
      keysOf: keysOf(world.roster),
      intentId: intentIdOf(session.intent.body),
    });
    expect((await world.actor(2).store.committedShare(verified.keyId))?.epoch).toEqual(verified.epoch);
  });

  it("commits by whichever of its instances the certificate comes to", async () => {
    const { world, session, acks } = await stagedWorld("instances");
    const { store } = world.actor(2);
    const { stagedShares } = store;
    // The other instance looked before the share was there.
    store.stagedShares = async () => [];
    await world.boot(2, new CrashPoint(0, "before"), { instanceId: "i2" });
    store.stagedShares = stagedShares;
    await world.actor(2).party.receive(router, committedBy(session, acks));
    expect(await statuses(world, session)).toEqual(["staged", "committed", "staged"]);
  });

  it("refuses a certificate with an acknowledgement missing, doubled, forged, of another key, or of another intent", async () => {
    const { world, session, acks } = await stagedWorld("forged");
    const [first, second, third] = acks as [Signed, Signed, Signed];
    const other = await stagedWorld("forged-other");
    const thief = identityKeyFromSeed(digest(1));
    const forged = signStatement(thief, signatureTags.ack, "party-3", third.body);
    const rows: readonly (readonly Signed[])[] = [
      [first, second],
      [first, second, second],
      [first, second, forged],
      [first, third, second],
      [first, second, otherKey(world, third)],
      [first, second, { ...third, body: third.body.slice(1) }],
      other.acks,
      [],
    ];
    for (const [k, row] of rows.entries()) {
      await world.actor(1).party.receive(router, committedBy(session, row));
      expect(await statuses(world, session), `row ${k}`).toEqual(["staged", "staged", "staged"]);
      expect(world.dropped(1, "bad-certificate")).toBe(k + 1);
    }
    // All members acknowledge another key than that of party 1. That makes a certificate, but not
    // one of its share.
    await world.actor(1).party.receive(
      router,
      committedBy(
        session,
        indices.map((index) => otherKey(world, acks[index - 1] as Signed, index)),
      ),
    );
    expect(await statuses(world, session)).toEqual(["staged", "staged", "staged"]);
  });

  it("an acknowledgement for another key does not stand in the way of the right one", async () => {
    const { world, session, acks } = await stagedWorld("lie");
    const acknowledge = (ack: Signed): Uint8Array =>
      encode({ case: "acknowledged", value: create(AcknowledgedSchema, { sessionId: session.sessionId, ack }) });
    await world.actor(1).party.receive(router, acknowledge(otherKey(world, acks[2] as Signed)));
    expect(world.dropped(1, "bad-ack")).toBe(1);
    for (const ack of acks) await world.actor(1).party.receive(router, acknowledge(ack));
    expect((await statuses(world, session))[0]).toBe("committed");
  });

  it("an acknowledgement of an intent that is not known here is held against its sender only in a session that is", async () => {
    const { world, session, acks } = await stagedWorld("unknown-ack");
    const ack = create(SignedSchema, { ...(acks[2] as Signed), body: new Uint8Array() });
    const acknowledge = (sessionId: string): Uint8Array =>
      encode({ case: "acknowledged", value: create(AcknowledgedSchema, { sessionId, ack }) });
    await world.actor(1).party.receive(router, acknowledge("ses_0"));
    expect(world.dropped(1, "bad-ack")).toBe(0);
    await world.actor(1).party.receive(router, acknowledge(session.sessionId));
    expect(world.dropped(1, "bad-ack")).toBe(1);
  });

  it("an acknowledgement for another key that comes while my own run goes on is forgotten as well", async () => {
    const world = await World.create({ seed: "commit-early", indices, protocolsOf: () => [toyKeygen] });
    let real: Signed | undefined;
    world.hub.intercept = (flight, { body }) => {
      // Party 3 finishes first, and party 1 waits for party 2's last round.
      if (body.case === "round" && flight.from.partyId === "party-2" && flight.to.partyId === "party-1" && body.value.header[2] === 2)
        return [];
      if (body.case === "acknowledged" && flight.from.partyId === "party-3") {
        real ??= body.value.ack;
        const lie = create(AcknowledgedSchema, { sessionId: body.value.sessionId, ack: otherKey(world, body.value.ack as Signed) });
        return [{ ...flight, bytes: encode({ case: "acknowledged", value: lie }) }];
      }
      return [flight];
    };
    const session = world.coordinator.open(world.keygenIntent(2), indices);
    await world.hub.settle();
    expect(real).toBeDefined();
    world.hub.intercept = (flight) => [flight];
    await world.pass(20_000);
    expect(await statuses(world, session)).toEqual(["committed", "committed", "committed"]);
  });

  it("an abandonment counts before the certificate only, and only the initiator's", async () => {
    const { world, session, acks } = await stagedWorld("abandon");
    const statement = toBinary(
      AbandonmentSchema,
      create(AbandonmentSchema, { sessionId: session.sessionId, intentId: intentIdOf(session.intent.body), initiatorId: "account" }),
    );
    const forged = signStatement(identityKeyFromSeed(digest(1)), signatureTags.abandon, "account", statement);
    await world
      .actor(1)
      .party.receive(
        router,
        encode({ case: "abandoned", value: create(AbandonedSchema, { sessionId: session.sessionId, abandonment: forged }) }),
      );
    expect(world.dropped(1, "bad-abandonment")).toBe(1);
    // An abandonment by the initiator's own key does not count either, once the roster has that key
    // revoked.
    for (const entry of world.roster.initiators) entry.revoked = true;
    world.abandon(session.sessionId, intentIdOf(session.intent.body));
    await world.hub.settle();
    expect(await statuses(world, session)).toEqual(["staged", "staged", "staged"]);
    for (const entry of world.roster.initiators) entry.revoked = false;
    await world.actor(2).party.receive(router, committedBy(session, acks));
    world.hub.intercept = (flight, { body }) => (body.case === "abandoned" ? [flight] : []);
    world.abandon(session.sessionId, intentIdOf(session.intent.body));
    await world.hub.settle();
    expect(await statuses(world, session)).toEqual([undefined, "committed", undefined]);
    // What is abandoned does not come back.
    await world.actor(1).party.receive(router, committedBy(session, acks));
    expect((await statuses(world, session))[0]).toBeUndefined();
  });

  it("an abandonment ends a keygen that still runs, and it never stages", async () => {
    const world = await World.create({ seed: "commit-running", indices, protocolsOf: () => [toyKeygen] });
    world.hub.intercept = (flight, { body }) => (body.case === "round" && body.value.header[2] === 2 ? [] : [flight]);
    const session = world.coordinator.open(world.keygenIntent(2), indices);
    await world.hub.settle();
    expect(world.actor(1).party.running).toBe(1);
    world.hub.intercept = (flight) => [flight];
    world.abandon(session.sessionId, intentIdOf(session.intent.body));
    await world.pass(30_000, 5_000);
    expect(await statuses(world, session)).toEqual([undefined, undefined, undefined]);
    for (const index of indices) {
      expect(world.actor(index).party.running).toBe(0);
      expect(await world.actor(index).store.runningSessions()).toEqual([]);
    }
  });
});

/** The member's own acknowledgement of some other key. */
function otherKey(world: World, signed: Signed, index = 3): Signed {
  const ack: Ack = fromBinary(AckSchema, signed.body);
  const chain = digest(77);
  const keyId = keyIdOf("ecdsa-secp256k1", ack.publicKey, chain);
  const lie = create(AckSchema, { ...ack, chain, keyId, epoch: epochOf(keyId, ack.h2) });
  return create(SignedSchema, signStatement(world.actor(index).identity, signatureTags.ack, `party-${index}`, toBinary(AckSchema, lie)));
}

// The commit of a renewed pair (dkls23-spec 7.1, "Commit"): only the acknowledgements of both ends
// make it usable, an end in doubt asks, and a lie costs nothing but time. What replaces a pair, and
// what replaces its epoch, ends what runs on the one before without a strike.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type IdentityKey, signStatement } from "@covault/channel";
import type { StoredRenewal } from "@covault/party";
import type { TestSession, World } from "@covault/testkit";
import {
  coordinatorAddress,
  type Envelope,
  EnvelopeSchema,
  type PairAck,
  PairAcknowledgedSchema,
  PairAckSchema,
  type PairCertificate,
  PairCertificateSchema,
  PairCommittedSchema,
  PairRequestSchema,
  type Signed,
  SignedSchema,
  signatureTags,
} from "@covault/wire";
import { beforeAll, describe, expect, it } from "vitest";
import { digest } from "./fixture.ts";
import { type Held, holdKey, Lifecycle, said } from "./lifecycle.ts";
import { askRenewal, burnPair, clearPair, type Ends, heal, intentOf, lose, nth, pairOf, renew, restore, standing } from "./renewing.ts";

let held: Held;
beforeAll(async () => {
  held = await holdKey("ecdsa-secp256k1");
}, 300_000);

const pair: Ends = [1, 2];
const acks: Envelope["body"]["case"][] = ["pairAcknowledged"];
const everything: Envelope["body"]["case"][] = ["pairAcknowledged", "pairCommitted", "pairRequest"];
const isPair = (from: string, to: string): boolean => [from, to].every((each) => each === "party-1" || each === "party-2");

async function tell(world: World, index: number, body: Envelope["body"], from = "party-3"): Promise<void> {
  const instanceId = from === coordinatorAddress ? "c" : "i1";
  await world.actor(index).party.receive({ partyId: from, instanceId }, toBinary(EnvelopeSchema, create(EnvelopeSchema, { body })));
  await world.hub.settle();
}
const acknowledged = (sessionId: string, ack: Signed) =>
  ({ case: "pairAcknowledged", value: create(PairAcknowledgedSchema, { sessionId, ack }) }) as const;
const committed = (sessionId: string, certificate: PairCertificate) =>
  ({ case: "pairCommitted", value: create(PairCommittedSchema, { sessionId, certificate }) }) as const;

/** A pair that is staged at both ends, none of which hears the other's acknowledgement. */
async function inDoubt(seed: string): Promise<{ life: Lifecycle; session: TestSession }> {
  const life = await Lifecycle.of(held, seed);
  lose(life.world, everything, () => true);
  const session = await renew(life, pair);
  expect([said(session), await standing(life, pair)]).toEqual([
    [],
    [
      [1, "staged"],
      [1, "staged"],
    ],
  ]);
  heal(life.world);
  return { life, session };
}
async function stored({ world }: Lifecycle, index: number, session: TestSession): Promise<StoredRenewal> {
  return (await world.actor(index).store.renewalOfIntent(intentOf(session))) as StoredRenewal;
}

/** No end has burned or struck anything. */
async function isUnharmed(life: Lifecycle): Promise<void> {
  for (const [index, partner] of [
    [1, 2],
    [2, 1],
  ] as const) {
    expect(await pairOf(life, index, partner)).toMatchObject({ burn: undefined, strikes: 0 });
    expect(life.world.actor(index).events.filter(({ kind }) => kind === "failed" || kind === "burned" || kind === "strikes")).toEqual([]);
  }
}
async function signsWith(life: Lifecycle, generation: number): Promise<void> {
  expect(await standing(life, pair)).toEqual([
    [generation, "committed"],
    [generation, "committed"],
  ]);
  expect((await life.signs(pair, 40 + generation)).signatures).toHaveLength(2);
  await isUnharmed(life);
}

describe("a renewal in doubt", () => {
  it("signs nothing: both ends decline with the partner, and nobody is to blame", async () => {
    const { life } = await inDoubt("doubt-unusable");
    const { world } = life;
    lose(world, everything, () => true);
    const session = await life.signs(pair);
    expect(session.declines.map(({ code, consequence }) => [code, consequence])).toEqual([
      ["party/pairs-missing", expect.any(String)],
      ["party/pairs-missing", expect.any(String)],
    ]);
    expect((await life.signs([1, 3], 2)).signatures).toHaveLength(2);
    heal(world);
    await world.pass(6_000);
    await signsWith(life, 1);
  });

  it.each([
    [
      "of the one end, and everything the coordinator is told",
      (from: string, to: string) => from === "party-1" || to === coordinatorAddress,
    ],
    [
      "of the other end, and everything the coordinator is told",
      (from: string, to: string) => from === "party-2" || to === coordinatorAddress,
    ],
    ["of both ends to each other", isPair],
  ])("for the acknowledgement %s is lost heals by asking", async (what, isLost) => {
    const life = await Lifecycle.of(held, `doubt-ack-${what}`);
    const { world } = life;
    // What one end makes of both acknowledgements is lost as well.
    lose(world, everything, isLost);
    await renew(life, pair);
    expect((await standing(life, pair)).map(([, status]) => status)).toContain("staged");
    heal(world);
    await world.pass(6_000);
    await signsWith(life, 1);
    expect(world.clock.pending).toBeLessThan(40);
  });

  it("for the certificate is lost: the end that lacks it signs nothing, and gets it for its question", async () => {
    const life = await Lifecycle.of(held, "doubt-certificate");
    const { world } = life;
    world.hub.intercept = (flight, { body }) =>
      everything.includes(body.case) && (flight.to.partyId !== "party-1" || flight.from.partyId === coordinatorAddress) ? [] : [flight];
    await renew(life, pair);
    expect(await standing(life, pair)).toEqual([
      [1, "committed"],
      [1, "staged"],
    ]);
    const session = await life.signs(pair);
    expect(session.declines.map(({ code }) => code)).toEqual(["party/pairs-missing"]);
    world.coordinator.cancel(session);
    const answers: string[] = [];
    world.hub.intercept = (flight, { body }) => {
      if (flight.from.partyId === "party-1" && everything.includes(body.case)) answers.push(body.case as string);
      return flight.from.partyId === coordinatorAddress && everything.includes(body.case) ? [] : [flight];
    };
    await world.pass(6_000);
    expect(answers).toContain("pairCommitted");
    await signsWith(life, 1);
  });

  it("heals by the coordinator alone, while the two ends do not hear each other", async () => {
    const life = await Lifecycle.of(held, "doubt-coordinator");
    lose(life.world, everything, isPair);
    const session = await renew(life, pair);
    expect(session.pairCertificate?.acks).toHaveLength(2);
    await life.world.pass(6_000);
    heal(life.world);
    await signsWith(life, 1);
  });

  it("is taken up after a restart of both ends, and after the way to the others was lost", async () => {
    const { life } = await inDoubt("doubt-restart");
    const { world } = life;
    lose(world, everything, () => true);
    for (const index of pair) await world.boot(index);
    await world.hub.settle();
    heal(world);
    world.hub.reconnect({ partyId: "party-1", instanceId: "i1" });
    await world.hub.settle();
    await signsWith(life, 1);
  });

  it("is taken up by the sweep of another instance, which the certificate reaches as well", async () => {
    const { life, session } = await inDoubt("doubt-instance");
    const { world } = life;
    lose(world, everything, () => true);
    const { store } = world.actor(1);
    const { stagedPairs } = store;
    // The other instance looked before the pair was there.
    store.stagedPairs = async () => [];
    await world.boot(1, undefined, { instanceId: "i2" });
    store.stagedPairs = stagedPairs;
    const acksOfBoth = await Promise.all(pair.map(async (index) => fromBinary(SignedSchema, (await stored(life, index, session)).ack)));
    const certificate = create(PairCertificateSchema, { intent: session.intent, acks: acksOfBoth });
    await tell(world, 1, committed(session.sessionId, certificate));
    expect((await pairOf(life, 1, 2)).status).toBe("committed");
    expect(world.actor(1).events.filter(({ kind }) => kind === "renewed")).toHaveLength(1);
    // The first instance sees by its sweep that the pair is decided, and asks no more.
    await world.pass(4_000);
    const asked: string[] = [];
    world.hub.intercept = (flight, { body }) => {
      if (flight.from.partyId === "party-1" && body.case === "pairRequest") asked.push(flight.from.instanceId);
      return everything.includes(body.case) ? [] : [flight];
    };
    await world.pass(60_000, 2_000);
    expect(asked).toEqual([]);
    world.hub.disconnect({ partyId: "party-1", instanceId: "i1" });
    heal(world);
    await world.pass(60_000, 5_000);
    await signsWith(life, 1);
  });

  it("is passed by: the next generation goes, and late words of the one before change nothing", async () => {
    const { life, session } = await inDoubt("doubt-passed-by");
    const { world } = life;
    const first = await Promise.all(pair.map(async (index) => fromBinary(SignedSchema, (await stored(life, index, session)).ack)));
    await renew(life, pair, nth(2));
    await signsWith(life, 2);
    const certificate = create(PairCertificateSchema, { intent: session.intent, acks: first });
    for (const index of pair) {
      const events = world.actor(index).events.length;
      for (const ack of first) await tell(world, index, acknowledged(session.sessionId, ack));
      await tell(world, index, committed(session.sessionId, certificate));
      expect(world.actor(index).events.slice(events)).toEqual(
        first.map(() => ({ kind: "dropped", reason: "unknown-session", from: "party-3" })),
      );
    }
    await world.pass(20_000, 5_000);
    await signsWith(life, 2);
  });

  it("at one end, which was passed by at the other, is answered with what was signed then, and the pair waits for a higher generation", async () => {
    const { life, session } = await inDoubt("doubt-one-passed-by");
    const { world } = life;
    lose(world, everything, () => true);
    // The second renewal reaches its end at party 1 alone.
    world.hub.intercept = (flight, { body }) =>
      everything.includes(body.case) ||
      (body.case === "round" && flight.to.partyId === "party-2" && body.value.header[1] === 6 && body.value.header[2] === 3)
        ? []
        : [flight];
    const second = await renew(life, pair, nth(2));
    world.coordinator.cancel(second);
    await world.hub.settle();
    heal(world);
    await world.pass(6_000);
    expect(await standing(life, pair)).toEqual([
      [2, "staged"],
      // Both have acknowledged the first one.
      [1, "committed"],
    ]);
    expect((await stored(life, 1, session)).status).toBe("staged");
    expect((await life.signs(pair)).declines.map(({ code }) => code)).toEqual(["party/pairs-missing"]);
    await renew(life, pair, nth(3));
    await signsWith(life, 3);
  });

  it("at an end that was restored since becomes a lost pair, and a higher generation heals it", async () => {
    const { life } = await inDoubt("doubt-restored");
    const { world } = life;
    await restore(world, 2);
    await world.boot(2);
    await world.pass(6_000);
    expect(await pairOf(life, 2, 1)).toMatchObject({ generation: 1, status: "committed", state: undefined });
    expect((await life.signs(pair)).declines.map(({ code }) => code)).toEqual(["party/pairs-missing"]);
    await renew(life, pair, nth(2));
    await signsWith(life, 2);
  });

  it("is over when its epoch is", async () => {
    const { life, session } = await inDoubt("doubt-epoch");
    const { world } = life;
    lose(world, everything, () => true);
    await life.go();
    heal(world);
    const before = world.hub.delivered;
    await world.pass(2_000);
    await world.pass(60_000, 5_000);
    const asked = [...world.actors.values()].flatMap(({ events }) => events.filter(({ kind }) => kind === "renewed"));
    expect(asked).toEqual([]);
    expect(world.hub.delivered).toBe(before);
    expect(await standing(life, pair)).toEqual([
      [0, "committed"],
      [0, "committed"],
    ]);
    await tell(
      world,
      1,
      { case: "pairRequest", value: create(PairRequestSchema, { sessionId: session.sessionId, intentId: intentOf(session) }) },
      "party-2",
    );
    await signsWith(life, 0);
  });
});

describe("a question for a renewal", () => {
  it("is answered to the other end and the coordinator, with the very bytes of the acknowledgement, and to nobody else", async () => {
    const { life, session } = await inDoubt("asked");
    const { world } = life;
    const answers: (readonly [string, Envelope["body"]])[] = [];
    world.hub.intercept = (flight, { body }) => {
      answers.push([flight.to.partyId, body]);
      return [];
    };
    const ask = (over: object = {}) =>
      ({
        case: "pairRequest",
        value: create(PairRequestSchema, { sessionId: session.sessionId, intentId: intentOf(session), ...over }),
      }) as const;
    const { ack } = await stored(life, 1, session);
    for (const from of ["party-2", coordinatorAddress]) {
      await tell(world, 1, ask(), from);
      expect(answers.splice(0)).toMatchObject([[from, { case: "pairAcknowledged", value: { sessionId: session.sessionId } }]]);
      expect(toBinary(SignedSchema, fromBinary(SignedSchema, ack))).toEqual(ack);
    }
    const dropped = world.dropped(1, "unknown-session");
    await tell(world, 1, ask());
    await tell(world, 1, ask({ sessionId: "ses_other" }), "party-2");
    await tell(world, 1, ask({ intentId: digest(1) }), "party-2");
    expect([answers, world.dropped(1, "unknown-session") - dropped]).toEqual([[], 3]);
    const malformed = world.dropped(1, "malformed");
    await tell(world, 1, ask({ intentId: new Uint8Array(31) }), "party-2");
    await tell(world, 1, ask({ sessionId: "" }), "party-2");
    await tell(world, 1, { case: "pairCommitted", value: create(PairCommittedSchema, { sessionId: "/" }) }, "party-2");
    await tell(world, 1, { case: "pairAcknowledged", value: create(PairAcknowledgedSchema, { sessionId: " " }) }, "party-2");
    expect(world.dropped(1, "malformed") - malformed).toBe(4);
    for (let k = 0; k < 300; k++)
      await world
        .actor(1)
        .party.receive({ partyId: "party-3", instanceId: "i1" }, toBinary(EnvelopeSchema, create(EnvelopeSchema, { body: ask() })));
    expect(world.dropped(1, "too-often")).toBeGreaterThan(40);
  });
});

describe("an acknowledgement that lies", () => {
  /** What one party would sign for the renewal of a session. */
  const sign = (ack: PairAck, signer: string, identity: IdentityKey): Signed =>
    signStatement(identity, signatureTags.pairAck, signer, toBinary(PairAckSchema, ack));

  it.each(["when this end has signed", "before this end has signed"] as const)(
    "is dropped, %s, and the honest one is taken afterwards",
    async (when) => {
      const early = when.startsWith("before");
      const life = await Lifecycle.of(held, `liar-${early}`);
      const { world } = life;
      const [late]: (() => void)[][] = [[]];
      world.hub.intercept = (flight, { body }) => {
        if (everything.includes(body.case)) return [];
        if (!early || body.case !== "round" || body.value.header[2] !== 3 || flight.to.partyId !== "party-1") return [flight];
        late?.push(() => world.hub.inject(flight));
        return [];
      };
      const session = await renew(life, pair);
      expect((await pairOf(life, 1, 2)).generation).toBe(early ? 0 : 1);
      const mine = world.actor(2).identity;
      const signed = fromBinary(SignedSchema, (await stored(life, 2, session)).ack);
      const honest = fromBinary(PairAckSchema, signed.body);
      const ack = (over: Partial<PairAck>): PairAck => create(PairAckSchema, { ...honest, ...over });
      const lies: readonly (readonly [string, Signed, string])[] = [
        [
          "no signature",
          create(SignedSchema, { ...signed, signature: signed.signature.map((byte, at) => byte ^ (at === 9 ? 1 : 0)) }),
          "bad-ack",
        ],
        ["by a third", sign(honest, "party-3", world.actor(3).identity), "bad-ack"],
        ["by a third in the name of the end", sign(honest, "party-2", world.actor(3).identity), "bad-ack"],
        ["by the party itself", sign(ack({ shareIndex: 1 }), "party-2", mine), "bad-ack"],
        ["of another key", sign(ack({ keyId: digest(1) }), "party-2", mine), "bad-ack"],
        ["of another epoch", sign(ack({ epoch: digest(1) }), "party-2", mine), "bad-ack"],
        ["of another pair of holders", sign(ack({ shareIndexHi: 3 }), "party-2", mine), "bad-ack"],
        ["of another generation", sign(ack({ generation: 2 }), "party-2", mine), "bad-ack"],
        ["of another session", sign(ack({ sessionId: "ses_other" }), "party-2", mine), "bad-ack"],
        ["of another intent", sign(ack({ intentId: digest(1) }), "party-2", mine), "unknown-session"],
        [
          "of the pair before",
          sign(ack({ pairId: (await pairOf(await Lifecycle.of(held, "old"), 1, 2)).pairId }), "party-2", mine),
          "bad-ack",
        ],
        ["of no pair", sign(ack({ pairId: new Uint8Array(32) }), "party-2", mine), "bad-ack"],
      ];
      for (const [what, lie, reason] of lies) {
        const before = world.dropped(1, reason);
        await tell(world, 1, acknowledged(session.sessionId, lie), "party-2");
        expect(world.dropped(1, reason) - before, what).toBe(1);
      }
      // Before this end has made its own pair, nothing tells an acknowledgement of another one from
      // a good one.
      const other = sign(ack({ pairId: digest(5) }), "party-2", mine);
      const before = world.dropped(1, "bad-ack");
      await tell(world, 1, acknowledged(session.sessionId, other), "party-2");
      expect(world.dropped(1, "bad-ack") - before).toBe(early ? 0 : 1);
      world.hub.intercept = (flight, { body }) => (everything.includes(body.case) ? [] : [flight]);
      for (const release of late ?? []) release();
      await world.hub.settle();
      expect(await pairOf(life, 1, 2)).toMatchObject({ generation: 1, status: "staged" });
      // Neither does a certificate with such an acknowledgement make the pair usable.
      const own = fromBinary(SignedSchema, (await stored(life, 1, session)).ack);
      for (const lie of [...lies.map(([, each]) => each), other]) {
        const dropped = world.dropped(1, "bad-certificate");
        await tell(
          world,
          1,
          committed(session.sessionId, create(PairCertificateSchema, { intent: session.intent, acks: [own, lie] })),
          "party-2",
        );
        expect(world.dropped(1, "bad-certificate") - dropped).toBe(1);
      }
      expect((await pairOf(life, 1, 2)).status).toBe("staged");
      heal(world);
      await tell(world, 1, acknowledged(session.sessionId, signed), "party-2");
      await world.pass(6_000);
      await signsWith(life, 1);
    },
  );

  it("of a pair that was never made leaves the pair in doubt, and the next renewal goes", async () => {
    const { life, session } = await inDoubt("liar-in-doubt");
    const { world } = life;
    const { identity } = world.actor(2);
    // Party 2 says another id to everybody, and that alone.
    world.hub.intercept = (flight, envelope) => {
      const { body } = envelope;
      if (flight.from.partyId !== "party-2" || !everything.includes(body.case)) return [flight];
      if (body.case !== "pairAcknowledged" || body.value.ack === undefined) return [];
      const ack = create(PairAckSchema, { ...fromBinary(PairAckSchema, body.value.ack.body), pairId: digest(9) });
      const lie = acknowledged(session.sessionId, sign(ack, "party-2", identity));
      return [{ ...flight, bytes: toBinary(EnvelopeSchema, create(EnvelopeSchema, { body: lie })) }];
    };
    await world.pass(20_000, 5_000);
    expect((await pairOf(life, 1, 2)).status).toBe("staged");
    expect(world.dropped(1, "bad-ack")).toBeGreaterThan(0);
    expect(world.dropped(1, "bad-certificate")).toBeGreaterThan(0);
    heal(world);
    await renew(life, pair, nth(2));
    await signsWith(life, 2);
  });
});

it("a certificate is taken from anybody, and once", async () => {
  const { life, session } = await inDoubt("anybody");
  const { world } = life;
  lose(world, everything, () => true);
  const both = await Promise.all(pair.map(async (index) => fromBinary(SignedSchema, (await stored(life, index, session)).ack)));
  const certificate = create(PairCertificateSchema, { intent: session.intent, acks: both });
  for (const bad of [
    create(PairCertificateSchema, { intent: session.intent, acks: both.slice(1) }),
    create(PairCertificateSchema, { intent: session.intent, acks: [...both].reverse() }),
    create(PairCertificateSchema, { acks: both }),
  ]) {
    const dropped = world.dropped(1, "bad-certificate");
    await tell(world, 1, committed(session.sessionId, bad));
    expect(world.dropped(1, "bad-certificate") - dropped).toBe(1);
  }
  for (const index of pair) for (let k = 0; k < 2; k++) await tell(world, index, committed(session.sessionId, certificate));
  for (const index of pair) expect(world.actor(index).events.filter(({ kind }) => kind === "renewed")).toHaveLength(1);
  const dropped = world.dropped(3, "unknown-session");
  await tell(world, 3, committed(session.sessionId, certificate), "party-1");
  expect(world.dropped(3, "unknown-session") - dropped).toBe(1);
  heal(world);
  await signsWith(life, 1);
});

describe("a signature that runs with the pair before", () => {
  /** A signature of the pair whose messages of one round are held back. */
  async function held16(seed: string, round: number) {
    const life = await Lifecycle.of(held, seed);
    const { world } = life;
    const late: (() => void)[] = [];
    let holds = true;
    world.hub.intercept = (flight, { body }) => {
      if (!holds || body.case !== "round" || body.value.header[1] !== 16 || body.value.header[2] !== round) return [flight];
      late.push(() => world.hub.inject(flight));
      return [];
    };
    const session = await life.signs(pair);
    expect([session.started, session.signatures]).toEqual([true, []]);
    const release = async (): Promise<void> => {
      holds = false;
      for (const each of late.splice(0)) each();
      await world.hub.settle();
    };
    return { life, session, release };
  }

  it.each([1, 2, 3])(
    "ends when the certificate comes, in round %i: no strike, no blame, and the next attempt signs under the same intent",
    async (round) => {
      const { life, session, release } = await held16(`old-pair-${round}`, round);
      await renew(life, pair);
      expect(session.aborts.map(({ code, culprits, consequence }) => [code, culprits, consequence])).toEqual(
        pair.map(() => ["party/pair-superseded", [], "retry"]),
      );
      await release();
      for (const index of pair) await life.world.boot(index);
      life.world.coordinator.attempt(session, pair);
      await life.world.hub.settle();
      expect(session.signatures).toHaveLength(2);
      await signsWith(life, 1);
    },
  );

  it("makes no check any more once the higher generation is signed, and ends without a strike", async () => {
    const { life, session, release } = await held16("old-pair-staged", 1);
    const { world } = life;
    const holding = world.hub.intercept;
    world.hub.intercept = (flight, envelope) => (everything.includes(envelope.body.case) ? [] : holding(flight, envelope));
    await renew(life, pair);
    expect((await standing(life, pair)).map(([, status]) => status)).toEqual(["staged", "staged"]);
    expect(session.aborts).toEqual([]);
    await release();
    expect(session.aborts.map(({ code, culprits }) => [code, culprits])).toEqual(pair.map(() => ["party/pair-superseded", []]));
    heal(world);
    await world.pass(6_000);
    await signsWith(life, 1);
  });

  it("ends also in the instance that does not hear of the certificate, within 3 seconds and without a strike", async () => {
    const { life, session, release } = await held16("old-pair-instance", 2);
    const { world } = life;
    const holding = world.hub.intercept;
    const dropped = [...everything, "roundRequest"];
    world.hub.intercept = (flight, envelope) => (dropped.includes(envelope.body.case ?? "") ? [] : holding(flight, envelope));
    const renewal = await renew(life, pair);
    await world.boot(1, undefined, { instanceId: "i2" });
    const acksOfBoth = await Promise.all(pair.map(async (index) => fromBinary(SignedSchema, (await stored(life, index, renewal)).ack)));
    const certificate = create(PairCertificateSchema, { intent: renewal.intent, acks: acksOfBoth });
    await tell(world, 1, committed(renewal.sessionId, certificate));
    expect([(await pairOf(life, 1, 2)).status, session.aborts]).toEqual(["committed", []]);
    await world.pass(3_000, 500);
    // The first instance looks by its clock, and nothing here waits for it.
    for (let turn = 0; turn < 100 && session.aborts.length === 0; turn++) await world.pass(100, 100);
    const heard = session.aborts.map(({ code, culprits, consequence }) => [code, culprits, consequence]);
    expect(heard).toEqual([["party/pair-superseded", [], "retry"]]);
    await release();
    expect(session.signatures).toEqual([]);
    expect((await pairOf(life, 1, 2)).strikes).toBe(0);
  });

  it("that uses other pairs goes on", async () => {
    const life = await Lifecycle.of(held, "old-pair-others");
    const { world } = life;
    const late: (() => void)[] = [];
    world.hub.intercept = (flight, { body }) => {
      if (body.case !== "round" || body.value.header[1] !== 16) return [flight];
      late.push(() => world.hub.inject(flight));
      return [];
    };
    const session = await life.signs([1, 3]);
    await renew(life, pair);
    heal(world);
    for (const each of late) each();
    await world.hub.settle();
    expect([session.aborts, session.signatures.length]).toEqual([[], 2]);
  });
});

it("a failed check of the pair before, found when the new one is in use, stops it until this end's operator has cleared it", async () => {
  const life = await Lifecycle.of(held, "late-failure");
  const { world } = life;
  const { store } = world.actor(1);
  const before = await pairOf(life, 1, 2);
  expect(said(await renew(life, pair))).toEqual([]);
  world.hub.intercept = (flight, { body }) => (body.case === "round" && flight.to.partyId === "party-1" ? [] : [flight]);
  const session = await life.signs(pair);
  const late = { partner: 2, pairId: before.pairId, reason: "mpc/ot-check-failed", sid: digest(1), digest: digest(2) };
  await store.burn(life.key.epoch, [late]);
  heal(world);
  await world.pass(4_000);
  const heard = session.aborts.map(({ code, culprits, consequence }) => [code, culprits, consequence]);
  expect(heard).toContainEqual(["mpc/pair-burned", [2], "burn"]);
  expect([session.signatures, store.heldAgainstPairs()]).toEqual([[], { burns: [late], checks: 0 }]);
  const again = await life.signs(pair, 2);
  expect(again.declines.map(({ code, culprits }) => [code, culprits])).toEqual([["party/pair-burned", [2]]]);
  world.coordinator.cancel(again);
  const renewal = await renew(life, pair, nth(2));
  expect(said(renewal)).toEqual(["party/pair-uncleared"]);
  world.coordinator.cancel(renewal);
  await world.hub.settle();
  expect(await clearPair(life, 1, 2)).toBe(true);
  const signed = await life.signs(pair, 3);
  expect([said(signed), signed.signatures.length]).toEqual([[], 2]);
  expect(await pairOf(life, 1, 2)).toMatchObject({ generation: 1, burn: undefined });
});

describe("an epoch that is committed", () => {
  it("ends a renewal of the one before, cleanly and without a strike", async () => {
    const life = await Lifecycle.of(held, "epoch-meanwhile");
    const { world } = life;
    world.hub.intercept = (flight, { body }) => (body.case === "round" && body.value.header[1] === 6 ? [] : [flight]);
    const session = await renew(life, pair);
    expect(session.started).toBe(true);
    await life.go();
    expect(session.aborts.map(({ code, culprits }) => [code, culprits])).toEqual(pair.map(() => ["party/epoch-superseded", []]));
    for (const index of pair) expect(await world.actor(index).store.runningSessions()).toEqual([]);
    heal(world);
    await signsWith(life, 0);
    await renew(life, pair);
    await signsWith(life, 1);
  });

  it("also at the last message of the renewal, and in one that was resumed", async () => {
    const life = await Lifecycle.of(held, "epoch-last");
    const { world } = life;
    const late: (() => void)[] = [];
    world.hub.intercept = (flight, { body }) => {
      if (body.case !== "round" || body.value.header[1] !== 6 || body.value.header[2] !== 3) return [flight];
      late.push(() => world.hub.inject(flight));
      return [];
    };
    await renew(life, pair);
    await world.boot(1);
    await world.hub.settle();
    await life.go();
    for (const each of late) each();
    heal(world);
    await world.pass(10_000, 5_000);
    for (const index of pair) expect(await world.actor(index).store.runningSessions()).toEqual([]);
    await signsWith(life, 0);
  });

  it("answers a renewal of a lower one with its certificate", async () => {
    const life = await Lifecycle.of(held, "epoch-behind");
    const { world } = life;
    const intent = await askRenewal(life, pair);
    const { key, certificates } = life;
    await life.go();
    const { keyId } = key.charter;
    world.coordinator.learn(keyId, { epoch: key.epoch, epochNumber: key.epochNumber, certificates });
    const shown: unknown[] = [];
    world.hub.intercept = (flight, { body }) => {
      if (body.case === "committed") shown.push(body.value.certificate);
      return [flight];
    };
    const session = world.coordinator.open(intent, pair);
    await world.hub.settle();
    expect(said(session)).toEqual(["party/epoch-behind", "party/epoch-behind"]);
    expect(session.joins.size).toBe(0);
    expect(shown).toEqual([life.certificates.at(-1), life.certificates.at(-1)]);
  });

  it("is committed first by an end that is behind, which is shown its certificate", async () => {
    const life = await Lifecycle.of(held, "epoch-ahead");
    const { world } = life;
    lose(world, ["acknowledged", "committed"], (_, to) => to === "party-1");
    const session = life.open(await life.asked());
    await world.hub.settle();
    life.commit(session);
    expect((await life.share(1))?.status).toBe("staged");
    await renew(life, pair, (action) => {
      action.oldPairId = new Uint8Array(32);
    }).catch(() => {});
    heal(world);
    expect((await life.share(1))?.status).toBe("committed");
    await signsWith(life, 1);
  });
});

it("a pair whose burn was cleared stays burned until the certificate is there", async () => {
  const life = await Lifecycle.of(held, "cleared-in-doubt");
  await burnPair(life, 1, 2);
  await clearPair(life, 1, 2);
  expect((await life.signs(pair)).declines.map(({ code }) => code)).toEqual(["party/pair-burned"]);
  lose(life.world, acks, () => true);
  await renew(life, pair);
  expect(new Set((await life.signs(pair, 2)).declines.map(({ code }) => code))).toEqual(new Set(["party/pairs-missing"]));
  heal(life.world);
  await life.world.pass(6_000);
  await signsWith(life, 1);
});

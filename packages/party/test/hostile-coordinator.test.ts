// A stolen coordinator. It has everybody's intents and all traffic, but neither the initiator's key
// nor a party's. It obtains no join for anything that the initiator did not ask of exactly these
// parties, and no signature.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { identityKeyFromSeed, makeJoinKeys, signStatement } from "@covault/channel";
import { protocols } from "@covault/party";
import { seeded, type TestSession, toyKeygen, World } from "@covault/testkit";
import { intentIdOf } from "@covault/trust";
import {
  EnvelopeSchema,
  type Intent,
  IntentSchema,
  JoinStatementSchema,
  KeygenActionSchema,
  type Signed,
  SignedSchema,
  signatureTags,
  TenantSchema,
} from "@covault/wire";
import { beforeAll, describe, expect, it } from "vitest";
import { committedKey, digest, type Fixture, makeFixture, worldOf } from "./fixture.ts";

const seed = "hostile";
let fixture: Fixture;
beforeAll(async () => {
  fixture = await makeFixture({ seed }, 2);
});

let worlds = 0;
const fresh = (): Promise<World> => worldOf(fixture, { seed: `${seed}-${++worlds}` });

/** Nobody joined, for this reason. */
async function refused(world: World, session: TestSession, code: string): Promise<void> {
  await world.hub.settle();
  expect([...session.joins.keys()]).toEqual([]);
  expect(session.declines.map((decline) => decline.code)).toEqual(session.signers.map(() => code));
  expect(session.signatures).toEqual([]);
}

const altered = (signed: Signed, change: (intent: Intent) => void): Signed => {
  const intent = structuredClone(decode(signed));
  change(intent);
  return create(SignedSchema, { ...signed, body: toBinary(IntentSchema, intent) });
};
const decode = (signed: Signed): Intent => fromBinary(IntentSchema, signed.body);

describe("a hostile coordinator", () => {
  it("gets no join for another message under the initiator's old signature", async () => {
    const world = await fresh();
    const intent = world.signIntent(fixture.key, digest(1));
    const forged = altered(intent, ({ action }) => {
      if (action.case === "sign") action.value.message = digest(2);
    });
    await refused(world, world.coordinator.open(forged, [1, 2]), "trust/bad-intent");
  });

  it("gets no join for an intent that it signed itself, whoever it claims to be", async () => {
    const world = await fresh();
    const own = identityKeyFromSeed(seeded("thief").bytes(32));
    for (const initiatorId of ["account", "thief"]) {
      const intent = world.intent({ ...decode(world.signIntent(fixture.key, digest(1))), initiatorId, sessionId: `ses_${initiatorId}` });
      await refused(world, world.coordinator.open(world.sign(intent, own), [1, 2]), "trust/bad-intent");
    }
  });

  it("gets no join for a quorum with a party that the roster has lost, and one for the others", async () => {
    const changes: ((world: World) => unknown)[] = [
      (world) => world.roster.parties.splice(2, 1),
      (world) => Object.assign(world.roster.parties[2] ?? {}, { validUntilMs: BigInt(world.clock.nowMs()) }),
    ];
    for (const change of changes) {
      const world = await fresh();
      change(world);
      const session = world.coordinator.open(world.signIntent(fixture.key, digest(1)), [2, 3]);
      await world.hub.settle();
      expect(session.joins.has(2)).toBe(false);
      expect(session.declines.map(({ code }) => code)).toContain("trust/unknown-party");
      const others = world.coordinator.open(world.signIntent(fixture.key, digest(2)), [1, 2]);
      await world.hub.settle();
      expect(others.signatures).toHaveLength(2);
    }
  });

  it("starts nothing that it held back until the roster lost one of the quorum, or revoked the key that asked", async () => {
    const changes: readonly (readonly [string, (world: World) => unknown])[] = [
      ["trust/unknown-party", (world) => world.roster.parties.splice(2, 1)],
      ["trust/unknown-party", (world) => Object.assign(world.roster.parties[2] ?? {}, { validUntilMs: BigInt(world.clock.nowMs()) })],
      ["trust/not-entitled", (world) => Object.assign(world.roster.initiators[0] ?? {}, { revoked: true })],
      ["", () => undefined],
    ];
    for (const [code, change] of changes) {
      const world = await fresh();
      world.hub.intercept = (flight, { body }) => (body.case === "start" ? [] : [flight]);
      const session = world.coordinator.open(world.signIntent(fixture.key, digest(1)), [2, 3]);
      await world.hub.settle();
      expect([...session.joins.keys()].sort()).toEqual([2, 3]);
      change(world);
      world.hub.intercept = (flight) => [flight];
      for (const signer of [2, 3]) world.coordinator.start(session, signer);
      await world.hub.settle();
      expect(session.signatures).toHaveLength(code === "" ? 2 : 0);
      expect(session.aborts.map((abort) => abort.code)).toEqual(code === "" ? [] : [code, code]);
      // Nothing was claimed.
      if (code !== "") expect(world.actor(2).events.map(({ kind }) => kind)).not.toContain("started");
    }
  });

  it("gets nothing from a party whose roster is behind, which closes no stored session for it and goes on when it has the newest", async () => {
    const world = await fresh();
    world.isBehind = true;
    const session = world.coordinator.open(world.signIntent(fixture.key, digest(1)), [1, 2]);
    await world.hub.settle();
    expect(session.joins.size).toBe(0);
    expect(session.declines.map(({ code }) => code)).toEqual(["trust/roster-behind", "trust/roster-behind"]);
    world.isBehind = false;
    const later = world.coordinator.open(world.signIntent(fixture.key, digest(2)), [1, 2]);
    await world.hub.settle();
    expect(later.signatures).toHaveLength(2);
  });

  it("founds no key that it held back until the roster lost one of its holders", async () => {
    const world = await World.create({ seed: `${seed}-held`, protocolsOf: () => [toyKeygen] });
    world.hub.intercept = (flight, { body }) => (body.case === "start" ? [] : [flight]);
    const session = world.coordinator.open(world.keygenIntent(2), [1, 2, 3]);
    await world.hub.settle();
    expect(session.joins.size).toBe(3);
    world.roster.parties.splice(2, 1);
    world.hub.intercept = (flight) => [flight];
    for (const signer of [1, 2, 3]) world.coordinator.start(session, signer);
    await world.hub.settle();
    expect(session.aborts.map((abort) => abort.code)).toEqual(Array(3).fill("trust/unknown-party"));
  });

  const quorums: readonly { what: string; over: { eligible?: string[]; required?: string[] }; signers: readonly number[] }[] = [
    { what: "parties that are not eligible", over: { eligible: ["party-1", "party-3"] }, signers: [1, 2] },
    { what: "a quorum without a required party", over: { required: ["party-3"] }, signers: [1, 2] },
    { what: "more signers than the threshold", over: {}, signers: [1, 2, 3] },
    { what: "fewer signers than the threshold", over: {}, signers: [1] },
    { what: "a share index that nobody holds", over: {}, signers: [1, 7] },
  ];
  for (const { what, over, signers } of quorums)
    it(`gets no join for ${what}`, async () => {
      const world = await fresh();
      const session = world.coordinator.open(world.signIntent(fixture.key, digest(1), over), signers);
      await world.hub.settle();
      expect([...session.joins.keys()]).toEqual([]);
      expect(session.declines.map((decline) => decline.code)).toEqual(signers.filter((index) => index <= 3).map(() => "party/bad-quorum"));
    });

  it("gets no join of a party that the quorum leaves out, twice or out of order", async () => {
    const world = await fresh();
    for (const signers of [
      [2, 3],
      [2, 2],
      [2, 1],
    ]) {
      const session = world.coordinator.open(world.signIntent(fixture.key, digest(1)), []);
      session.signers = signers;
      world.coordinator.invite(session, 1);
      await world.hub.settle();
      expect(session.joins.size).toBe(0);
      expect(session.declines.at(-1)?.code).toMatch(/party\/(bad-quorum|not-a-member)/);
    }
  });

  it("gets no second attempt under the routing id of one that runs, which goes on", async () => {
    const world = await fresh();
    world.hub.intercept = (flight, { body }) => (body.case === "start" ? [] : [flight]);
    const running = world.coordinator.open(world.signIntent(fixture.key, digest(1)), [1, 2]);
    await world.hub.settle();
    expect(running.joins.size).toBe(2);
    const second = world.coordinator.open(world.signIntent(fixture.key, digest(2)), []);
    second.signers = [1, 2];
    second.rid = running.rid;
    world.coordinator.invite(second, 1);
    world.coordinator.invite(second, 2);
    await world.hub.settle();
    expect([second.joins.size, second.declines.map((decline) => decline.code)]).toEqual([
      0,
      ["party/intent-replayed", "party/intent-replayed"],
    ]);
    expect(world.actor(1).party.running).toBe(1);
  });

  it.each([
    ["another key", { keyId: digest(8) }, "party/unknown-share"],
    ["a higher epoch, without certificates", { epoch: digest(255) }, "party/unknown-share"],
    ["a lower epoch", { epoch: digest(0) }, "party/epoch-behind"],
    ["another public key", {}, "party/wrong-key"],
    ["an epoch under another number", { epochNumber: 1 }, "party/unknown-share"],
  ] as const)("an intent for %s is refused by the party itself", async (name, over, code) => {
    const world = await fresh();
    const other = name === "another public key" ? { publicKey: seededKey() } : {};
    const intent = world.signIntent({ ...fixture.key, ...over, ...other }, digest(1));
    await refused(world, world.coordinator.open(intent, [1, 2]), code);
  });

  it("gets nothing from an intent of another tenant or account, though its initiator signed it", async () => {
    const world = await fresh();
    for (const over of [{ tenantId: "other" }, { accountId: "acc_other" }]) {
      const intent = decode(world.signIntent(fixture.key, digest(1)));
      await refused(world, world.coordinator.open(world.sign({ ...intent, ...over }), [1, 2]), "party/wrong-key");
    }
  });

  it("cannot use an intent after its time, nor one from the future", async () => {
    const world = await fresh();
    const intent = world.signIntent(fixture.key, digest(1));
    const future = world.sign(
      world.intent({
        ...decode(world.signIntent(fixture.key, digest(1))),
        issuedAtMs: BigInt(world.clock.nowMs() + 61_000),
        expiresAtMs: BigInt(world.clock.nowMs() + 99_000),
      }),
    );
    await refused(world, world.coordinator.open(future, [1, 2]), "trust/intent-expired");
    world.clock.advance(120_000 + 60_000);
    await refused(world, world.coordinator.open(intent, [1, 2]), "trust/intent-expired");
  });

  it("cannot use an intent again after its signature, not even under another session", async () => {
    const world = await fresh();
    const intent = world.signIntent(fixture.key, digest(1));
    const session = world.coordinator.open(intent, [1, 2]);
    await world.hub.settle();
    expect(session.signatures).toHaveLength(2);
    world.coordinator.attempt(session, [1, 2]);
    await world.hub.settle();
    // Each party reports again what it has reported, which is the one signature that there is.
    expect([session.joins.size, session.declines, session.signatures.length]).toEqual([0, [], 4]);
    expect(new Set(session.signatures.map((signature) => Buffer.from(signature).toString("hex"))).size).toBe(1);
    const renamed = world.coordinator.open(
      altered(intent, (body) => {
        body.sessionId = "ses_other";
      }),
      [1, 2],
    );
    await refused(world, renamed, "trust/bad-intent");
  });

  it("gets sixteen attempts of one intent, each number once, also when an attempt dies before its end", async () => {
    const world = await fresh();
    world.hub.intercept = (flight, { body }) => (body.case === "round" ? [] : [flight]);
    const session = world.coordinator.open(world.signIntent(fixture.key, digest(1)), [1, 2]);
    await world.hub.settle();
    for (let attempt = 2; attempt <= 16; attempt++) {
      world.coordinator.attempt(session, [1, 2]);
      await world.hub.settle();
      expect(session.joins.size).toBe(2);
    }
    world.coordinator.attempt(session, [1, 2]);
    await world.hub.settle();
    expect(session.joins.size).toBe(0);
    session.attempt = 2;
    world.coordinator.attempt(session, [1, 2]);
    await world.hub.settle();
    expect(session.joins.size).toBe(0);
    expect(session.declines.map(({ code }) => code)).toEqual([
      "trust/bad-intent",
      "trust/bad-intent",
      "party/intent-replayed",
      "party/intent-replayed",
    ]);
  });

  it("cannot start an attempt with a member of its own making, with a join of another attempt, or without one", async () => {
    const world = await fresh();
    const mine = identityKeyFromSeed(seeded("thief").bytes(32));
    let old: readonly Signed[] = [];
    const tricks: readonly ((joins: readonly Signed[], session: TestSession) => readonly Signed[])[] = [
      (joins) => joins,
      (joins, session) => [joins[0] as Signed, forgedJoin(world, session, mine)],
      (joins) => [joins[0] as Signed, old[1] as Signed],
      (joins) => [old[0] as Signed, joins[1] as Signed],
      (joins) => joins.slice(0, 1),
      (joins) => [...joins].reverse(),
      (joins) => [...joins, joins[1] as Signed],
      (joins) => [
        joins[0] as Signed,
        { ...(joins[1] as Signed), body: (joins[1] as Signed).body.map((byte, k) => (k === 40 ? byte ^ 1 : byte)) },
      ],
    ];
    for (const [k, trick] of tricks.entries()) {
      const session = world.coordinator.open(world.signIntent(fixture.key, digest(1)), [1, 2]);
      world.coordinator.alterStart = (joins) => {
        if (k === 0) old = joins;
        return trick(joins, session);
      };
      await world.hub.settle();
      if (k === 0) expect(session.signatures).toHaveLength(2);
      else {
        expect(session.signatures, `trick ${k}`).toEqual([]);
        expect(world.dropped(1, "bad-start"), `trick ${k}`).toBe(k);
        expect(session.aborts, `trick ${k}`).toEqual([]);
      }
    }
  });

  it("that shows two members different joins of a third ends in a mismatch, without blame", async () => {
    // A member that joins twice, here with the coordinator's help, makes the two honest ones hold
    // different inputs.
    const world = await World.create({ seed: `${seed}-split`, protocolsOf: () => [toyKeygen] });
    const session = world.coordinator.open(world.keygenIntent(2), [1, 2, 3]);
    world.coordinator.alterStart = (joins, to) => {
      if (to !== 2) return joins;
      return [joins[0] as Signed, joins[1] as Signed, forgedJoin(world, session, world.actor(3).identity, 3)];
    };
    await world.hub.settle();
    expect(session.certificate).toBeUndefined();
    expect(session.aborts.length).toBeGreaterThan(0);
    for (const { code, culprits } of session.aborts) expect({ code, culprits }).toEqual({ code: "mpc/context-mismatch", culprits: [] });
  });

  it("cannot fill a keygen with parties of its own, change t or the members, or make a party another's", async () => {
    const world = await World.create({ seed: `${seed}-keygen`, protocolsOf: () => [toyKeygen] });
    const honest = decode(world.keygenIntent(2));
    const change = (edit: (keygen: Extract<Intent["action"], { case: "keygen" }>["value"]) => void): Intent => {
      const intent = structuredClone(honest);
      intent.sessionId = `ses_k${++worlds}`;
      if (intent.action.case === "keygen") edit(intent.action.value);
      return intent;
    };
    const thief = identityKeyFromSeed(seeded("thief").bytes(32)).publicKey;
    const rows: readonly [Intent, string][] = [
      [
        change((keygen) => {
          keygen.members[2] = { ...(keygen.members[2] as (typeof keygen.members)[number]), idpk: thief };
        }),
        "trust/unknown-party",
      ],
      [
        change((keygen) => {
          keygen.members[2] = { ...(keygen.members[2] as (typeof keygen.members)[number]), partyId: "party-9" };
        }),
        "trust/unknown-party",
      ],
      [
        change((keygen) => {
          keygen.members[2] = { ...(keygen.members[2] as (typeof keygen.members)[number]), role: "delegate" };
        }),
        "trust/unknown-party",
      ],
      [
        change((keygen) => {
          keygen.members = keygen.members.slice(0, 2);
        }),
        "party/bad-quorum",
      ],
      [
        change((keygen) => {
          keygen.threshold = 1;
        }),
        "trust/bad-intent",
      ],
    ];
    for (const [intent, code] of rows) {
      // The identities come from the roster, even when the initiator signed others (a stolen
      // initiator).
      const session = world.coordinator.open(world.sign(intent), [1, 2, 3]);
      await world.hub.settle();
      expect(session.joins.size).toBe(0);
      expect(session.declines[0]?.code).toBe(code);
    }
    // Without the initiator, every change of t or of the members breaks the signature.
    for (const edit of [
      (keygen: { threshold: number }) => {
        keygen.threshold = 3;
      },
      (keygen: { members: unknown[] }) => {
        keygen.members.pop();
      },
    ]) {
      const forged = create(SignedSchema, { ...world.keygenIntent(2), body: toBinary(IntentSchema, change(edit)) });
      await refused(world, world.coordinator.open(forged, [1, 2, 3]), "trust/bad-intent");
    }
  });

  it("cannot make parties run keygen with some of the members only", async () => {
    const world = await World.create({ seed: `${seed}-some`, protocolsOf: () => [toyKeygen] });
    await refused(world, world.coordinator.open(world.keygenIntent(2), [1, 2]), "party/bad-quorum");
  });

  it("cannot sign with a key of default-deny policy, or by an initiator that the key does not name", async () => {
    for (const over of [{ policyRoot: digest(1) }, { initiators: ["owner"] }]) {
      const world = await World.create({ seed: `${seed}-policy-${Object.keys(over)[0]}`, protocolsOf: () => [toyKeygen, ...signOnly] });
      world.roster.tenants.push(create(TenantSchema, { tenant: "default", policyRoots: [digest(1)], versionZeroAllowed: true }));
      const base = decode(world.keygenIntent(2));
      if (base.action.case !== "keygen") throw new Error("no keygen");
      const value = create(KeygenActionSchema, { ...base.action.value, ...over });
      const keygen = world.coordinator.open(world.sign({ ...base, action: { case: "keygen", value } }), [1, 2, 3]);
      await world.hub.settle();
      const key = await committedKey(world, 1, keygen.sessionId);
      if (key === undefined) throw new Error("no key");
      const code = "policyRoot" in over ? "party/policy-denied" : "trust/not-entitled";
      await refused(world, world.coordinator.open(world.signIntent(key, digest(1)), [1, 2]), code);
    }
  });

  it("that is only another party cannot invite, start or cancel", async () => {
    const world = await fresh();
    const session = world.coordinator.open(world.signIntent(fixture.key, digest(1)), [1, 2]);
    const from = { partyId: "party-3", instanceId: "i1" };
    for (const body of [
      { case: "invite", value: {} },
      { case: "start", value: {} },
      { case: "cancel", value: { rid: session.rid } },
    ] as const)
      await world.actor(1).party.receive(from, toBinary(EnvelopeSchema, create(EnvelopeSchema, { body })));
    expect(world.dropped(1, "wrong-sender")).toBe(3);
    await world.hub.settle();
    expect(session.signatures).toHaveLength(2);
  });
});

function forgedJoin(world: World, session: TestSession, key: Parameters<typeof signStatement>[0], index = 2): Signed {
  const statement = create(JoinStatementSchema, {
    rid: session.rid,
    intentId: intentIdOf(session.intent.body),
    attempt: session.attempt,
    partyId: `party-${index}`,
    instanceId: "i1",
    shareIndex: index,
    contribution: digest(66),
    x25519: makeJoinKeys(seeded("thief").bytes(32)).publicKey,
    signers: [...session.signers],
  });
  return signStatement(key, signatureTags.join, world.actor(index).partyId, toBinary(JoinStatementSchema, statement));
}

/** Some other point: 2 G. */
const seededKey = (): Uint8Array =>
  Uint8Array.from(Buffer.from("02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5", "hex"));
const signOnly = protocols.filter(({ kind }) => kind === "sign");

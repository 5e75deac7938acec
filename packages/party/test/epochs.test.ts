// Which epoch of a key signs (dkls23-spec 7): the highest certified one, everywhere. Certificates are real: intents of the initiator, acknowledgements
// of the parties.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { identityKeyFromSeed, signStatement } from "@covault/channel";
import { seeded, type TestSession, toyKeygen, World } from "@covault/testkit";
import { intentIdOf, type VerifiedKey } from "@covault/trust";
import {
  AcknowledgedSchema,
  AckSchema,
  type Certificate,
  CertificateSchema,
  CommittedSchema,
  type Envelope,
  EnvelopeSchema,
  IntentSchema,
  JoinStatementSchema,
  type RefreshAction,
  RosterInitiatorSchema,
  type Signed,
  signatureTags,
} from "@covault/wire";
import { beforeAll, describe, expect, it } from "vitest";
import { Keys } from "../src/keys.ts";
import { chainOf, opened, type Run, run, stage } from "./epochs.ts";
import { digest, type Fixture, makeFixture, makeKey, worldOf } from "./fixture.ts";

let fixture: Fixture;
beforeAll(async () => {
  fixture = await makeFixture({ seed: "epochs" }, 2);
});

interface Stage {
  readonly world: World;
  readonly founding: Certificate;
  readonly key: VerifiedKey;
}
let worlds = 0;
async function staged(): Promise<Stage> {
  const world = await worldOf(fixture, { seed: `epochs-${++worlds}` });
  const founding = fromBinary(CertificateSchema, (await chainOf(world, 1, fixture.key))[0] as Uint8Array);
  return { world, founding, key: opened(world, [founding]) };
}
/** A refresh that is staged at these parties. */
async function stagedRun({ world, key }: Stage, indices: readonly number[], change: (action: RefreshAction) => void = () => {}) {
  const made = run(world, key, change);
  for (const index of indices) await stage(world, index, made);
  return made;
}
const bytes = (certificate: Certificate): Uint8Array => toBinary(CertificateSchema, certificate);
const encode = (body: Envelope["body"]): Uint8Array => toBinary(EnvelopeSchema, create(EnvelopeSchema, { body }));
const from = (partyId: string) => ({ partyId, instanceId: "i1" });
const show = (world: World, index: number, { sessionId, certificate }: Pick<Run, "sessionId" | "certificate">): Promise<void> =>
  world
    .actor(index)
    .party.receive(from("party-3"), encode({ case: "committed", value: create(CommittedSchema, { sessionId, certificate }) }));
const statusOf = async (world: World, index: number, { keyId, epoch }: Pick<Run, "keyId" | "epoch">) =>
  (await world.actor(index).store.share(keyId, epoch))?.status;

/** An invite to sign with the epoch that this chain leads to, or that is claimed. */
function signWith(
  { world, key }: Stage,
  certificates: readonly Certificate[],
  claimed: Partial<Pick<Run, "epoch">> & { number?: number } = {},
) {
  const last = certificates.at(-1) as Certificate;
  const { epoch, epochNumber } = fromBinary(AckSchema, last.acks[0]?.body ?? new Uint8Array());
  const { keyId, publicKey } = key.charter;
  const of = { keyId, publicKey, epoch: claimed.epoch ?? epoch, epochNumber: claimed.number ?? epochNumber, certificates };
  return world.coordinator.open(world.signIntent(of, digest(1)), [1, 2]);
}
const codes = ({ declines }: TestSession) => declines.map(({ code }) => code);

describe("an invite to sign", () => {
  it("with a higher epoch than mine, and its certificates, commits that one first and signs with it", async () => {
    const set = await staged();
    const { world, founding } = set;
    const next = await stagedRun(set, [1, 2, 3]);
    const session = signWith(set, [founding, next.certificate]);
    await world.hub.settle();
    expect([codes(session), session.aborts, session.signatures.length]).toEqual([[], [], 2]);
    for (const index of [1, 2]) {
      expect(await chainOf(world, index, next)).toEqual([bytes(founding), bytes(next.certificate)]);
      expect(await statusOf(world, index, next)).toBe("committed");
      const { store } = world.actor(index);
      expect(await store.share(next.keyId, set.key.epoch)).toMatchObject({ status: "superseded", secret: new Uint8Array() });
      expect(await store.pairs(next.keyId, set.key.epoch)).toBeUndefined();
      const join = fromBinary(JoinStatementSchema, session.joins.get(index)?.join?.body ?? new Uint8Array());
      expect(join).toMatchObject({ keyId: next.keyId, epoch: next.epoch, epochNumber: 1 });
      expect(world.actor(index).events).toContainEqual({ kind: "committed", sessionId: next.sessionId });
    }
    expect(await statusOf(world, 3, next)).toBe("staged");
  });

  it("past an epoch that I never had commits the highest, and what was staged below it is gone", async () => {
    const set = await staged();
    const { world, founding } = set;
    const first = await stagedRun(set, [1, 2]);
    const second = run(world, opened(world, [founding, first.certificate]));
    for (const index of [1, 2]) await stage(world, index, second);
    const session = signWith(set, [founding, first.certificate, second.certificate]);
    await world.hub.settle();
    expect([codes(session), session.signatures.length]).toEqual([[], 2]);
    expect(await statusOf(world, 1, first)).toBe("superseded");
    expect(await chainOf(world, 1, second)).toHaveLength(3);
  });

  it("commits a keygen whose certificate did not come", async () => {
    const world = await World.create({ seed: "epochs-keygen", protocolsOf: () => [toyKeygen] });
    world.hub.intercept = (flight, { body }) =>
      body.case === "committed" || (body.case === "acknowledged" && flight.to.partyId !== "coordinator") ? [] : [flight];
    const keygen = world.coordinator.open(world.keygenIntent(2), [1, 2, 3]);
    await world.hub.settle();
    const key = opened(world, [keygen.certificate as Certificate]);
    const made = { keyId: key.charter.keyId, epoch: key.epoch };
    expect(await statusOf(world, 1, made)).toBe("staged");
    const session = signWith({ world, key, founding: keygen.certificate as Certificate }, [keygen.certificate as Certificate]);
    await world.hub.settle();
    // The toy cannot sign; what matters is that the share is there.
    expect(codes(session)).toEqual(["party/unknown-protocol", "party/unknown-protocol"]);
    expect(await statusOf(world, 1, made)).toBe("committed");
  });

  it("with a higher epoch of which I have no share is declined, and nothing changes", async () => {
    const set = await staged();
    const { world, founding } = set;
    const next = run(world, set.key);
    const session = signWith(set, [founding, next.certificate]);
    await world.hub.settle();
    expect(codes(session)).toEqual(["party/unknown-share", "party/unknown-share"]);
    expect(await chainOf(world, 1, next)).toEqual([bytes(founding)]);
    expect(await statusOf(world, 1, { keyId: next.keyId, epoch: set.key.epoch })).toBe("committed");
    const again = signWith(set, [founding]);
    await world.hub.settle();
    expect(again.signatures).toHaveLength(2);
  });

  it("with a lower epoch than mine is declined and answered with the certificate of mine, which the others then commit", async () => {
    const set = await staged();
    const { world, founding } = set;
    const next = await stagedRun(set, [1, 2, 3]);
    await show(world, 1, next);
    expect(await statusOf(world, 1, next)).toBe("committed");
    const answers: unknown[] = [];
    world.hub.intercept = (flight, { body }) => {
      if (body.case === "committed" && flight.to.partyId === "coordinator") answers.push(body.value);
      return [flight];
    };
    const session = signWith(set, [founding]);
    await world.hub.settle();
    expect([codes(session), [...session.joins.keys()]]).toEqual([["party/epoch-behind"], [2]]);
    expect(answers).toEqual([create(CommittedSchema, { sessionId: next.sessionId, certificate: next.certificate })]);
    const again = signWith(set, [founding, next.certificate]);
    await world.hub.settle();
    expect([codes(again), again.signatures.length]).toEqual([[], 2]);
  });

  it("for an intent that no epoch below a higher number may sign is declined and answered with mine", async () => {
    const set = await staged();
    const { world, founding, key } = set;
    const { keyId, publicKey } = key.charter;
    const of = { keyId, publicKey, epoch: key.epoch, certificates: [founding] };
    const answers: string[] = [];
    world.hub.intercept = (flight, { body }) => {
      if (body.case === "committed") answers.push(body.value.sessionId);
      return [flight];
    };
    const session = world.coordinator.open(world.signIntent(of, digest(1), { epochNumberMin: 1 }), [1, 2]);
    await world.hub.settle();
    expect([codes(session), answers]).toEqual([
      ["party/epoch-behind", "party/epoch-behind"],
      [key.sessionId, key.sessionId],
    ]);
  });
});

describe("certificates of an invite that lie", () => {
  const thief = identityKeyFromSeed(seeded("thief").bytes(32));
  const withAck = ({ certificate }: Run, at: number, ack: Signed): Certificate =>
    create(CertificateSchema, { ...certificate, acks: certificate.acks.map((each, k) => (k === at ? ack : each)) });
  /** Everything that a keygen of the thief's own parties with the same public key and chain code would make: the same key id. */
  function replaced({ world, founding }: Stage): Certificate {
    const intent = fromBinary(IntentSchema, founding.intent?.body ?? new Uint8Array());
    if (intent.action.case !== "keygen") throw new Error("no keygen");
    const { members } = intent.action.value;
    for (const member of members) member.idpk = identityKeyFromSeed(digest(90 + member.shareIndex)).publicKey;
    const signed = world.sign({ ...intent, sessionId: "ses_replaced" });
    const acks = members.map(({ partyId, shareIndex }) => {
      const mine = fromBinary(AckSchema, founding.acks[shareIndex - 1]?.body ?? new Uint8Array());
      const said = { ...mine, intentId: intentIdOf(signed.body), sessionId: "ses_replaced" };
      return signStatement(
        identityKeyFromSeed(digest(90 + shareIndex)),
        signatureTags.ack,
        partyId,
        toBinary(AckSchema, create(AckSchema, said)),
      );
    });
    return create(CertificateSchema, { intent: signed, acks });
  }

  const rows: readonly (readonly [string, (set: Stage, next: Run) => readonly Certificate[]])[] = [
    ["an acknowledgement by another key", ({ founding }, next) => [founding, withAck(next, 1, next.ackOf(2, thief))]],
    ["one acknowledgement twice", ({ founding }, next) => [founding, withAck(next, 1, next.ackOf(1))]],
    [
      "an acknowledgement missing",
      ({ founding }, next) => [founding, create(CertificateSchema, { ...next.certificate, acks: next.certificate.acks.slice(1) })],
    ],
    ["no founding certificate", (_, next) => [next.certificate]],
    ["the founding certificate twice", ({ founding }, next) => [founding, founding, next.certificate]],
    [
      "a predecessor that the key never had",
      ({ world, founding, key }) => [founding, run(world, { ...key, epoch: digest(5) }).certificate],
    ],
    [
      "a holder too few before it",
      ({ world, founding, key }) => [founding, run(world, { ...key, members: key.members.slice(1) }).certificate],
    ],
    [
      "a founding certificate that stands in for mine",
      (set) => {
        const other = replaced(set);
        const theirs = run(set.world, opened(set.world, [other]));
        const acks = [1, 2, 3].map((index) => theirs.ackOf(index, identityKeyFromSeed(digest(90 + index))));
        return [other, create(CertificateSchema, { ...theirs.certificate, acks })];
      },
    ],
  ];
  for (const [what, forge] of rows)
    it(`${what}: trust/bad-chain, and nothing changes`, async () => {
      const set = await staged();
      const next = await stagedRun(set, [1, 2, 3]);
      const session = signWith(set, forge(set, next));
      await refused(set, session, next, "trust/bad-chain");
    });

  it("another key's chain, and one that leads to another epoch than the invite says: trust/bad-chain, and nothing changes", async () => {
    const set = await staged();
    const { founding } = set;
    const next = await stagedRun(set, [1, 2, 3]);
    const other = await World.create({ seed: "epochs-other", protocolsOf: () => [toyKeygen] });
    const made = await makeKey(other, 2);
    const foreign = fromBinary(CertificateSchema, (await chainOf(other, 1, made))[0] as Uint8Array);
    const theirs = run(other, opened(other, [foreign])).certificate;
    await refused(set, signWith(set, [foreign, theirs], { epoch: next.epoch, number: 1 }), next, "trust/bad-chain");
    await refused(set, signWith(set, [foreign, next.certificate], { epoch: next.epoch, number: 1 }), next, "trust/bad-chain");
    await refused(set, signWith(set, [founding], { epoch: next.epoch, number: 1 }), next, "trust/bad-chain");
    await refused(set, signWith(set, [founding, next.certificate], { epoch: next.epoch, number: 2 }), next, "trust/bad-chain");
    await refused(set, signWith(set, [founding, next.certificate], { epoch: new Uint8Array(), number: 1 }), next, "trust/bad-intent");
  });

  async function refused(set: Stage, session: TestSession, next: Run, code: string): Promise<void> {
    await set.world.hub.settle();
    expect(codes(session)).toEqual([code, code]);
    for (const index of [1, 2]) {
      expect(await statusOf(set.world, index, next)).toBe("staged");
      expect(await chainOf(set.world, index, next)).toEqual([bytes(set.founding)]);
    }
  }
});

describe("a certificate of a further epoch", () => {
  it("lower than what is committed changes nothing; what is staged higher stays, and commits past it", async () => {
    const set = await staged();
    const { world, founding } = set;
    const [first, second, third] = [
      await stagedRun(set, [1]),
      await stagedRun(set, [1], (action) => {
        action.epochNumber = 2;
      }),
      await stagedRun(set, [1], (action) => {
        action.epochNumber = 3;
      }),
    ] as const;
    await show(world, 1, second);
    expect(await Promise.all([first, second, third].map((each) => statusOf(world, 1, each)))).toEqual([
      "superseded",
      "committed",
      "staged",
    ]);
    await show(world, 1, first);
    expect(await chainOf(world, 1, second)).toEqual([bytes(founding), bytes(second.certificate)]);
    expect(await statusOf(world, 1, first)).toBe("superseded");
    // Its predecessor is the founding epoch: the chain leads past the second.
    await show(world, 1, third);
    expect(await chainOf(world, 1, third)).toEqual([bytes(founding), bytes(third.certificate)]);
    expect(await Promise.all([second, third].map((each) => statusOf(world, 1, each)))).toEqual(["superseded", "committed"]);
  });

  it("is refused when its intent was not asked for by one of the key's initiators, though it is signed by somebody known", async () => {
    const set = await staged();
    const { world } = set;
    world.roster.initiators.push(create(RosterInitiatorSchema, { initiatorId: "thief", key: identityKeyFromSeed(digest(3)).publicKey }));
    const next = run(world, set.key);
    const intent = world.sign({ ...fromBinary(IntentSchema, next.intent.body), initiatorId: "thief" }, identityKeyFromSeed(digest(3)));
    expect(intent.signer).toBe("thief");
    const forged = create(CertificateSchema, { ...next.certificate, intent });
    await stage(world, 1, next);
    await show(world, 1, { ...next, certificate: forged });
    expect([world.dropped(1, "bad-certificate"), await statusOf(world, 1, next)]).toEqual([1, "staged"]);
  });

  it("of a reshare waits for the dealer that leaves, and has its acknowledgement", async () => {
    const set = await staged();
    const { world } = set;
    const next = await stagedRun(set, [1, 2], (action) => {
      action.kind = "reshare";
      action.members = action.members.slice(0, 2);
    });
    for (const index of [1, 2]) await world.boot(index);
    await world.hub.settle();
    expect(await statusOf(world, 1, next)).toBe("staged");
    // Without the dealer it is no certificate either.
    await show(world, 1, { ...next, certificate: create(CertificateSchema, { ...next.certificate, dealerAcks: [] }) });
    expect(await statusOf(world, 1, next)).toBe("staged");
    const sent: string[] = [];
    world.hub.intercept = (flight, { body }) => {
      if (body.case === "committed") sent.push(flight.to.partyId);
      return [flight];
    };
    const ack = create(AcknowledgedSchema, { sessionId: next.sessionId, ack: next.ackOf(3) });
    await world.actor(1).party.receive(from("party-3"), encode({ case: "acknowledged", value: ack }));
    await world.hub.settle();
    expect(await Promise.all([1, 2].map((index) => statusOf(world, index, next)))).toEqual(["committed", "committed"]);
    expect((await chainOf(world, 2, next))[1]).toEqual(bytes(next.certificate));
    expect(next.certificate.dealerAcks).toHaveLength(1);
    expect(new Set(sent)).toContain("party-3");
  });
});

describe("keys that were opened", () => {
  it("are kept while the roster is the same, and those that were used longest ago go first", async () => {
    const { world, founding, key } = await staged();
    const { keyId, foundingIntentId } = key.charter;
    let { roster } = world;
    const keys = new Keys(() => roster, 2);
    const open = (expected: Parameters<Keys["open"]>[1]) => keys.open([bytes(founding)], expected);
    const [first, second] = [await open({ keyId }), await open({ foundingIntentId })];
    expect(await open({ keyId })).toBe(first);
    await open({ keyId, foundingIntentId });
    expect(await open({ keyId })).toBe(first);
    expect(await open({ foundingIntentId })).not.toBe(second);
    await expect(open({ keyId: digest(1) })).rejects.toMatchObject({ code: "trust/bad-chain" });
    roster = { ...roster, initiators: [] };
    await expect(open({ keyId })).rejects.toMatchObject({ code: "trust/bad-chain" });
  });
});

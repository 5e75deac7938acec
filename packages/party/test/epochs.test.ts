// Which epoch of a key signs (dkls23-spec 7): the highest certified one, everywhere. The
// certificates are real, with intents of the initiator and acknowledgements of the parties.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { identityKeyFromSeed, signStatement } from "@covault/channel";
import { CovaultError } from "@covault/errors";
import { type CopyableStore, seeded, type TestSession, toyKeygen, World } from "@covault/testkit";
import { continueKey, epochOf, intentIdOf, keysOf, type VerifiedKey } from "@covault/trust";
import {
  AcknowledgedSchema,
  AckSchema,
  type Certificate,
  CertificateRequestSchema,
  CertificateSchema,
  CommittedSchema,
  coordinatorAddress,
  type Envelope,
  EnvelopeSchema,
  IntentSchema,
  JoinStatementSchema,
  type RefreshAction,
  RosterInitiatorSchema,
  type Signed,
  SignedSchema,
  signatureTags,
} from "@covault/wire";
import { beforeAll, describe, expect, it } from "vitest";
import { Keys } from "../src/keys.ts";
import { chainOf, insert, opened, type Run, run, stage } from "./epochs.ts";
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
const show = (
  world: World,
  index: number,
  { sessionId, certificate }: Pick<Run, "sessionId" | "certificate">,
  earlier: readonly Certificate[] = [],
  by = "party-1",
): Promise<void> => {
  const committed = create(CommittedSchema, { sessionId, certificate, earlier: [...earlier] });
  return world.actor(index).party.receive(from(by), encode({ case: "committed", value: committed }));
};
/** The store, with something that happens right after each call of one method. */
function watched<S extends object>(store: S, method: keyof S, after: () => Promise<void>): S {
  return new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name, target) as unknown;
      if (typeof value !== "function") return value;
      return async (...args: unknown[]) => {
        const answer = await Reflect.apply(value, target, args);
        if (name === method) await after();
        return answer;
      };
    },
  });
}
const statusOf = async (world: World, index: number, { keyId, epoch }: Pick<Run, "keyId" | "epoch">) =>
  (await world.actor(index).store.share(keyId, epoch))?.status;

/** An invite to sign with the epoch that this chain leads to, or with the one that is claimed. */
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
      expect(await store.pairs(next.keyId, set.key.epoch)).toEqual([]);
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
    // The toy cannot sign. What matters is that the share is there.
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
  /**
   * Everything that a keygen of the thief's own parties with the same public key and chain code
   * would make. The key id is the same.
   */
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

describe("an invite to a party that lacks certificates", () => {
  /**
   * Epochs 1 to `count` of the key. The last is staged at both parties, which have none of their
   * certificates.
   */
  async function away(count: number) {
    const set = await staged();
    const { world, founding } = set;
    const runs: Run[] = [];
    for (let number = 1; number <= count; number++)
      runs.push(run(world, opened(world, [founding, ...runs.map((each) => each.certificate)])));
    const last = runs.at(-1) as Run;
    for (const index of [1, 2]) await stage(world, index, last);
    return { ...set, set, runs, last };
  }

  it("takes the last certificate alone, when the one before it is here", async () => {
    const { set, world, last } = await away(1);
    const session = signWith(set, [last.certificate]);
    await world.hub.settle();
    expect([codes(session), session.signatures.length]).toEqual([[], 2]);
  });

  it("asks for those between, naming the epoch that it has, and signs in the next attempt", async () => {
    const { set, world, founding, runs, last } = await away(5);
    const asked: unknown[] = [];
    world.hub.intercept = (flight, { body }) => {
      if (body.case === "certificateRequest" && flight.to.partyId === "coordinator") asked.push([body.value.sessionId, body.value.epoch]);
      return [flight];
    };
    const session = signWith(set, [last.certificate]);
    await world.hub.settle();
    expect(codes(session)).toEqual(["party/chain-missing", "party/chain-missing"]);
    expect(asked).toEqual([1, 2].map(() => [session.sessionId, set.key.epoch]));
    expect(await chainOf(world, 1, last)).toEqual([bytes(founding)]);
    const earlier = runs.slice(0, -1).map((each) => each.certificate);
    for (const index of [1, 2]) await show(world, index, last, earlier);
    expect(await chainOf(world, 1, last)).toEqual([founding, ...earlier, last.certificate].map(bytes));
    world.coordinator.attempt(session, [1, 2]);
    await world.hub.settle();
    expect(session.signatures).toHaveLength(2);
  });

  it("holds no share of that epoch: it asks for nothing", async () => {
    const set = await staged();
    const { world, founding } = set;
    const first = run(world, set.key);
    const second = run(world, opened(world, [founding, first.certificate]));
    world.hub.intercept = (flight, { body }) => {
      expect(body.case).not.toBe("certificateRequest");
      return [flight];
    };
    const session = signWith(set, [second.certificate]);
    await world.hub.settle();
    expect(codes(session)).toEqual(["party/unknown-share", "party/unknown-share"]);
  });

  it("looks at no invite that shows more than 4", async () => {
    const { set, world, founding, runs, last } = await away(4);
    const session = signWith(set, [founding, ...runs.map((each) => each.certificate)]);
    await world.hub.settle();
    expect([codes(session)[0], await statusOf(world, 1, last)]).toEqual(["trust/bad-intent", "staged"]);
  });

  it("reads the chain once, however often it signs", async () => {
    const set = await staged();
    const { world, founding } = set;
    const reads = [0, 0];
    for (const index of [1, 2])
      await world.boot(index, undefined, {
        store: watched(world.actor(index).store, "certificates", async () => {
          reads[index - 1] = (reads[index - 1] as number) + 1;
        }),
      });
    for (let times = 0; times < 3; times++) {
      const session = signWith(set, [founding]);
      await world.hub.settle();
      expect(session.signatures).toHaveLength(2);
    }
    expect(reads).toEqual([1, 1]);
  });
});

describe("an attempt that is about to start", () => {
  it("does not, when another instance of the party has committed a higher epoch since the invite", async () => {
    const set = await staged();
    const { world, founding } = set;
    const next = await stagedRun(set, [1, 2, 3]);
    const { store } = world.actor(1);
    await world.boot(1, undefined, {
      store: watched(store, "claimIntent", async () => {
        const chain = [bytes(founding), bytes(next.certificate)];
        expect(await store.commitShare({ ...next, intentId: next.h2 }, chain, bytes(founding))).toBe("committed");
      }),
    });
    const session = signWith(set, [founding]);
    await world.hub.settle();
    expect([codes(session), session.joins.size]).toEqual([[], 2]);
    expect(session.aborts.map(({ code, round, culprits }) => [code, round, culprits])).toContainEqual(["party/epoch-superseded", 0, []]);
    expect(session.signatures).toEqual([]);
    const again = signWith(set, [next.certificate]);
    await world.hub.settle();
    expect(again.signatures).toHaveLength(2);
  });
});

describe("a holder that a reshare leaves out", () => {
  it("declines an invite to the new epoch also when another of its instances leaves it at that moment", async () => {
    const set = await staged();
    const { world, founding } = set;
    const next = await without3(set);
    const { store } = world.actor(3);
    const { keyId, epoch, sessionId, h2: intentId, intent, action } = next;
    const { scheme, epochNumber } = action;
    const left = { keyId, epoch, epochNumber, scheme, sessionId, intentId, intent: toBinary(SignedSchema, intent) };
    let leaves = false;
    const leave = async () => {
      if (leaves) expect(await store.leaveEpoch(left, [bytes(founding), bytes(next.certificate)], bytes(founding))).toBe("left");
    };
    await world.boot(3, undefined, { store: watched(store, "certificates", leave) });
    leaves = true;
    world.hub.intercept = (flight, { body }) => (flight.to.partyId === "party-3" && body.case !== "invite" ? [] : [flight]);
    const session = signWith(set, [founding, next.certificate]);
    world.coordinator.attempt(session, [1, 3]);
    await world.hub.settle();
    expect(world.actor(3).events.filter(({ kind }) => kind === "declined")).toMatchObject([
      { code: "party/bad-quorum", message: expect.stringContaining("nobody holds share 3") },
    ]);
  });

  const leavesOut = (action: RefreshAction): void => {
    action.kind = "reshare";
    action.members = action.members.slice(0, 2);
  };
  const without3 = (set: Stage) => stagedRun(set, [1, 2], leavesOut);
  /** A reshare from 2 of 3 to 2 of 3, dealt by 1 and 2, in which 4 comes and 3 goes. */
  async function leftOutOf() {
    const world = await worldOf(fixture, { seed: `epochs-${++worlds}`, indices: [1, 2, 3, 4] });
    await world.hub.settle();
    const founding = fromBinary(CertificateSchema, (await chainOf(world, 1, fixture.key))[0] as Uint8Array);
    const set = { world, founding, key: opened(world, [founding]) };
    const next = await stagedRun(set, [1, 2], (action) => {
      const [one, two] = action.members as [RefreshAction["members"][number], RefreshAction["members"][number]];
      action.kind = "reshare";
      action.dealers = [1, 2];
      action.members = [one, two, { ...one, partyId: "party-4", shareIndex: 4, idpk: world.actor(4).identity.publicKey }];
    });
    await insert(world, 4, next);
    return { world, founding, next, old: { keyId: set.key.charter.keyId, epoch: set.key.epoch, sessionId: set.key.sessionId } };
  }

  it("erases what it held when the certificate comes, knows the chain, and answers whoever asks for it", async () => {
    const set = await staged();
    const { world, founding } = set;
    const old = { keyId: set.key.charter.keyId, epoch: set.key.epoch };
    const { store } = world.actor(3);
    // A run that was in doubt below it goes as well.
    const doubtful = await stagedRun(set, [3]);
    await world.boot(3);
    const next = await stagedRun(set, [1, 2], (action) => {
      leavesOut(action);
      action.epochNumber = 2;
    });
    await show(world, 3, next);
    expect(await store.share(old.keyId, old.epoch)).toMatchObject({ status: "superseded", secret: new Uint8Array() });
    expect(await store.share(old.keyId, doubtful.epoch)).toMatchObject({ status: "superseded", secret: new Uint8Array() });
    for (const epoch of [old.epoch, doubtful.epoch]) expect(await store.pairs(old.keyId, epoch)).toEqual([]);
    expect(await statusOf(world, 3, next)).toBe("left");
    expect(await chainOf(world, 3, next)).toEqual([bytes(founding), bytes(next.certificate)]);
    expect(world.actor(3).events).toContainEqual({ kind: "left", sessionId: next.sessionId });
    const shown: unknown[] = [];
    world.hub.intercept = (flight, { body }) => {
      if (body.case === "committed") shown.push([flight.to.partyId, ...body.value.earlier, body.value.certificate]);
      return [flight];
    };
    const ask = (epoch: Uint8Array) =>
      encode({ case: "certificateRequest", value: create(CertificateRequestSchema, { sessionId: next.sessionId, epoch }) });
    await world.actor(3).party.receive(from("party-1"), ask(old.epoch));
    await world.actor(3).party.receive(from("party-1"), ask(new Uint8Array()));
    expect(shown).toEqual([
      ["party-1", next.certificate],
      ["party-1", founding, next.certificate],
    ]);
    // Neither the new epoch nor the old one is signed with.
    const [session, lower] = [signWith(set, [next.certificate]), signWith(set, [founding])];
    for (const each of [session, lower]) world.coordinator.attempt(each, [1, 3]);
    await world.hub.settle();
    for (const { declines, signatures } of [session, lower]) {
      expect(declines.length).toBeGreaterThan(0);
      expect(signatures).toEqual([]);
    }
  });

  it("of two certificates that come at once takes one, since the other does not go on from it", async () => {
    const set = await staged();
    const { world, founding } = set;
    const [first, second] = [2, 3].map((number) =>
      run(world, set.key, (action) => {
        leavesOut(action);
        action.epochNumber = number;
      }),
    ) as [Run, Run];
    const { store } = world.actor(3);
    let isFirst = true;
    const other = new Proxy(store, {
      get(target, name) {
        const value = Reflect.get(target, name, target) as unknown;
        if (typeof value !== "function") return value;
        return async (...args: unknown[]) => {
          // The second certificate has been judged, and another instance of the party is faster.
          if (name === "leaveEpoch" && isFirst) {
            isFirst = false;
            const { keyId, epoch, sessionId, h2: intentId, intent } = first;
            const { scheme, epochNumber } = first.action;
            const left = { keyId, epoch, epochNumber, scheme, sessionId, intentId, intent: toBinary(SignedSchema, intent) };
            expect(await store.leaveEpoch(left, [bytes(founding), bytes(first.certificate)], bytes(founding))).toBe("left");
          }
          return Reflect.apply(value, target, args);
        };
      },
    });
    await world.boot(3, undefined, { store: other });
    await show(world, 3, second);
    expect(await Promise.all([first, second].map((made) => statusOf(world, 3, made)))).toEqual(["left", undefined]);
    expect(await chainOf(world, 3, first)).toEqual([bytes(founding), bytes(first.certificate)]);
    expect(world.dropped(3, "bad-certificate")).toBe(1);
  });

  it("commits the share of a certificate that comes while another instance commits a lower one", async () => {
    const set = await staged();
    const { world, founding } = set;
    const [first, second] = [run(world, set.key), run(world, set.key, (action) => void Object.assign(action, { epochNumber: 2 }))];
    for (const made of [first, second]) await stage(world, 1, made);
    const { store } = world.actor(1);
    let isFirst = true;
    const other = new Proxy(store, {
      get(target, name) {
        const value = Reflect.get(target, name, target) as unknown;
        if (typeof value !== "function") return value;
        return async (...args: unknown[]) => {
          if (name === "commitShare" && isFirst) {
            isFirst = false;
            const named = { keyId: first.keyId, epoch: first.epoch, intentId: first.h2 };
            expect(await store.commitShare(named, [bytes(founding), bytes(first.certificate)], bytes(founding))).toBe("committed");
          }
          return Reflect.apply(value, target, args);
        };
      },
    });
    await world.boot(1, undefined, { store: other });
    await show(world, 1, second, [], "party-2");
    expect(await Promise.all([first, second].map((made) => statusOf(world, 1, made)))).toEqual(["superseded", "committed"]);
    expect(await chainOf(world, 1, second)).toEqual([bytes(founding), bytes(second.certificate)]);
  });

  it("commits no share by a certificate of its intent that is of another epoch, though all have signed that", async () => {
    const set = await staged();
    const { world } = set;
    const made = await stagedRun(set, [1]);
    const h2 = digest(99);
    const acks = made.certificate.acks.map((signed, at) => {
      const ack = fromBinary(AckSchema, signed.body);
      const lie = create(AckSchema, { ...ack, h2, epoch: epochOf(ack.keyId, h2) });
      return signStatement(world.actor(at + 1).identity, signatureTags.ack, signed.signer, toBinary(AckSchema, lie));
    });
    await show(world, 1, { ...made, certificate: create(CertificateSchema, { ...made.certificate, acks }) }, [], "party-2");
    expect([await statusOf(world, 1, made), world.dropped(1, "bad-certificate")]).toEqual(["staged", 1]);
  });

  it("is answered, and a party of the roster that the run does not concern is not", async () => {
    const { world, next, old } = await leftOutOf();
    const shown: string[] = [];
    world.hub.intercept = (flight, { body }) => {
      if (body.case === "committed") shown.push(flight.to.partyId);
      return [];
    };
    await show(world, 1, next, [], "party-2");
    shown.length = 0;
    const ask = encode({ case: "certificateRequest", value: create(CertificateRequestSchema, { sessionId: old.sessionId }) });
    for (const party of ["party-3", "party-4"]) await world.actor(1).party.receive(from(party), ask);
    // Party 4 is none of the holders of the epoch before.
    expect([shown, world.dropped(1, "unknown-session")]).toEqual([["party-3"], 1]);
  });

  it("hears of it from the others though it was no dealer", async () => {
    const { world, next } = await leftOutOf();
    for (const index of [1, 2, 4]) await world.boot(index);
    await world.hub.settle();
    expect(await Promise.all([1, 2, 4].map((index) => statusOf(world, index, next)))).toEqual(Array(3).fill("committed"));
    expect(await statusOf(world, 3, next)).toBe("left");
    expect(world.dropped(3, "unknown-session")).toBe(0);
  });

  it.each(["party-1", "coordinator"])(
    "asks again when its roster is the newest again, after %s told it while that was behind",
    async (who) => {
      const { world, next, old } = await leftOutOf();
      world.hub.intercept = (flight) => (flight.to.partyId === "party-3" ? [] : [flight]);
      for (const index of [1, 2, 4]) await world.boot(index);
      await world.hub.settle();
      world.isBehind = true;
      await show(world, 3, next, [], who);
      expect(await statusOf(world, 3, old)).toBe("committed");
      world.isBehind = false;
      world.hub.intercept = (flight) => [flight];
      await world.pass(60_000, 2_000);
      expect(await statusOf(world, 3, next)).toBe("left");
    },
  );

  it.each([
    ["a holder of every epoch answers on", true],
    ["a holder that knows nothing of the sessions between does not", false],
  ])("gets a chain of 40 epochs in pages of 32, where %s", async (_what, hasAll) => {
    const set = await staged();
    const { world, founding } = set;
    const { keyId } = set.key.charter;
    const runs: Run[] = [];
    let key = set.key;
    const chain = [bytes(founding)];
    const { store } = world.actor(1);
    for (let number = 1; number <= 40; number++) {
      const made = run(world, key, number === 1 ? leavesOut : undefined);
      runs.push(made);
      chain.push(bytes(made.certificate));
      key = continueKey(key, made.certificate, keysOf(world.roster), number);
      if (!hasAll && number < 40) continue;
      await stage(world, 1, made);
      const named = { keyId, epoch: made.epoch, intentId: made.h2 };
      expect(await store.commitShare(named, [...chain], await store.lastCertificate(keyId))).toBe("committed");
    }
    const pages: number[] = [];
    const asked: unknown[] = [];
    world.hub.intercept = (flight, { body }) => {
      if (body.case === "committed" && flight.to.partyId === "party-3") pages.push(body.value.earlier.length + 1);
      if (body.case === "certificateRequest" && flight.from.partyId === "party-3") asked.push([flight.to.partyId, body.value.sessionId]);
      return [flight];
    };
    await world.boot(3);
    await world.hub.settle();
    const [leaves, page, last] = [runs[0] as Run, runs[31] as Run, runs[39] as Run];
    // The run that left it out is the last one that concerns it.
    expect(asked).toContainEqual(["party-1", leaves.sessionId]);
    expect(asked).toContainEqual([coordinatorAddress, leaves.sessionId]);
    expect([Math.max(...pages), pages.includes(8)]).toEqual([32, hasAll]);
    expect(await chainOf(world, 3, { keyId })).toEqual(hasAll ? chain : chain.slice(0, 33));
    expect(await statusOf(world, 3, hasAll ? last : page)).toBe("left");
  });

  it.each([
    ["looks whether the key is here", "lastCertificate", 0],
    ["judges its chain", "certificates", 1],
  ] as const)(
    "asks again when its store answers again, after a certificate came and the store was away when it %s",
    async (_when, method, before) => {
      const { world, next, old } = await leftOutOf();
      const { store } = world.actor(3);
      let isAway = false;
      let calls = 0;
      const asked: string[] = [];
      world.hub.intercept = (flight, { body }) => {
        if (flight.from.partyId === "party-3") asked.push(body.case ?? "");
        return flight.to.partyId === "party-3" ? [] : [flight];
      };
      await world.boot(3, undefined, {
        store: watched(store, method, async () => {
          if (isAway && ++calls > before) throw new CovaultError("database/unavailable", "The database is away.");
        }),
      });
      await world.hub.settle();
      for (const index of [1, 2, 4]) await world.boot(index);
      await world.hub.settle();
      asked.length = 0;
      await world.pass(20_000, 2_000);
      expect(asked).toEqual([]);
      isAway = true;
      await show(world, 3, next);
      isAway = false;
      expect(calls).toBe(before + 1);
      expect([world.dropped(3, "bad-certificate"), await statusOf(world, 3, old)]).toEqual([0, "committed"]);
      world.hub.intercept = (flight) => [flight];
      await world.pass(60_000, 2_000);
      expect(await statusOf(world, 3, next)).toBe("left");
    },
  );

  it("asks when it comes back after everything that was said to it is lost, in the name of the epoch that it has", async () => {
    const { world, founding, next, old } = await leftOutOf();
    const asked: unknown[] = [];
    world.hub.intercept = (flight) => (flight.to.partyId === "party-3" ? [] : [flight]);
    for (const index of [1, 2, 4]) await world.boot(index);
    await world.hub.settle();
    expect(await Promise.all([1, 2, 4].map((index) => statusOf(world, index, next)))).toEqual(Array(3).fill("committed"));
    expect(await statusOf(world, 3, old)).toBe("committed");
    world.hub.intercept = (flight, { body }) => {
      if (body.case === "certificateRequest") asked.push([flight.from.partyId, flight.to.partyId, body.value.sessionId, body.value.epoch]);
      return [flight];
    };
    await world.boot(3);
    await world.hub.settle();
    expect(await statusOf(world, 3, next)).toBe("left");
    expect(await chainOf(world, 3, next)).toEqual([bytes(founding), bytes(next.certificate)]);
    expect(await world.actor(3).store.share(old.keyId, old.epoch)).toMatchObject({ status: "superseded", secret: new Uint8Array() });
    expect(await world.actor(3).store.pairs(old.keyId, old.epoch)).toEqual([]);
    expect(world.actor(3).events).toContainEqual({ kind: "left", sessionId: next.sessionId });
    expect(asked).toEqual(["party-1", "party-2", "coordinator"].map((to) => ["party-3", to, old.sessionId, old.epoch]));
  });

  it("asks again when the way to the others was lost, and is answered in the name of the new session too", async () => {
    const { world, next, old } = await leftOutOf();
    world.hub.intercept = (flight) => (flight.to.partyId === "party-3" ? [] : [flight]);
    for (const index of [1, 2, 4]) await world.boot(index);
    await world.hub.settle();
    world.hub.intercept = (flight) => [flight];
    // Nothing is asked for once more without a reason.
    await world.pass(30_000, 3_000);
    expect(await statusOf(world, 3, old)).toBe("committed");
    world.hub.reconnect({ partyId: "party-3", instanceId: "i1" });
    await world.pass(6_000, 3_000);
    expect(await statusOf(world, 3, next)).toBe("left");
    const answers: string[] = [];
    world.hub.intercept = (flight, { body }) => {
      answers.push(`${flight.to.partyId} ${body.case}`);
      return [];
    };
    const ask = encode({
      case: "certificateRequest",
      value: create(CertificateRequestSchema, { sessionId: next.sessionId, epoch: old.epoch }),
    });
    for (const partyId of ["party-3", "party-9"]) await world.actor(1).party.receive(from(partyId), ask);
    expect(answers).toEqual(["party-3 committed"]);
  });

  it("asks for the keys that it holds a few at a time", async () => {
    const set = await staged();
    const { world } = set;
    const { store } = world.actor(1);
    const [held] = await store.heldKeys(new Uint8Array(), 1);
    const all = Array.from({ length: 20 }, (_, at) => ({ ...(held as NonNullable<typeof held>), keyId: digest(at + 1) }));
    const asked: number[] = [0];
    world.hub.intercept = (flight, { body }) => {
      if (body.case === "certificateRequest" && flight.to.partyId === "coordinator") asked.push((asked.pop() ?? 0) + 1);
      return [];
    };
    await world.boot(1, undefined, {
      store: new Proxy(store, {
        get(target, name) {
          if (name === "heldKeys")
            return async (after: Uint8Array, max: number) =>
              all.filter(({ keyId }) => (keyId[0] as number) > (after[0] ?? 0)).slice(0, max);
          const value = Reflect.get(target, name, target) as unknown;
          return typeof value === "function" ? (...args: unknown[]) => Reflect.apply(value, target, args) as unknown : value;
        },
      }),
    });
    for (let sweep = 0; sweep < 4; sweep++) {
      asked.push(0);
      await world.pass(3_000, 3_000);
    }
    expect(asked).toEqual([8, 8, 4, 0, 0]);
  });

  it("whose session's id the reshare's intent has as well: it erases all the same, and what it has of the other is untouched", async () => {
    const set = await staged();
    const { world, founding } = set;
    const { store } = world.actor(3);
    const old = { keyId: set.key.charter.keyId, epoch: set.key.epoch };
    const taken = run(world, set.key, leavesOut, undefined, { sessionId: set.key.sessionId });
    await show(world, 3, taken);
    expect(await store.share(old.keyId, old.epoch)).toMatchObject({ status: "superseded", secret: new Uint8Array() });
    expect(await statusOf(world, 3, taken)).toBe("left");
    expect(await chainOf(world, 3, taken)).toEqual([bytes(founding), bytes(taken.certificate)]);
    expect((await store.sharesOfSession(set.key.sessionId)).map(({ status }) => status).sort()).toEqual(["left", "superseded"]);
  });

  it("that was a member of a run which an intent with its session's id passes by: the one does not stand in for the other", async () => {
    const set = await staged();
    const { world } = set;
    const doubtful = await stagedRun(set, [3]);
    await world.boot(3);
    const other = run(
      world,
      set.key,
      (action) => {
        leavesOut(action);
        action.epochNumber = 2;
      },
      undefined,
      { sessionId: doubtful.sessionId },
    );
    await show(world, 3, other);
    expect([await statusOf(world, 3, doubtful), await statusOf(world, 3, other)]).toEqual(["superseded", "left"]);
    expect(world.dropped(3, "bad-certificate")).toBe(0);
  });

  it("those of an epoch that is over cannot end the present one, though they dealt then and may all lie now", async () => {
    const world = await worldOf(fixture, { seed: `epochs-${++worlds}`, indices: [1, 2, 3, 4, 5] });
    const founding = fromBinary(CertificateSchema, (await chainOf(world, 1, fixture.key))[0] as Uint8Array);
    const set = { world, founding, key: opened(world, [founding]) };
    const seat = (index: number, idpk: Uint8Array, partyId = `party-${index}`) => ({
      ...(set.key.members[0] as (typeof set.key.members)[number]),
      partyId,
      shareIndex: index,
      idpk,
    });
    const next = await stagedRun(set, [3], (action) => {
      action.kind = "reshare";
      action.members = [3, 4, 5].map((index) => seat(index, world.actor(index).identity.publicKey));
    });
    for (const index of [4, 5]) await insert(world, index, next);
    for (const index of [3, 4, 5]) await show(world, index, next, index === 3 ? [] : [founding]);
    for (const index of [1, 2]) await show(world, index, next);
    const committed = [3, 4, 5].map(() => "committed");
    expect(await Promise.all([3, 4, 5].map((index) => statusOf(world, index, next)))).toEqual(committed);
    // Holders 1 and 2 have left, and the key of the initiator that speaks for them was revoked.
    const stranger = (index: number) => identityKeyFromSeed(digest(index));
    world.roster.parties.splice(0, 2);
    for (const initiator of world.roster.initiators) initiator.revoked = true;
    world.roster.initiators.push(create(RosterInitiatorSchema, { initiatorId: "account", key: stranger(77).publicKey }));
    const forged = run(
      world,
      set.key,
      (action) => {
        action.kind = "reshare";
        action.dealers = [1, 2];
        action.epochNumber = 0xffffffff;
        action.members = [8, 9].map((index) => seat(index, stranger(index).publicKey, `stranger-${index}`));
      },
      (index) => (index > 5 ? stranger(index) : world.actor(index).identity),
    );
    const committedForged = encode({
      case: "committed",
      value: create(CommittedSchema, { sessionId: forged.sessionId, certificate: forged.certificate }),
    });
    for (const index of [3, 4, 5]) await world.actor(index).party.receive(from("party-4"), committedForged);
    expect(await Promise.all([3, 4, 5].map((index) => statusOf(world, index, next)))).toEqual(committed);
    expect(await Promise.all([3, 4, 5].map((index) => world.dropped(index, "bad-certificate")))).toEqual([1, 1, 1]);
  });

  it("keeps it while one acknowledgement is missing, that of a dealer that leaves too, and when somebody lies", async () => {
    const set = await staged();
    const { world } = set;
    const next = await without3(set);
    const { keyId, epoch } = { keyId: set.key.charter.keyId, epoch: set.key.epoch };
    const pairs = await world.actor(3).store.pairs(keyId, epoch);
    expect(pairs.map(({ partner, state }) => [partner, (state?.length ?? 0) > 1_000])).toEqual([
      [1, true],
      [2, true],
    ]);
    const thief = identityKeyFromSeed(seeded("thief").bytes(32));
    const { certificate } = next;
    for (const change of [
      { acks: certificate.acks.slice(1) },
      { dealerAcks: [] },
      { dealerAcks: [next.ackOf(3, thief)] },
      { acks: [next.ackOf(1, thief), ...certificate.acks.slice(1)] },
    ])
      await show(world, 3, { ...next, certificate: create(CertificateSchema, { ...certificate, ...change }) });
    // There are an initiator and two strangers alone, and no honest holder dealt.
    const strangers = run(
      world,
      set.key,
      (action) => {
        action.kind = "reshare";
        action.dealers = [1, 2];
        action.members = [8, 9].map((index) => ({
          ...(action.members[0] as RefreshAction["members"][number]),
          partyId: `party-${index}`,
          shareIndex: index,
          idpk: identityKeyFromSeed(digest(index)).publicKey,
        }));
      },
      (index) => (index > 3 ? identityKeyFromSeed(digest(index)) : thief),
    );
    await show(world, 3, strangers);
    expect(world.dropped(3, "bad-certificate")).toBe(5);
    expect(await statusOf(world, 3, { keyId, epoch })).toBe("committed");
    expect(await world.actor(3).store.pairs(keyId, epoch)).toEqual(pairs);
  });
});

describe("a newcomer of a reshare", () => {
  async function withNewcomer() {
    const world = await worldOf(fixture, { seed: `epochs-${++worlds}`, indices: [1, 2, 3, 4] });
    const founding = fromBinary(CertificateSchema, (await chainOf(world, 1, fixture.key))[0] as Uint8Array);
    const set = { world, founding, key: opened(world, [founding]) };
    const next = await stagedRun(set, [1, 2, 3], (action) => {
      action.kind = "reshare";
      action.members = [...action.members, { ...(action.members[0] as RefreshAction["members"][number]), ...newcomer(world) }];
    });
    await insert(world, 4, next);
    return { set, world, founding, next };
  }
  const newcomer = (world: World) => ({ partyId: "party-4", shareIndex: 4, idpk: world.actor(4).identity.publicKey });

  it("commits by the certificate and the chain before it; without that it asks, and stays staged", async () => {
    const { world, founding, next } = await withNewcomer();
    const asked: unknown[] = [];
    world.hub.intercept = (flight, { body }) => {
      if (body.case === "certificateRequest") asked.push([flight.to.partyId, body.value.sessionId, body.value.epoch.length]);
      return [flight];
    };
    await show(world, 4, next);
    await world.hub.settle();
    expect([await statusOf(world, 4, next), asked]).toEqual(["staged", [["coordinator", next.sessionId, 0]]]);
    await show(world, 4, next, [founding]);
    expect(await statusOf(world, 4, next)).toBe("committed");
    expect(await chainOf(world, 4, next)).toEqual([bytes(founding), bytes(next.certificate)]);
  });

  it("refuses the chain of another key, or one that stands in for this one's", async () => {
    const { world, next } = await withNewcomer();
    const other = await World.create({ seed: "epochs-newcomer", protocolsOf: () => [toyKeygen] });
    const foreign = fromBinary(CertificateSchema, (await chainOf(other, 1, await makeKey(other, 2)))[0] as Uint8Array);
    await show(world, 4, next, [foreign]);
    expect([world.dropped(4, "bad-certificate"), await statusOf(world, 4, next)]).toEqual([1, "staged"]);
    expect(await chainOf(world, 4, next)).toEqual([]);
  });

  it("is shown the chain by the others as soon as one of them has all acknowledgements", async () => {
    const { world, founding, next } = await withNewcomer();
    const shown: (readonly [to: string, earlier: number])[] = [];
    world.hub.intercept = (flight, { body }) => {
      // The newcomer is not the first that has all of them.
      if (body.case === "acknowledged" && flight.to.partyId === "party-4") return [];
      if (body.case === "committed") shown.push([flight.to.partyId, body.value.earlier.length]);
      return [flight];
    };
    for (const index of [1, 2, 3, 4]) await world.boot(index);
    await world.hub.settle();
    expect(shown).toContainEqual(["party-4", 1]);
    expect(shown.filter(([to]) => to !== "party-4" && to !== "coordinator").length).toBeGreaterThan(0);
    // Nobody else is sent what it has.
    expect(shown.filter(([to, earlier]) => to !== "party-4" && earlier > 0)).toEqual([]);
    expect(await Promise.all([1, 2, 3, 4].map((index) => statusOf(world, index, next)))).toEqual(Array(4).fill("committed"));
    expect(await chainOf(world, 4, next)).toEqual([bytes(founding), bytes(next.certificate)]);
  });
});

describe("a certificate of a further epoch", () => {
  /** Party 1 on a store of its own, which is sent nothing but invites. */
  async function alone({ world }: Stage, store: CopyableStore) {
    await world.boot(1, undefined, { store });
    world.hub.intercept = (flight, { body }) => (flight.to.partyId === "party-1" && body.case !== "invite" ? [] : [flight]);
  }

  it("of a share that another instance abandons at that moment commits nothing, and the invite that showed it is declined", async () => {
    const set = await staged();
    const { world, founding } = set;
    const next = await stagedRun(set, [1, 2]);
    const { store } = world.actor(1);
    let abandons = false;
    const abandon = async () => {
      if (abandons) expect(await store.abandonIntent(next.h2)).toBe(true);
      abandons = false;
    };
    await alone(set, watched(store, "shareOfIntent", abandon));
    abandons = true;
    signWith(set, [founding, next.certificate]);
    await world.hub.settle();
    const said = world.actor(1).events.filter(({ kind }) => ["declined", "committed"].includes(kind));
    expect(said).toMatchObject([
      { code: "party/unknown-share", message: expect.stringContaining("epoch 1, whose certificate it was shown") },
    ]);
  });

  it("that a failing store cannot be compared with is no bad one: the failure is told", async () => {
    const set = await staged();
    const { world } = set;
    const next = await stagedRun(set, [1]);
    const { store } = world.actor(1);
    let fails = false;
    const failing = async () => {
      if (fails) throw new Error("the disk is gone");
    };
    await alone(set, watched(store, "lastCertificate", failing));
    fails = true;
    await show(world, 1, next).catch(() => {});
    expect(world.dropped(1, "bad-certificate")).toBe(0);
    expect(world.actor(1).events.filter(({ kind }) => kind === "failed").length).toBeGreaterThan(0);
    fails = false;
    await show(world, 1, next);
    expect(await statusOf(world, 1, next)).toBe("committed");
  });

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
    // Its predecessor is the founding epoch, so that the chain leads past the second.
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

describe("a certificate that forks below the committed epoch", () => {
  const seat = ({ key }: Stage, index: number, idpk: Uint8Array, partyId = `party-${index}`) => ({
    ...(key.members[0] as (typeof key.members)[number]),
    partyId,
    shareIndex: index,
    idpk,
  });
  const stranger = (index: number) => identityKeyFromSeed(digest(index));
  /**
   * Epoch 2 is that of 3, 4 and 5, dealt by 1 and 2. A run of the same predecessor is staged at 3
   * and 4 above it, with two strangers.
   */
  async function passedBy() {
    const world = await worldOf(fixture, { seed: `epochs-${++worlds}`, indices: [1, 2, 3, 4, 5] });
    await world.hub.settle();
    const founding = fromBinary(CertificateSchema, (await chainOf(world, 1, fixture.key))[0] as Uint8Array);
    const set = { world, founding, key: opened(world, [founding]) };
    const seats = (indices: readonly number[]) =>
      indices.map((index) => seat(set, index, index > 5 ? stranger(index).publicKey : world.actor(index).identity.publicKey));
    const reshare = (members: readonly number[], epochNumber: number) => (action: RefreshAction) => {
      action.kind = "reshare";
      action.dealers = [1, 2];
      action.epochNumber = epochNumber;
      action.members = seats(members);
    };
    const next = await stagedRun(set, [3], reshare([3, 4, 5], 2));
    for (const index of [4, 5]) await insert(world, index, next);
    const fork = run(world, set.key, reshare([3, 8, 9], 1_000), (index) => (index > 5 ? stranger(index) : world.actor(index).identity));
    await stage(world, 3, fork);
    for (const index of [3, 4, 5]) await show(world, index, next, index === 3 ? [] : [founding]);
    expect([await statusOf(world, 3, next), await statusOf(world, 3, fork)]).toEqual(["committed", "staged"]);
    return { set, world, founding, next, fork };
  }
  const revoke = ({ roster }: World): void => {
    for (const initiator of roster.initiators) initiator.revoked = true;
    roster.initiators.push(create(RosterInitiatorSchema, { initiatorId: "account", key: stranger(77).publicKey }));
  };
  const leave = ({ roster }: World): void => {
    roster.parties.splice(0, 2);
  };

  for (const [what, change] of [
    ["a revoked key of the initiator asked for", revoke],
    ["holders who are in the roster no more have dealt", leave],
  ] as const)
    it(`and that ${what} commits no share that is staged here, whether it is shown, put together here, or comes with an invite`, async () => {
      const { set, world, founding, next, fork } = await passedBy();
      change(world);
      await show(world, 3, fork, [], "party-4");
      expect(world.dropped(3, "bad-certificate")).toBe(1);
      await world.boot(3);
      for (const index of [8, 9, 1, 2]) {
        const ack = fork.ackOf(index);
        const said = create(AcknowledgedSchema, { sessionId: fork.sessionId, ack });
        await world.actor(3).party.receive(from("party-4"), encode({ case: "acknowledged", value: said }));
      }
      const session = signWith(set, [founding, fork.certificate]);
      world.coordinator.attempt(session, [3, 4]);
      await world.hub.settle();
      expect(session.declines.length).toBeGreaterThan(0);
      expect([await statusOf(world, 3, next), await statusOf(world, 3, fork)]).toEqual(["committed", "staged"]);
      expect(await chainOf(world, 3, next)).toEqual([bytes(founding), bytes(next.certificate)]);
    });

  it("commits when its initiator's key stands and its dealers are who they were", async () => {
    const { world, founding, next, fork } = await passedBy();
    await show(world, 3, fork);
    expect([await statusOf(world, 3, next), await statusOf(world, 3, fork)]).toEqual(["superseded", "committed"]);
    expect(await chainOf(world, 3, fork)).toEqual([bytes(founding), bytes(fork.certificate)]);
  });

  it("erases nothing of a holder that it leaves out, whoever asked for it", async () => {
    const { world, next, fork } = await passedBy();
    await show(world, 5, fork);
    expect([world.dropped(5, "bad-certificate"), await statusOf(world, 5, next)]).toEqual([1, "committed"]);
  });
});

describe("keys that were opened", () => {
  it("while the roster changed are kept for the one that they were opened for, and for no other", async () => {
    const { world, founding, key } = await staged();
    const { keyId } = key.charter;
    let { roster } = world;
    const keys = new Keys(() => roster);
    const held = { lastCertificate: async () => bytes(founding), certificates: async () => [bytes(founding)] };
    let changes = 0;
    const changing = {
      ...held,
      certificates: async () => {
        if (changes++ === 0) roster = { ...roster, initiators: [] };
        return held.certificates();
      },
    };
    // The question was put to the roster of that time.
    expect((await keys.held(changing, keyId))?.epoch).toEqual(key.epoch);
    await expect(keys.held(held, keyId)).rejects.toMatchObject({ code: "trust/bad-chain" });
    roster = world.roster;
    const again = await keys.held(held, keyId);
    expect(await keys.held(held, keyId)).toBe(again);
  });

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

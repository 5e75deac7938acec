// What parties ask of an intent that repairs a share before anything is sent (dkls23-spec 7.2), and
// what they do when the key moves on, a coordinator replays, or the receiver dies in the middle.
import { toBinary } from "@bufbuild/protobuf";
import { identityKeyFromSeed } from "@covault/channel";
import { CrashPoint, type Flight, type TestSession } from "@covault/testkit";
import { intentIdOf } from "@covault/trust";
import { CertificateSchema, type RepairAction, SignedSchema } from "@covault/wire";
import { beforeAll, describe, expect, it } from "vitest";
import { run } from "./epochs.ts";
import { withMethod } from "./fixture.ts";
import { type Held, Lifecycle, said } from "./lifecycle.ts";
import { pairOf, renew } from "./renewing.ts";
import { askRepair, damage, holdByFour, holdingOf, isRepaired, loseStore, openRepair, putStore, repair, secretOf } from "./repairs.ts";

const scheme = "eddsa-ed25519";
const receiver = 3;
let held: Held;
let ecdsa: Held;
beforeAll(async () => {
  held = await holdByFour(scheme);
  ecdsa = await holdByFour("ecdsa-secp256k1");
}, 300_000);

const life = (name: string, of = held): Promise<Lifecycle> => Lifecycle.of(of, `repair-refused-${name}`);
/** Nobody has started an attempt of the session, and nobody holds anything against anybody. */
const nothingSent = (of: Lifecycle, { sessionId }: TestSession): void => {
  for (const { events } of of.world.actors.values()) {
    expect(events.filter((event) => event.kind === "started" && event.sessionId === sessionId)).toEqual([]);
    expect(events.filter(({ kind }) => kind === "burned" || kind === "failed")).toEqual([]);
  }
};

describe("an intent that repairs a share is refused by every party that it names", () => {
  type Change = (action: RepairAction, of: Lifecycle) => void;
  const seat = (of: Lifecycle, index: number) => of.seat(index) as NonNullable<RepairAction["receiver"]>;
  it.each<[string, Change, string]>([
    [
      "with a receiver at an index of its own",
      (action, of) => {
        action.receiver = { ...seat(of, 3), shareIndex: 9 };
      },
      "trust/bad-intent",
    ],
    [
      "with a receiver that is no holder",
      (action, of) => {
        action.receiver = seat(of, 5);
      },
      "trust/bad-intent",
    ],
    [
      "with another party at the index of the holder",
      (action, of) => {
        action.receiver = { ...seat(of, 5), shareIndex: 3 };
      },
      "trust/bad-intent",
    ],
    [
      "with a holder at the index of another one",
      (action, of) => {
        action.receiver = { ...seat(of, 3), shareIndex: 4 };
      },
      "trust/bad-intent",
    ],
    [
      "with an identity key that is not the roster's",
      (action, of) => {
        action.receiver = { ...seat(of, 3), idpk: identityKeyFromSeed(new Uint8Array(32).fill(9)).publicKey };
      },
      "trust/unknown-party",
    ],
    [
      "with fewer helpers than t",
      (action) => {
        action.helpers = [1];
      },
      "trust/bad-intent",
    ],
    [
      "with more helpers than t",
      (action) => {
        action.helpers = [1, 2, 4];
      },
      "trust/bad-intent",
    ],
    [
      "with another threshold, and as many helpers",
      (action) => {
        action.helpers = [1, 2, 4];
        action.threshold = 3;
      },
      "trust/bad-intent",
    ],
    [
      "with the receiver among its helpers",
      (action) => {
        action.helpers = [1, 3];
      },
      "trust/bad-intent",
    ],
    [
      "with another number for the epoch",
      (action) => {
        action.epochNumber = 1;
      },
      "trust/bad-intent",
    ],
    [
      "for another scheme",
      (action) => {
        action.scheme = "schnorr-bip340";
        action.publicShares = action.publicShares.map((point) => Uint8Array.of(2, ...point));
      },
      "trust/bad-intent",
    ],
    [
      "with too few public shares",
      (action) => {
        action.publicShares = action.publicShares.slice(1);
      },
      "trust/bad-intent",
    ],
  ])("%s", async (name, change, code) => {
    const of = await life(name);
    await loseStore(of, receiver);
    const asked = await askRepair(of, [1, 2], receiver, (action) => change(action, of));
    const session = openRepair(of, { ...asked, signers: [1, 2, 3] });
    await of.world.hub.settle();
    of.world.coordinator.attempt(session, session.signers);
    await of.world.hub.settle();
    expect([...new Set(said(session).filter((each) => each !== "party/chain-missing"))]).toEqual([code]);
    nothingSent(of, session);
    expect(await of.share(receiver)).toBeUndefined();
  });

  it("with members of the attempt that are not those of the intent", async () => {
    for (const signers of [
      [1, 2, 3, 4],
      [1, 3],
    ]) {
      const of = await life(`signers-${signers.length}`);
      await damage(of, receiver);
      const session = openRepair(of, { ...(await askRepair(of, [1, 2], receiver)), signers });
      await of.world.hub.settle();
      expect(new Set(said(session))).toEqual(new Set(["party/bad-quorum"]));
      nothingSent(of, session);
    }
  });
});

describe("a helper compares the intent with its own record", () => {
  it.each([0, 2, 3])("and refuses public shares of which one is another (holder %s)", async (at) => {
    for (const key of [held, ecdsa]) {
      const of = await life(`shares-${at}-${key.scheme}`, key);
      await damage(of, receiver);
      const before = await of.share(receiver);
      const session = await repair(of, [1, 2], receiver, ({ publicShares }) => {
        publicShares[at] = publicShares[(at + 1) % 4] as Uint8Array;
      });
      expect(said(session)).toEqual(["party/wrong-key", "party/wrong-key"]);
      nothingSent(of, session);
      expect(await of.share(receiver)).toEqual(before);
    }
  });

  it("and one that is behind, and has no share of the epoch, is none", async () => {
    const of = await life("helper-behind");
    const old = of.world.actor(2).store.copy();
    await of.go();
    await putStore(of, 2, old);
    await loseStore(of, receiver);
    const session = await repair(of, [1, 2], receiver);
    expect(session.declines.filter(({ code }) => code !== "party/chain-missing").map(({ code }) => code)).toContain("party/unknown-share");
    nothingSent(of, session);
    await isRepaired(of, receiver, await repair(of, [1, 4], receiver));
  });

  it("and one whose own share does not open helps nobody", async () => {
    const of = await life("helper-damaged");
    await damage(of, 1);
    await damage(of, receiver);
    const session = await repair(of, [1, 2], receiver);
    expect(session.aborts.map(({ code }) => code)).toContain("party/unreadable-secret");
    expect((await of.share(receiver))?.status).toBe("committed");
    await expect(secretOf(of, receiver)).rejects.toMatchObject({ code: "party/unreadable-secret" });
  });

  it("and one that knows a higher epoch answers with its certificate", async () => {
    const of = await life("helper-ahead");
    const asked = await askRepair(of, [1, 2], receiver);
    const { charter, epoch, epochNumber } = of.key;
    const behind = { epoch, epochNumber, certificates: of.certificates };
    await of.go();
    of.world.coordinator.learn(charter.keyId, behind);
    const session = of.world.coordinator.open(asked.intent, asked.signers);
    await of.world.hub.settle();
    expect(new Set(said(session))).toEqual(new Set(["party/epoch-behind"]));
    nothingSent(of, session);
  });
});

describe("the receiver", () => {
  it("that the epoch leaves out gets nothing: it is no holder", async () => {
    const of = await life("left");
    await of.go((action) => {
      action.kind = "reshare";
      action.members = action.members.filter(({ shareIndex }) => shareIndex !== receiver);
      action.dealers = [1, 2];
    });
    await of.world.hub.settle();
    expect((await of.share(receiver))?.status).toBe("left");
    const session = await repair(of, [1, 2], receiver, (action) => {
      action.receiver = of.seat(receiver);
    });
    expect(new Set(said(session))).toEqual(new Set(["trust/bad-intent"]));
    expect((await of.share(receiver))?.status).toBe("left");
  });

  it("with a staged share of the epoch commits that one, and needs no other", async () => {
    const of = await life("staged");
    const { world } = of;
    world.hub.intercept = (flight, { body }) =>
      flight.to.partyId === `party-${receiver}` && (body.case === "committed" || body.case === "acknowledged") ? [] : [flight];
    await of.go();
    expect((await of.share(receiver))?.status).toBe("staged");
    world.hub.intercept = (flight) => [flight];
    expect(said(await repair(of, [1, 2], receiver))).toEqual(["party/share-held"]);
    await of.isWhole([1, 2, 3, 4]);
  });
});

describe("a coordinator that replays", () => {
  it("moves nobody by an attempt that has started, nor by its number with another rid, nor by a repaired share's intent", async () => {
    const of = await life("replay");
    const { world } = of;
    await damage(of, receiver);
    const session = await repair(of, [1, 2], receiver);
    await isRepaired(of, receiver, session);
    const before = await of.share(receiver);
    const started = () => [1, 2, 3].map((index) => world.actor(index).events.filter(({ kind }) => kind === "started").length);
    expect(started()).toEqual([1, 1, 1]);
    for (const index of [1, 2, 3]) world.coordinator.invite(session, index);
    await world.hub.settle();
    expect(said(session)).toEqual(["party/share-held"]);
    session.rid = new Uint8Array(32).fill(7);
    session.declines.length = 0;
    for (const index of [1, 2, 3]) world.coordinator.invite(session, index);
    await world.hub.settle();
    expect([...said(session)].sort()).toEqual(["party/intent-replayed", "party/intent-replayed", "party/share-held"]);
    world.coordinator.attempt(session, session.signers);
    await world.hub.settle();
    expect([started(), await of.share(receiver)]).toEqual([[1, 1, 1], before]);
  });

  it("keeps the last message of a second repair back, and the pairs that were renewed meanwhile stay", async () => {
    const of = await life("held-back", ecdsa);
    const { world } = of;
    await damage(of, receiver);
    const second = openRepair(of, await askRepair(of, [1, 2], receiver));
    const late: Flight[] = [];
    world.hub.intercept = (flight, { body }) => {
      if (body.case !== "round" || flight.to.partyId !== `party-${receiver}`) return [flight];
      late.push(flight);
      return [];
    };
    await world.hub.settle();
    world.hub.intercept = (flight) => [flight];
    const first = await repair(of, [2, 4], receiver);
    await isRepaired(of, receiver, first);
    const renewal = await renew(of, [1, 3]);
    expect(said(renewal)).toEqual([]);
    const before = await pairOf(of, receiver, 1);
    expect(before).toMatchObject({ generation: 1, status: "committed", state: expect.any(Uint8Array) });
    expect(late.length).toBeGreaterThan(0);
    // Round 1 comes first, and what is asked for again after it comes by itself.
    for (const flight of late) world.hub.inject(flight);
    await world.hub.settle();
    // The second run ends as well, and says that the share is here.
    await isRepaired(of, receiver, second);
    expect(await pairOf(of, receiver, 1)).toEqual(before);
    expect((await of.signs([1, 3])).signatures).toHaveLength(2);
  }, 300_000);
});

describe("when the key moves on in the middle of a repair", () => {
  it("everybody ends the run, nobody is blamed, and what is delivered late changes nothing", async () => {
    const of = await life("moves");
    const { world } = of;
    await damage(of, receiver);
    const before = of.key;
    const held: Flight[] = [];
    let isHolding = true;
    world.hub.intercept = (flight, { body }) => {
      if (!isHolding || body.case !== "round" || body.value.header[1] !== 7) return [flight];
      held.push(flight);
      return [];
    };
    const session = await repair(of, [1, 2], receiver);
    expect(held).toHaveLength(6);
    // The lost share is made anew, with all others, while the repair waits.
    await of.go((action) => {
      action.kind = "recover";
      action.dealers = [1, 2, 4];
    });
    isHolding = false;
    for (const flight of held) world.hub.inject(flight);
    await world.pass(4_000);
    expect(session.aborts.map(({ code, culprits }) => [code, culprits])).toEqual(Array(3).fill(["party/epoch-superseded", []]));
    expect(await of.share(receiver, before)).toMatchObject({ status: "superseded", secret: new Uint8Array() });
    expect(world.actor(receiver).events.map(({ kind }) => kind)).not.toContain("repaired");
    await of.isWhole([1, 2, 3, 4]);
    expect((await of.signs([1, 3])).signatures).toHaveLength(2);
  });

  /**
   * What another instance of the receiver writes that has met the certificate of a higher epoch.
   */
  const leaving = (of: Lifecycle): (() => Promise<unknown>) => {
    const { world, key } = of;
    const { scheme } = key.charter;
    const higher = run(world, key);
    const { keyId, epoch, sessionId } = higher;
    const chain = [...of.certificates, higher.certificate].map((each) => toBinary(CertificateSchema, each));
    const named = { intentId: intentIdOf(higher.intent.body), intent: toBinary(SignedSchema, higher.intent) };
    return async () => {
      const { store } = world.actor(receiver);
      return store.leaveEpoch({ keyId, epoch, epochNumber: 1, scheme, sessionId, ...named }, chain, await store.lastCertificate(keyId));
    };
  };

  it("a certificate that another instance has met since the receiver joined ends the run before anything is sent", async () => {
    const of = await life("moves-first");
    const { world } = of;
    await damage(of, receiver);
    const leave = leaving(of);
    const held: Flight[] = [];
    world.hub.intercept = (flight, { body }) => {
      if (body.case !== "start" || flight.to.partyId !== `party-${receiver}`) return [flight];
      held.push(flight);
      return [];
    };
    const session = await repair(of, [1, 2], receiver);
    expect(await leave()).toBe("left");
    for (const flight of held) world.hub.inject(flight);
    await world.hub.settle();
    expect(session.aborts.map(({ code, culprits }) => [code, culprits])).toEqual([["party/epoch-superseded", []]]);
    expect(world.actor(receiver).events.map(({ kind }) => kind)).not.toContain("started");
  });

  it("a certificate that comes right before the share is kept wins", async () => {
    const of = await life("moves-last");
    const { world } = of;
    await damage(of, receiver);
    const { store } = world.actor(receiver);
    const leave = leaving(of);
    const racing: typeof store.keepRepaired = async (...args) => {
      expect(await leave()).toBe("left");
      return store.keepRepaired(...args);
    };
    await world.boot(receiver, undefined, { store: withMethod(store, "keepRepaired", racing) });
    const session = await repair(of, [1, 2], receiver);
    expect(session.aborts.map(({ code, culprits }) => [code, culprits])).toEqual([["party/epoch-superseded", []]]);
    expect(await of.share(receiver)).toMatchObject({ status: "superseded", secret: new Uint8Array() });
    expect(holdingOf(of, receiver, session)).toBeUndefined();
  });
});

describe("a share of an epoch that forks below the committed one", () => {
  it("is not kept, when what is committed came while the repair went on", async () => {
    const [one, other] = [await life("fork"), await life("fork-other")];
    await other.go();
    const committed = { ...(await other.share(receiver)), status: "committed" as const } as NonNullable<
      Awaited<ReturnType<Lifecycle["share"]>>
    >;
    const chain = other.certificates.map((certificate) => toBinary(CertificateSchema, certificate));
    // The others go on from the founding epoch as well, to a higher number.
    await one.go((action) => {
      action.epochNumber = 2;
    });
    await loseStore(one, receiver);
    const { store } = one.world.actor(receiver);
    const kept: Promise<boolean>[] = [];
    one.world.hub.intercept = (flight, { body }) => {
      const isLast = body.case === "round" && flight.to.partyId === `party-${receiver}` && body.value.header[2] === 2;
      if (isLast && kept.length === 0) kept.push(store.keepRepaired(committed, chain));
      return [flight];
    };
    const session = await repair(one, [1, 2], receiver);
    expect(await Promise.all(kept)).toEqual([true]);
    expect(said(session).at(-1)).toBe("party/unknown-share");
    expect(await one.share(receiver, other.key)).toEqual(committed);
    expect([await one.share(receiver), await store.certificates(committed.keyId)]).toEqual([undefined, chain]);
  });
});

describe("a receiver that dies", () => {
  it.each(["before", "after"] as const)(
    "%s the effect of any step of its run is repaired in the end, by one attempt more at most",
    async (when) => {
      const places: string[] = [];
      for (let at = 1; ; at++) {
        const of = await life(`crash-${at}-${when}`);
        const { world } = of;
        const secret = await secretOf(of, receiver);
        await loseStore(of, receiver);
        // It has learned the key, as after an invite before.
        const { store } = world.actor(receiver);
        const crash = new CrashPoint(at, when);
        await world.boot(receiver, crash, { store });
        const session = await repair(of, [1, 2], receiver);
        if (!crash.crashed) break;
        places.push(crash.where);
        await world.boot(receiver, undefined, { store });
        await world.hub.settle();
        const isThere = (await of.share(receiver))?.status === "committed";
        if (crash.where === "keepRepaired") expect(isThere).toBe(when === "after");
        for (let attempt = 0; attempt < 2 && holdingOf(of, receiver, session) === undefined; attempt++) {
          world.coordinator.attempt(session, session.signers);
          await world.hub.settle();
        }
        await isRepaired(of, receiver, session, secret);
        expect(world.actor(receiver).events.filter(({ kind }) => kind === "failed")).toEqual([]);
      }
      expect(places).toContain("keepRepaired");
      expect(places).toContain("claimIntent");
    },
  );

  it("between its share and its word of it says that it has the share at the next invite", async () => {
    const of = await life("unsaid");
    const { world } = of;
    await damage(of, receiver);
    world.hub.intercept = (flight, { body }) => (body.case === "holdingReport" ? [] : [flight]);
    const session = await repair(of, [1, 2], receiver);
    expect(holdingOf(of, receiver, session)).toBeUndefined();
    world.hub.intercept = (flight) => [flight];
    world.coordinator.attempt(session, session.signers);
    await world.hub.settle();
    expect(said(session)).toEqual(["party/share-held"]);
    await isRepaired(of, receiver, session);
  });

  it("a store whose answer is lost is looked at again, and keeps the share that it was given", async () => {
    const of = await life("answer-lost");
    const { world } = of;
    await damage(of, receiver);
    const { store } = world.actor(receiver);
    let calls = 0;
    const losing: typeof store.keepRepaired = async (...args) => {
      const kept = await store.keepRepaired(...args);
      if (++calls === 1) throw new Error("the connection is gone");
      return kept;
    };
    await world.boot(receiver, undefined, { store: withMethod(store, "keepRepaired", losing) });
    const session = await repair(of, [1, 2], receiver);
    expect([calls, said(session)]).toEqual([1, []]);
    await isRepaired(of, receiver, session);
  });
});

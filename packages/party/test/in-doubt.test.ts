// Runs that continue a key and end in doubt, lies about the epoch before, and parties that lack
// certificates (dkls23-spec 7). No share is lost whatever arrives, and when.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { identityKeyFromSeed } from "@covault/channel";
import { CovaultError } from "@covault/errors";
import type { StoredShare } from "@covault/party";
import { CrashPoint, type Flight, memoryStore, World } from "@covault/testkit";
import {
  AcknowledgedSchema,
  type Certificate,
  CertificateSchema,
  type Envelope,
  EnvelopeSchema,
  IntentSchema,
  type RefreshAction,
  type Signed,
} from "@covault/wire";
import { beforeAll, describe, expect, it } from "vitest";
import type { Run } from "./epochs.ts";
import { digest } from "./fixture.ts";
import { type Held, holdKey, Lifecycle, said } from "./lifecycle.ts";

let held: Held;
beforeAll(async () => {
  held = await holdKey("eddsa-ed25519");
}, 120_000);

const everybody = [1, 2, 3];
const numbered = (epochNumber: number) => (action: RefreshAction) => {
  action.epochNumber = epochNumber;
};

describe("an intent that continues a key and lies", () => {
  const lies: readonly (readonly [string, (action: RefreshAction, life: Lifecycle) => void, ...string[]])[] = [
    ["about a public share", (action) => action.oldPublicShares.reverse(), "party/wrong-key"],
    ["about the threshold", (action) => Object.assign(action, { kind: "reshare", oldThreshold: 3 }), "trust/bad-intent"],
    ["about the holders", (action) => Object.assign(action, { oldMembers: action.oldMembers.slice(1) }), "trust/bad-intent"],
    ["with a number far above", numbered(65_537), "party/epoch-number"],
    ["with the number of the keygen", numbered(0), "trust/bad-intent"],
    [
      "with a newcomer in another's name",
      (action, life) => {
        action.kind = "reshare";
        action.members.push({ ...life.seat(4), idpk: identityKeyFromSeed(digest(9)).publicKey });
      },
      "trust/unknown-party",
      // That is what the one says whose name it is.
      "party/not-a-member",
    ],
    [
      "with a policy root that the roster does not have",
      (action) => Object.assign(action, { policyRoot: digest(3) }),
      "party/policy-denied",
    ],
  ];
  it("is declined by every holder, and changes nothing", async () => {
    const life = await Lifecycle.of(held, "lies");
    for (const [what, change, ...expected] of lies) {
      const session = life.open(await life.asked((action) => change(action, life)));
      await life.world.hub.settle();
      expect(said(session).length, what).toBeGreaterThan(1);
      expect(new Set(said(session)), what).toEqual(new Set(expected));
      expect(session.joins.size).toBe(0);
    }
    // One of the holders may not be asked by somebody who is none of the key's initiators.
    const { roster, coordinator } = life.world;
    const thief = identityKeyFromSeed(digest(8));
    roster.initiators.push({ ...(roster.initiators[0] as (typeof roster.initiators)[number]), initiatorId: "thief", key: thief.publicKey });
    const honest = await life.asked();
    const body = fromBinary(IntentSchema, honest.intent.body);
    const stolen = life.world.sign({ ...body, initiatorId: "thief", sessionId: "ses_thief" }, thief);
    const session = coordinator.open(stolen, everybody);
    await life.world.hub.settle();
    expect(new Set(said(session))).toEqual(new Set(["trust/not-entitled"]));
    await life.go();
    await life.isWhole(everybody);
  });

  it("is declined by a holder that has lost its share and should deal, or should take part in a refresh", async () => {
    const life = await Lifecycle.of(held, "lost-share");
    const { world } = life;
    const empty = memoryStore("new");
    await world.boot(3, undefined, { store: empty });
    for (const [kind, dealers] of [
      ["refresh", [1, 2]],
      ["recover", [1, 3]],
      ["reshare", [2, 3]],
    ] as const) {
      const session = life.open(await life.asked((action) => Object.assign(action, { kind, dealers: [...dealers] })));
      await world.hub.settle();
      expect([said(session), [...session.joins.keys()].sort()], kind).toEqual([["party/unknown-share"], [1, 2]]);
    }
    await life.go((action) => Object.assign(action, { kind: "recover", dealers: [1, 2] }));
    expect((await empty.committedShare(life.key.charter.keyId))?.epoch).toEqual(life.key.epoch);
  });

  it.each([
    ["whose secret does not open any more", "secret"],
    ["whose record cannot be read any more", "record"],
  ] as const)("gives a share anew %s", async (_what, field) => {
    const life = await Lifecycle.of(held, `damaged-${field}`);
    const { world } = life;
    const { store } = world.actor(3);
    const damaged = new Proxy(store, {
      get(target, name) {
        const value = Reflect.get(target, name, target) as unknown;
        if (typeof value !== "function") return value;
        return async (...args: unknown[]) => {
          const answer = (await Reflect.apply(value, target, args)) as unknown;
          if (name !== "share" || answer === undefined) return answer;
          const share = answer as StoredShare;
          return share.epochNumber === 0 ? { ...share, [field]: share[field].map((byte) => byte ^ 1) } : share;
        };
      },
    });
    await world.boot(3, undefined, { store: damaged });
    const made = await life.asked((action) => Object.assign(action, { kind: "recover", dealers: [1, 2] }));
    const session = life.open(made);
    await world.hub.settle();
    expect(said(session)).toEqual([]);
    life.commit(session);
    await life.isWhole(everybody);
  });

  it("is declined when its start comes after a dealer has left the roster", async () => {
    const life = await Lifecycle.of(held, "roster");
    const { world } = life;
    world.hub.intercept = (flight, { body }) => {
      if (body.case === "start") world.roster.parties = world.roster.parties.filter(({ partyId }) => partyId !== "party-3");
      return [flight];
    };
    const session = life.open(await life.asked());
    await world.hub.settle();
    expect(session.joins.size).toBe(3);
    expect(new Set(said(session))).toEqual(new Set(["trust/unknown-party"]));
    expect(await Promise.all(everybody.map(async (index) => (await life.share(index))?.status))).toEqual(Array(3).fill("committed"));
  });
});

/** Cuts a party off at the end of a run, and keeps what it says then. */
function hold(world: World, by: string): { readonly acks: Signed[]; release: () => void } {
  const acks: Signed[] = [];
  world.hub.intercept = (flight, { body }: Envelope) => {
    if (body.case !== "acknowledged" || (flight.from.partyId !== by && flight.to.partyId !== by)) return [flight];
    if (body.value.ack !== undefined && flight.from.partyId === by) acks.push(body.value.ack);
    return [];
  };
  return {
    acks,
    release: () => {
      world.hub.intercept = (flight) => [flight];
    },
  };
}
const sayLate = (world: World, { sessionId }: Run, ack: Signed, to: readonly number[]): void => {
  for (const index of to) world.coordinator.say(index, { case: "acknowledged", value: create(AcknowledgedSchema, { sessionId, ack }) });
};

describe("a store that does not answer", () => {
  /** The store of a party, and whether some of its methods answer. */
  const leaving = (life: Lifecycle, index: number, methods: readonly string[]) => {
    const state = { isAway: false };
    const store = new Proxy(life.world.actor(index).store, {
      get(target, name) {
        const value = Reflect.get(target, name, target) as unknown;
        if (typeof value !== "function") return value;
        return async (...args: unknown[]) => {
          if (state.isAway && methods.includes(String(name))) throw new CovaultError("database/unavailable", "The database is away.");
          return Reflect.apply(value, target, args);
        };
      },
    });
    return { state, store };
  };

  it("closes no stored run that it cannot verify at present: the run goes on when it answers", async () => {
    const life = await Lifecycle.of(held, "away-resume");
    const { world } = life;
    world.hub.intercept = (flight, { body }) => (body.case === "round" && body.value.header[2] === 2 ? [] : [flight]);
    const made = await life.asked();
    const session = life.open(made);
    await world.hub.settle();
    const { state, store } = leaving(life, 1, ["share"]);
    expect(await store.runningSessions()).toHaveLength(1);
    state.isAway = true;
    await world.boot(1, undefined, { store });
    await world.pass(5_000, 1_000);
    expect(world.actor(1).events).toContainEqual({ kind: "failed", error: expect.objectContaining({ code: "database/unavailable" }) });
    expect(await store.runningSessions()).toHaveLength(1);
    state.isAway = false;
    world.hub.intercept = (flight) => [flight];
    await world.pass(30_000, 1_000);
    expect(session.certificate?.acks).toHaveLength(everybody.length);
    life.commit(session);
    await life.isWhole(everybody);
  });

  it.each(["certificates", "lastCertificate", "commitShare"])(
    "drops no certificate for it when %s fails at the last acknowledgement: each party completes it later by itself",
    async (method) => {
      const life = await Lifecycle.of(held, `away-${method}`);
      const { world } = life;
      const stores = everybody.map((index) => leaving(life, index, [method]));
      for (const index of everybody) await world.boot(index, undefined, { store: (stores[index - 1] as (typeof stores)[number]).store });
      await world.hub.settle();
      const { release } = hold(world, "party-3");
      const made = await life.asked();
      const session = life.open(made);
      await world.hub.settle();
      expect(await life.statuses(everybody, made)).toEqual(Array(3).fill("staged"));
      release();
      for (const { state } of stores) state.isAway = true;
      world.hub.intercept = (flight, { body }) => (body.case === "acknowledged" ? [flight] : []);
      await world.pass(6_000, 2_000);
      expect(everybody.map((index) => world.dropped(index, "bad-certificate"))).toEqual([0, 0, 0]);
      expect(await life.statuses(everybody, made)).toEqual(Array(3).fill("staged"));
      // They hear nothing of each other any more, and have all that they need.
      for (const { state } of stores) state.isAway = false;
      world.hub.intercept = () => [];
      await world.pass(60_000, 5_000);
      expect(await life.statuses(everybody, made)).toEqual(Array(3).fill("committed"));
      world.hub.intercept = (flight) => [flight];
      life.commit({ certificate: session.certificate ?? (await certificateOf(life, made)) });
      await life.isWhole(everybody);
    },
  );
});

describe("a run that one holder leaves in doubt", () => {
  async function doubtful(seed: string) {
    const life = await Lifecycle.of(held, seed);
    const { acks, release } = hold(life.world, "party-3");
    const first = await life.asked();
    const session = life.open(first);
    await life.world.hub.settle();
    release();
    expect([said(session), session.certificate]).toEqual([[], undefined]);
    expect(await life.statuses(everybody, first)).toEqual(Array(3).fill("staged"));
    return { life, first, session, ack: acks[0] as Signed };
  }

  it("is passed by: its number is used up, the old epoch signs, and the next number goes", async () => {
    const { life, first } = await doubtful("passed-by");
    const again = life.open(await life.asked());
    await life.world.hub.settle();
    expect(said(again)).toEqual(Array(3).fill("party/epoch-number"));
    expect((await life.signs([1, 2])).signatures).toHaveLength(2);
    await life.go(numbered(2));
    await life.isWhole(everybody);
    expect(await life.statuses(everybody, first)).toEqual(Array(3).fill("superseded"));
  });

  it.each([
    ["before the next run, to one party alone", "before", [1]],
    ["while the next run goes on, to one party alone", "during", [2]],
    ["while the next run goes on, to all", "during", everybody],
    ["after the next run, to all", "after", everybody],
  ] as const)("ends in one epoch when the acknowledgement comes %s", async (_what, when, to) => {
    const { life, first, session, ack } = await doubtful(`late-${when}-${to.join("")}`);
    const { world } = life;
    const second = await life.asked(numbered(2));
    if (when === "before") {
      sayLate(world, first, ack, to);
      // Who has the certificate says so to everybody.
      await world.hub.settle();
      expect(await life.statuses(everybody, first)).toEqual(Array(3).fill("committed"));
      life.commit({ certificate: session.certificate ?? (await certificateOf(life, first)) });
      const late = life.world.coordinator.open(second.intent, everybody);
      await world.hub.settle();
      // The intent continues an epoch that is over now.
      expect(late.joins.size).toBe(0);
      await life.isWhole(everybody);
      return;
    }
    let isSaid = false;
    world.hub.intercept = (flight, { body }) => {
      if (when === "during" && !isSaid && body.case === "round" && body.value.header[2] === 2) {
        isSaid = true;
        sayLate(world, first, ack, to);
      }
      return [flight];
    };
    const next = life.open(second);
    await world.hub.settle();
    if (when === "after") sayLate(world, first, ack, to);
    await world.pass(60_000, 10_000);
    const made = (await life.statuses([1], second))[0] === "committed" ? second : first;
    expect(await life.statuses(everybody, made)).toEqual(Array(3).fill("committed"));
    if (made === first) expect(new Set(said(next))).toEqual(new Set(["party/epoch-superseded"]));
    else expect(await life.statuses(everybody, first)).toEqual(Array(3).fill("superseded"));
    life.commit({ certificate: await certificateOf(life, made) });
    await life.isWhole(everybody);
  });

  it("commits everywhere when the silent holder alone has the certificate, and the account asks for another run", async () => {
    const life = await Lifecycle.of(held, "silent-has-it");
    const { world } = life;
    const first = await life.asked();
    world.hub.intercept = (flight, { body }) => {
      const isAck = body.case === "acknowledged" || body.case === "committed";
      return isAck && flight.to.partyId !== "party-3" ? [] : [flight];
    };
    const session = life.open(first);
    await world.hub.settle();
    expect(await life.statuses(everybody, first)).toEqual(["staged", "staged", "committed"]);
    expect(session.certificate).toBeUndefined();
    world.hub.intercept = (flight) => [flight];
    const next = life.open(await life.asked(numbered(2)));
    await world.hub.settle();
    expect(said(next)).toEqual(["party/epoch-behind"]);
    expect([session.certificate?.acks.length, session.certificate?.dealerAcks.length]).toEqual([everybody.length, 0]);
    life.commit(session);
    await life.go(numbered(2));
    await life.isWhole(everybody);
  });

  it("of two that go on at once: the lower one ends when the other has its shares, and says why", async () => {
    const life = await Lifecycle.of(held, "at-once");
    const { world } = life;
    const [first, second] = [await life.asked(numbered(1)), await life.asked(numbered(2))];
    const flights: Flight[] = [];
    let isHeld = true;
    world.hub.intercept = (flight, { body }) => {
      if (body.case === "acknowledged" || body.case === "committed") return [];
      const isLast = body.case === "round" && body.value.header[2] === 3;
      if (!isHeld || !isLast || String(body.value.header.subarray(7, 39)) !== String(lower.rid)) return [flight];
      flights.push(flight);
      return [];
    };
    const lower = life.open(first);
    await world.hub.settle();
    life.open(second);
    await world.hub.settle();
    expect(await life.statuses(everybody, second)).toEqual(Array(3).fill("staged"));
    isHeld = false;
    for (const flight of flights) world.hub.inject(flight);
    await world.hub.settle();
    expect(lower.aborts.map(({ code, culprits }) => [code, culprits])).toEqual(Array(3).fill(["party/epoch-number", []]));
    expect(await life.statuses(everybody, first)).toEqual(Array(3).fill(undefined));
    for (const index of everybody) expect(await world.actor(index).store.runningSessions()).toEqual([]);
  });

  it("takes its number also between the invite and the start of another", async () => {
    const { life } = await doubtful("claimed");
    const { world } = life;
    const { store } = world.actor(1);
    const [staged] = await store.stagedShares();
    const watched = new Proxy(store, {
      get(target, name) {
        const value = Reflect.get(target, name, target) as unknown;
        if (typeof value !== "function") return value;
        return async (...args: unknown[]) => {
          const answer = (await Reflect.apply(value, target, args)) as unknown;
          if (name === "claimIntent") await copyOf(life, staged as StoredShare, 5);
          return answer;
        };
      },
    });
    await world.boot(1, undefined, { store: watched });
    const session = life.open(await life.asked(numbered(4)));
    await world.hub.settle();
    expect(session.joins.size).toBe(3);
    expect(session.aborts.map(({ code, round }) => [code, round])).toContainEqual(["party/epoch-number", 0]);
    expect((await store.stagedShares()).map(({ epochNumber }) => epochNumber)).toEqual([1, 5]);
  });

  it("ends what another instance of the party signs with the epoch before", async () => {
    const life = await Lifecycle.of(held, "two-instances");
    const { world } = life;
    const acks: Signed[] = [];
    const late: Flight[] = [];
    let isHeld = false;
    world.hub.intercept = (flight, { body }) => {
      if (body.case === "acknowledged" && body.value.ack !== undefined) acks.push(body.value.ack);
      if (body.case === "acknowledged" || body.case === "committed") return [];
      if (!isHeld || body.case !== "round" || body.value.header[2] !== 2) return [flight];
      late.push(flight);
      return [];
    };
    const made = await life.asked();
    life.open(made);
    await world.hub.settle();
    isHeld = true;
    const session = await life.signs([1, 2]);
    expect(late).toHaveLength(2);
    await world.boot(1, undefined, { instanceId: "i2" });
    // What is asked for again at the moment of the sweep would race with it.
    const dropped = ["committed", "acknowledged", "roundRequest"];
    world.hub.intercept = (flight, { body }) => (dropped.includes(body.case ?? "") ? [] : [flight]);
    for (const ack of acks) {
      const value = create(AcknowledgedSchema, { sessionId: made.sessionId, ack });
      const bytes = toBinary(EnvelopeSchema, create(EnvelopeSchema, { body: { case: "acknowledged", value } }));
      await world.actor(1).party.receive({ partyId: "party-3", instanceId: "i1" }, bytes);
    }
    expect((await life.share(1))?.status).toBe("superseded");
    await world.pass(3_000, 500);
    // The other instance looks by its clock, and nothing here waits for it.
    for (let turn = 0; turn < 100 && said(session).length === 0; turn++) await world.pass(100, 100);
    for (const flight of late) if (flight.to.partyId === "party-1") world.hub.inject(flight);
    await world.hub.settle();
    expect([said(session), session.signatures]).toEqual([["party/epoch-superseded"], []]);
  });

  it("is one of 16 at most: then only a reshare goes, which ends them all", async () => {
    const { life } = await doubtful("sixteen");
    const { store } = life.world.actor(1);
    const [staged] = await store.stagedShares();
    if (staged === undefined) throw new Error("nothing is staged");
    for (let number = 2; number <= 16; number++) await copyOf(life, staged, number);
    const refresh = life.open(await life.asked(numbered(17)));
    await life.world.hub.settle();
    expect(said(refresh)).toEqual(["party/runs-in-doubt"]);
    await life.go((action) => {
      action.kind = "reshare";
      action.epochNumber = 17;
      action.members = action.members.slice(0, 2);
      action.dealers = [1, 2];
    });
    expect(await store.stagedShares()).toEqual([]);
    await life.isWhole([1, 2]);
    expect((await life.share(3))?.status).toBe("left");
  });

  it("is one of 16 also when two refreshes are joined while 15 are there: the second one stages nothing, and says why", async () => {
    const { life } = await doubtful("fifteen");
    const { world } = life;
    const { store } = world.actor(1);
    const [staged] = await store.stagedShares();
    for (let number = 2; number <= 15; number++) await copyOf(life, staged as StoredShare, number);
    const [first, second] = [await life.asked(numbered(16)), await life.asked(numbered(17))];
    const flights: Flight[] = [];
    let isHeld = true;
    world.hub.intercept = (flight, { body }) => {
      if (body.case === "acknowledged" || body.case === "committed") return [];
      const isLast = body.case === "round" && body.value.header[2] === 3;
      if (!isHeld || !isLast || String(body.value.header.subarray(7, 39)) !== String(later.rid)) return [flight];
      flights.push(flight);
      return [];
    };
    const later = life.open(second);
    await world.hub.settle();
    life.open(first);
    await world.hub.settle();
    expect(await store.stagedShares(life.key.charter.keyId)).toHaveLength(16);
    isHeld = false;
    for (const flight of flights) world.hub.inject(flight);
    await world.hub.settle();
    expect(later.aborts.map(({ code, culprits }) => [code, culprits])).toEqual([["party/runs-in-doubt", []]]);
    expect(await life.statuses(everybody, second)).toEqual([undefined, "staged", "staged"]);
    expect(await store.runningSessions()).toEqual([]);
  });
});

/** Stages a copy of a share at party 1, as a run of another number would have left it. */
async function copyOf({ world }: Lifecycle, { status: _status, ...share }: StoredShare, number: number): Promise<void> {
  const { store } = world.actor(1);
  const run = { rid: digest(100 + number), sessionId: `ses_doubt_${number}`, intentId: digest(150 + number) };
  const session = { ...run, context: digest(1), state: digest(2), outbox: [], expiresAtMs: world.clock.nowMs() + 60_000 };
  const fence = (await store.openSession(session, { name: "test", fence: 1 })) as number;
  const { sessionId, intentId, rid } = run;
  const copy = { ...share, sessionId, intentId, epoch: digest(200 + number), epochNumber: number };
  expect(await store.stageShare(copy, undefined, { rid, fence })).toBe(true);
}

async function certificateOf(life: Lifecycle, { keyId }: Run) {
  const { store } = life.world.actor(1);
  return fromBinary(CertificateSchema, (await store.lastCertificate(keyId)) as Uint8Array);
}

describe("a newcomer that an invite shows too few certificates", () => {
  const comes = (life: Lifecycle) => (action: RefreshAction) => {
    action.kind = "reshare";
    action.members.push(life.seat(4));
  };

  it("asks from the beginning, page by page, until it has the epoch, and joins the next attempt", async () => {
    const life = await Lifecycle.of(held, "pages");
    const { world } = life;
    await life.go();
    await life.go();
    world.coordinator.shownMax = 1;
    world.coordinator.pageMax = 1;
    const asked: number[] = [];
    world.hub.intercept = (flight, { body }) => {
      if (body.case === "certificateRequest" && flight.from.partyId === "party-4") {
        expect(flight.to.partyId).toBe("coordinator");
        asked.push(body.value.epoch.length);
      }
      return [flight];
    };
    const made = await life.asked(comes(life));
    const session = life.open(made);
    await world.hub.settle();
    expect([said(session), asked]).toEqual([["party/chain-missing"], [0, 32, 32]]);
    // Nothing of it is in the store before there is a share.
    expect(await world.actor(4).store.certificates(made.keyId)).toEqual([]);
    world.coordinator.attempt(session, [1, 2, 3, 4]);
    await world.hub.settle();
    expect(said(session)).toEqual(["party/chain-missing"]);
    life.commit(session);
    await life.isWhole([1, 2, 3, 4]);
  });

  it("takes no chain of another key, none that it did not ask for, and none that does not begin", async () => {
    const life = await Lifecycle.of(held, "foreign-chain");
    const other = await holdKey("eddsa-ed25519");
    const { world } = life;
    const show = (certificate = other.certificate) =>
      world.coordinator.say(4, {
        case: "committed",
        value: { $typeName: "covault.v1.Committed", sessionId: "ses_x", certificate, earlier: [] },
      });
    show(held.certificate);
    await world.hub.settle();
    expect(world.dropped(4, "bad-certificate")).toBe(0);
    const made = await life.asked(comes(life));
    const session = life.open(made, []);
    await world.hub.settle();
    expect(said(session)).toEqual(["party/chain-missing"]);
    const forged = { ...held.certificate, acks: held.certificate.acks.slice(1) };
    show(forged);
    await world.hub.settle();
    expect(world.dropped(4, "bad-certificate")).toBe(1);
    world.coordinator.attempt(session, [1, 2, 3, 4]);
    await world.hub.settle();
    expect(said(session)).toEqual(["party/chain-missing", "party/chain-missing"]);
    show(held.certificate);
    await world.hub.settle();
    world.coordinator.attempt(session, [1, 2, 3, 4]);
    await world.hub.settle();
    expect(said(session)).toHaveLength(2);
    life.commit(session);
    await life.isWhole([1, 2, 3, 4]);
  });
});

describe("a newcomer whose run was passed by without it", () => {
  it.each([
    ["in memory", false],
    ["after a restart", true],
  ])("erases the share that it has staged, once it hears of the higher epoch %s", async (_what, restarts) => {
    const life = await Lifecycle.of(held, `left-newcomer-${restarts}`);
    const { world } = life;
    world.hub.intercept = (flight, { body }) =>
      body.case === "acknowledged" && [flight.from.partyId, flight.to.partyId].includes("party-4") ? [] : [flight];
    const first = await life.asked((action) => {
      action.kind = "reshare";
      action.members.push(life.seat(4));
    });
    life.open(first);
    await world.hub.settle();
    expect(await life.statuses([1, 4], first)).toEqual(["staged", "staged"]);
    await life.go(numbered(2));
    if (restarts) await world.boot(4);
    await world.pass(60_000, 10_000);
    expect(await life.statuses([1, 4], first)).toEqual(["superseded", "superseded"]);
    const [share] = await world.actor(4).store.sharesOfSession(first.sessionId);
    expect(share?.secret).toEqual(new Uint8Array());
    await life.isWhole(everybody);
  });
});

it("a share of the keygen that is staged goes when the key has gone on without its holder", async () => {
  const before = await World.create({ seed: "keygen-in-doubt" });
  before.hub.intercept = (flight, { body }) =>
    (body.case === "acknowledged" || body.case === "committed") && flight.to.partyId === "party-3" ? [] : [flight];
  const session = before.coordinator.open(before.keygenIntent(2, "eddsa-ed25519"), everybody);
  await before.hub.settle();
  const { sessionId } = session;
  const certificate = session.certificate as Certificate;
  const stores = new Map([...before.actors].map(([index, { store }]) => [index, store]));
  const life = await Lifecycle.of({ scheme: "eddsa-ed25519", stores, certificate }, "goes-on");
  expect(await life.statuses(everybody, { sessionId })).toEqual(["committed", "committed", "staged"]);
  life.world.hub.intercept = (flight) => (flight.to.partyId === "party-3" ? [] : [flight]);
  await life.go((action) => {
    Object.assign(action, { kind: "reshare", dealers: [1, 2] });
    action.members = action.members.slice(0, 2);
  });
  life.world.hub.intercept = (flight) => [flight];
  await life.world.boot(3);
  await life.world.pass(60_000, 10_000);
  expect(await life.statuses([3], { sessionId })).toEqual(["superseded"]);
  await life.isWhole([1, 2]);
});

describe("a party that dies in a run that continues a key", () => {
  /** A reshare in which 3 deals and leaves, 4 comes, and the victim dies once. */
  async function crashed(victim: number, at: number, when: "before" | "after") {
    const life = await Lifecycle.of(held, `crash-${victim}-${at}-${when}`);
    const { world } = life;
    const crash = new CrashPoint(at, when);
    await world.boot(victim, crash);
    const made = await life.asked((action) => {
      action.kind = "reshare";
      action.members = [...action.members.slice(0, 2), life.seat(4)];
    });
    const session = life.open(made);
    await world.hub.settle();
    if (crash.crashed) await world.boot(victim);
    await world.pass(20_000, 2_000);
    for (let attempt = 2; session.certificate === undefined && attempt <= 3; attempt++) {
      world.coordinator.attempt(session, [1, 2, 3, 4]);
      await world.pass(6_000, 2_000);
    }
    await world.pass(60_000, 10_000);
    return { life, made, session, crash };
  }

  it.each([
    ["a dealer that stays", 2],
    ["a dealer that leaves", 3],
    ["a newcomer", 4],
  ])(
    "%s goes on wherever it was in its store, and everybody ends in the new epoch",
    async (_what, victim) => {
      const { crash: whole } = await crashed(victim, 0, "before");
      const steps = whole.names.flatMap((name, at) => (name.startsWith("send") || name === "prune" ? [] : [{ name, at: at + 1 }]));
      expect(steps.map(({ name }) => name)).toEqual(expect.arrayContaining(["openSession", "saveRound", "stageShare", "commitShare"]));
      for (const { name, at } of steps)
        for (const when of ["before", "after"] as const) {
          const { life, made, session, crash } = await crashed(victim, at, when);
          const where = `${when} ${name}`;
          expect(crash.where, where).toBe(name);
          expect(await life.statuses([1, 2, 3, 4], made), where).toEqual(["committed", "committed", "left", "committed"]);
          expect((await life.share(3))?.secret, where).toEqual(new Uint8Array());
          life.commit(session);
          await life.isWhole([1, 2, 4]);
        }
    },
    600_000,
  );
});

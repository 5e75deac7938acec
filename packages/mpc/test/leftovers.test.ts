// No copy of a secret outlives its session, however that ends (dkls23-spec 0.1). Machines run, and
// one of them is watched. Afterwards no array that was made meanwhile has a secret that a state or
// a round of it held. What the session gives out, and what went in, is the caller's.
import { beforeAll, describe, expect, it, vi } from "vitest";
import {
  type KeygenSetup,
  type KeyShare,
  keygenMachine,
  onlineMachine,
  presignBatchMachine,
  presignMachine,
  refreshMachine,
  renewalMachine,
  restoreKeygen,
  restoreRenewal,
  signBatchMachine,
  signMachine,
} from "../src/dkls23/index.ts";
import { pairSecrets } from "../src/dkls23/pairs.ts";
import { onlineLayout } from "../src/dkls23/presign/online.ts";
import { takePresignature } from "../src/dkls23/presign/presignature.ts";
import { round2Layout, round3Layout } from "../src/dkls23/sign/messages.ts";
import {
  type FrostKeyShare,
  type FrostPreprocessed,
  frostKeygenMachine,
  frostOnlineMachine,
  frostPreprocessMachine,
  frostRefreshMachine,
  frostSignBatchMachine,
  frostSignMachine,
  restoreFrostKeygen,
} from "../src/frost/index.ts";
import { takePreprocessed } from "../src/frost/pool/index.ts";
import { type Layout, layoutBytes } from "../src/protocol/encoding/layout.ts";
import type { Erasable, Machine, ShareIndex } from "../src/protocol/index.ts";
import { openRepair, round1 as repairRound1 } from "../src/repair/index.ts";
import { type Look, leftovers, look, secret, watch } from "./arrays.ts";
import { keygenSetup, makeKey as makeFrostKey, membersOf, schemes } from "./frost/cast.ts";
import { type Renewal, renewalSetup, shareOf } from "./renewed.ts";
import { repairOf, repairSetup } from "./repairs.ts";
import { bytesFrom, idx, makeKey, nonceFrom, outputOf, runSession, type Tamper } from "./simulation.ts";
import { dkgSuites, familyOf, makeKeyOf } from "./suites.ts";

vi.mock("../src/protocol/once.ts", async (original) => {
  const { recording } = await import("./arrays.ts");
  const { Once } = await original<typeof import("../src/protocol/once.ts")>();
  return { Once: recording(Once) };
});

const parties = [1, 2].map(idx);
const [me, peer] = parties as [ShareIndex, ShareIndex];

/** Gives every array of a value, which a caller holds. */
function arraysIn(value: unknown): Erasable[] {
  if (value instanceof Uint8Array || value instanceof Uint32Array) return [value];
  if (value instanceof Map) return [...value.values()].flatMap(arraysIn);
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(arraysIn) : [];
}

/**
 * Runs a session in which party 1 is watched, and wipes its machine at the end. Gives what is left
 * then, and how the session ended.
 */
function left<O>(
  make: (self: ShareIndex) => Machine<O>,
  given: readonly Erasable[],
  tamper?: Tamper,
  members = parties,
  heard: (body: Uint8Array) => readonly Uint8Array[] = () => [],
) {
  const at: Look = look();
  for (const each of given) secret(at, each);
  const received: Uint8Array[] = [];
  const machine = watch(at, () => make(me));
  const watched: Machine<O> = {
    ...{ protocol: machine.protocol, sid: machine.sid, peers: machine.peers, rounds: machine.rounds },
    bodyBytes: (round, from) => machine.bodyBytes(round, from),
    start: (entropy) => watch(at, () => machine.start(entropy)),
    deliver: (inbox, entropy) => {
      received.push(...inbox.values());
      for (const body of inbox.values()) for (const each of heard(body)) secret(at, each);
      return watch(at, () => machine.deliver(inbox, entropy));
    },
    check: () => watch(at, () => machine.check()),
    resume: (entropy) => watch(at, () => machine.resume(entropy)),
    snapshot: () => machine.snapshot(),
    wipe: () => machine.wipe(),
  };
  const others = members.filter((party) => party !== me).map((party) => [party, make(party)] as const);
  const outcomes = runSession(new Map([[me, watched], ...others]), { seed: "leftovers", tamper: tamper ?? ((_, body) => body) });
  machine.wipe();
  const outcome = outcomes.get(me);
  const output = outcome !== undefined && "output" in outcome ? outcome.output : undefined;
  const ended = outcome !== undefined && "error" in outcome ? outcome.error.code : "done";
  return { ended, left: leftovers(at, [...arraysIn(output), ...received, ...given]) };
}

/** Gives a machine that its driver wipes before the k-th call, counted from 0. */
function wipedBefore<O>(machine: Machine<O>, k: number): Machine<O> {
  let calls = 0;
  const step = <T>(call: () => T): T => {
    if (calls++ === k) machine.wipe();
    return call();
  };
  return {
    ...{ protocol: machine.protocol, sid: machine.sid, peers: machine.peers, rounds: machine.rounds },
    bodyBytes: (round, from) => machine.bodyBytes(round, from),
    start: (entropy) => step(() => machine.start(entropy)),
    deliver: (inbox, entropy) => step(() => machine.deliver(inbox, entropy)),
    check: () => step(() => machine.check()),
    resume: (entropy) => step(() => machine.resume(entropy)),
    snapshot: () => machine.snapshot(),
    wipe: () => machine.wipe(),
  };
}

/**
 * Wipes the machine of party 1 before each of its calls, in a session of its own. Gives how many
 * calls there are, and what is left, by the call.
 */
function leftWhenWiped(make: (self: ShareIndex) => Machine<unknown>, given: readonly Erasable[]) {
  const found: string[] = [];
  for (let k = 0; ; k++) {
    const { ended, left: there } = left((self) => (self === me ? wipedBefore(make(self), k) : make(self)), given);
    if (ended === "done") return { calls: k, found };
    expect(ended).toBe("mpc/round-already-used");
    found.push(...there.map((place) => `${k}: ${place}`));
  }
}

/** Gives one field of a message. */
function fieldOf(layout: Layout<string>, name: string, body: Uint8Array): Uint8Array {
  const names = Object.keys(layout);
  const at = names.slice(0, names.indexOf(name)).reduce((sum, each) => sum + (layout[each] as number), 0);
  return body.slice(at, at + (layout[name] as number));
}

/** Changes one byte of what the peer sends in `round`. `fromEnd` counts it from the end. */
const lie =
  (round: number, fromEnd = 1, from = peer): Tamper =>
  (envelope, body) =>
    envelope.from === from && envelope.round === round && body.length > 0
      ? body.with(body.length - fromEnd, (body[body.length - fromEnd] as number) ^ 1)
      : body;

describe("nothing is left of a secret (DKLs23)", () => {
  let shares: ReadonlyMap<ShareIndex, KeyShare>;
  beforeAll(() => {
    shares = makeKey([1, 2], 2, "leftovers");
  });
  const share = (self: ShareIndex): KeyShare => shares.get(self) as KeyShare;
  const own = bytesFrom("own");
  const keygen = (self: ShareIndex) => keygenMachine(keygenSetup(parties, 2, self, "leftovers"), own);
  const about = { members: membersOf(parties), nonce: nonceFrom("leftovers", parties), epochNumber: 1 };
  const refresh = (self: ShareIndex) => refreshMachine({ ...about, share: share(self) }, own);
  // What a partner says of its masks, and its parts of the signature, is nobody else's.
  const heard = (body: Uint8Array, count = 1): readonly Uint8Array[] =>
    [
      { of: round2Layout, fields: ["psi"] },
      { of: round3Layout, fields: ["w", "u"] },
    ].flatMap(({ of, fields }) =>
      body.length !== count * layoutBytes(of)
        ? []
        : Array.from({ length: count }, (_, k) => body.slice(k * layoutBytes(of))).flatMap((item) =>
            fields.map((name) => fieldOf(of, name, item)),
          ),
    );
  const quorum = { signers: parties, tweak: bytesFrom("tweak"), nonce: nonceFrom("leftovers", parties), burned: [] };
  const sign = (self: ShareIndex) => signMachine({ ...quorum, share: share(self), digest: bytesFrom("digest") });
  const presign = (self: ShareIndex) => presignMachine({ ...quorum, share: share(self) });

  it("after a key generation and a refresh: done, and aborted in every round", () => {
    for (const make of [keygen, refresh] as ((self: ShareIndex) => Machine<unknown>)[]) {
      expect(left(make, [own])).toEqual({ ended: "done", left: [] });
      expect(left(make, [own], (envelope, body) => (envelope.round === 1 && envelope.from === peer ? body.slice(1) : body))).toEqual({
        ended: "mpc/bad-message",
        left: [],
      });
      // A point of the peer's list that is none ends round 2 when it has drawn already.
      expect(left(make, [own], lie(1))).toEqual({ ended: "mpc/bad-message", left: [] });
      expect(left(make, [own], lie(2))).toMatchObject({ left: [] });
      expect(left(make, [own], lie(3))).toEqual({ ended: "mpc/confirmation-mismatch", left: [] });
    }
  });

  it("after a pair renewal: done, and aborted in every round, at either end", () => {
    // Of the pair {1, 2}, 1 is S; of {1, 3}, 3 is.
    for (const other of [idx(2), idx(3)]) {
      const key = makeKey([1, 2, 3], 2, "leftovers");
      const renewal: Renewal = { ends: [1, other], generation: 1, seed: "leftovers" };
      const given = [shareOf(key, me).secret];
      const renewed = (self: ShareIndex) => {
        const end = self === me ? me : other;
        return renewalMachine(renewalSetup(key, end, renewal), shareOf(key, end).secret);
      };
      const ended = (tamper?: Tamper) => left(renewed, given, tamper, [me, other]);
      expect(ended()).toEqual({ ended: "done", left: [] });
      expect(ended((envelope, body) => (envelope.round === 1 && envelope.from === other ? body.slice(1) : body))).toEqual({
        ended: "mpc/bad-message",
        left: [],
      });
      expect(ended(lie(1, 1, other))).toEqual({ ended: "mpc/bad-message", left: [] });
      expect(ended(lie(2, 1, other))).toEqual({ ended: other === 2 ? "mpc/confirmation-mismatch" : "mpc/ot-check-failed", left: [] });
      expect(ended(lie(3, 1, other))).toEqual({ ended: "mpc/confirmation-mismatch", left: [] });
    }
  });

  it("after a signature and a presignature: done, and aborted in every round", () => {
    const given = [share(me).secret, ...[...(share(me).pairs?.partners.values() ?? [])].flatMap(pairSecrets)] as Erasable[];
    const ended = (make: (self: ShareIndex) => Machine<unknown>, tamper?: Tamper) =>
      left(make, given, tamper, parties, (body) => heard(body));
    for (const make of [sign, presign] as ((self: ShareIndex) => Machine<unknown>)[]) {
      expect(ended(make)).toEqual({ ended: "done", left: [] });
      expect(ended(make, lie(1))).toEqual({ ended: "mpc/ot-check-failed", left: [] });
      expect(ended(make, lie(2))).toEqual({ ended: "mpc/mul-check-failed", left: [] });
      // Another nonce, key share, or psi; and a psi that is no scalar.
      const fromEnd = layoutBytes(round2Layout);
      expect(ended(make, lie(2, fromEnd - 32))).toEqual({ ended: "mpc/opening-mismatch", left: [] });
      expect(ended(make, lie(2, fromEnd))).toEqual({ ended: "mpc/echo-mismatch", left: [] });
      expect(ended(make, lie(2, fromEnd - 128))).toEqual({ ended: "mpc/bad-message", left: [] });
    }
    expect(ended(sign, lie(3))).toEqual({ ended: "mpc/signature-invalid", left: [] });
  });

  it("after a batch of signatures and one of presignatures: done, with an item that fails alone, and aborted in every round", () => {
    const given = [share(me).secret, ...[...(share(me).pairs?.partners.values() ?? [])].flatMap(pairSecrets)] as Erasable[];
    const { tweak, ...session } = quorum;
    const items = ["one", "other"].map((name) => ({ digest: bytesFrom(name), tweak }));
    const batch = (self: ShareIndex) => signBatchMachine({ ...session, share: share(self), items });
    const presigned = (self: ShareIndex) => presignBatchMachine({ ...session, share: share(self), items });
    const all = layoutBytes(round2Layout);
    const ended = (make: (self: ShareIndex) => Machine<unknown>, tamper?: Tamper) =>
      left(make, given, tamper, parties, (body) => heard(body, items.length));
    for (const make of [batch, presigned] as ((self: ShareIndex) => Machine<unknown>)[]) {
      expect(ended(make)).toEqual({ ended: "done", left: [] });
      expect(ended(make, lie(1))).toEqual({ ended: "mpc/ot-check-failed", left: [] });
      expect(ended(make, lie(2))).toEqual({ ended: "mpc/mul-check-failed", left: [] });
      // Of the first item, whose second one is good.
      expect(ended(make, lie(2, 2 * all))).toEqual({ ended: "mpc/echo-mismatch", left: [] });
      expect(ended(make, lie(2, 2 * all - 128))).toEqual({ ended: "mpc/bad-message", left: [] });
    }
    expect(ended(batch, lie(3))).toEqual({ ended: "done", left: [] });
    const longer: Tamper = ({ round, from }, body) => (round === 3 && from === peer ? Uint8Array.of(...body, 0) : body);
    expect(ended(batch, longer)).toEqual({ ended: "mpc/bad-message", left: [] });
    expect(leftWhenWiped(batch, given)).toEqual({ calls: 6, found: [] });
    expect(leftWhenWiped(presigned, given)).toEqual({ calls: 5, found: [] });
  });

  it("after an online step: done, and aborted", () => {
    const made = runSession(new Map(parties.map((self) => [self, presign(self)])), { seed: "leftovers" });
    const { epoch } = share(me).record;
    const about = { signers: parties, epoch, digest: bytesFrom("digest"), tweak: bytesFrom("late"), intent: bytesFrom("intent") };
    const online = (self: ShareIndex) => {
      const { id, presignature } = outputOf(made, self);
      return onlineMachine(presignature.slice(), { ...about, id });
    };
    const { phi, u, v } = takePresignature(outputOf(made, me).presignature.slice()).take();
    const given = [phi, u, v];
    expect(left(online, given)).toEqual({ ended: "done", left: [] });
    expect(left(online, given, lie(1))).toEqual({ ended: "mpc/signature-invalid", left: [] });
    expect(left(online, given, lie(1, layoutBytes(onlineLayout)))).toEqual({ ended: "mpc/context-mismatch", left: [] });
    expect(leftWhenWiped(online, given)).toEqual({ calls: 2, found: [] });
    // Bytes that are too many are found when everything has been read.
    const at = look();
    for (const each of given) secret(at, each);
    const longer = Uint8Array.of(...outputOf(made, me).presignature, 0);
    expect(() => watch(at, () => takePresignature(longer))).toThrowError(expect.objectContaining({ code: "mpc/bad-state" }));
    expect(leftovers(at, [])).toEqual([]);
  });
});

describe("nothing is left of a stored round", () => {
  const makers = [
    [keygenMachine, restoreKeygen],
    ...schemes.map((scheme) => [
      (setup: KeygenSetup, own: Uint8Array) => frostKeygenMachine(scheme, setup, own),
      (setup: KeygenSetup, snapshot: Uint8Array) => restoreFrostKeygen(scheme, setup, snapshot),
    ]),
  ] as [typeof keygenMachine, typeof restoreKeygen][];
  it.each(makers)("that is cut, or is that of another session", (make, restore) => {
    const setup = (seed: string) => keygenSetup(parties, 2, me, seed);
    const [at, machine] = [look(), make(setup("one"), bytesFrom("own"))];
    watch(at, () => machine.start(bytesFrom("entropy")));
    const snapshot = machine.snapshot();
    for (const [seed, bytes, code] of [
      ["another", snapshot, "mpc/context-mismatch"],
      ["one", snapshot.slice(0, -1), "mpc/bad-state"],
    ] as const) {
      at.made.length = 0;
      expect(() => watch(at, () => restore(setup(seed), bytes))).toThrowError(expect.objectContaining({ code }));
      expect(leftovers(at, [bytes])).toEqual([]);
    }
  });
});

it("nothing is left of a stored round of a renewal that is cut, or is that of another session", () => {
  const key = makeKey([1, 2, 3], 2, "leftovers");
  const setup = (generation: number) => renewalSetup(key, me, { ends: [1, 2], generation, seed: "leftovers" });
  const [at, machine] = [look(), renewalMachine(setup(1), shareOf(key, me).secret)];
  watch(at, () => machine.start(bytesFrom("entropy")));
  const snapshot = machine.snapshot();
  for (const [generation, bytes, code] of [
    [2, snapshot, "mpc/context-mismatch"],
    [1, snapshot.slice(0, -1), "mpc/bad-state"],
  ] as const) {
    at.made.length = 0;
    expect(() => watch(at, () => restoreRenewal(setup(generation), bytes))).toThrowError(expect.objectContaining({ code }));
    expect(leftovers(at, [bytes])).toEqual([]);
  }
});

describe.each(schemes)("nothing is left of a secret (%s)", (scheme) => {
  const own = bytesFrom("own");
  const about = { members: membersOf(parties), nonce: nonceFrom("leftovers", parties), epochNumber: 1 };
  const shares = makeFrostKey(scheme, [1, 2], 2, "leftovers");
  const share = (self: ShareIndex): FrostKeyShare => shares.get(self) as FrostKeyShare;
  const keygen = (self: ShareIndex) => frostKeygenMachine(scheme, keygenSetup(parties, 2, self, "leftovers"), own);
  const refresh = (self: ShareIndex) => frostRefreshMachine({ ...about, share: share(self) }, own);
  const session = { signers: parties, message: bytesFrom("message"), nonce: about.nonce };
  const sign = (self: ShareIndex) => frostSignMachine({ ...session, share: share(self) });

  it("after a key generation and a refresh: done, and aborted", () => {
    for (const make of [keygen, refresh] as ((self: ShareIndex) => Machine<unknown>)[]) {
      expect(left(make, [own])).toEqual({ ended: "done", left: [] });
      for (const [round, fromEnd] of [
        [2, 1],
        [2, 17],
        [3, 1],
      ] as const)
        expect(left(make, [own], lie(round, fromEnd))).toMatchObject({ ended: expect.stringMatching(/^mpc\//), left: [] });
    }
  });

  it("after a batch, the making of nonces and an online step: done, and aborted", () => {
    const mine = [share(me).secret];
    const items = ["one", "other"].map((name) => ({ message: bytesFrom(name) }));
    const batch = (self: ShareIndex) => frostSignBatchMachine({ ...about, signers: parties, share: share(self), items });
    const make = (self: ShareIndex) => frostPreprocessMachine({ ...about, signers: parties, share: share(self), count: 2 });
    for (const machine of [batch, make] as ((self: ShareIndex) => Machine<unknown>)[]) {
      expect(left(machine, mine)).toEqual({ ended: "done", left: [] });
      const longer: Tamper = (envelope, body) => (envelope.from === peer && envelope.round === 2 ? Uint8Array.of(...body, 0) : body);
      expect(left(machine, mine, longer)).toEqual({ ended: "mpc/bad-message", left: [] });
    }
    // No element at all, in one item and in the making of nonces.
    const none: Tamper = ({ round, from }, body) => (round === 1 && from === peer ? body.fill(255, 0, 32) : body);
    expect(left(batch, mine, none)).toEqual({ ended: "done", left: [] });
    expect(left(make, mine, none)).toEqual({ ended: "mpc/bad-message", left: [] });
    expect(left(make, mine, lie(2))).toEqual({ ended: "mpc/echo-mismatch", left: [] });

    const made = runSession(new Map(parties.map((self) => [self, make(self)])), { seed: "leftovers" });
    const online = (self: ShareIndex) => {
      const { id, preprocessed } = outputOf(made, self)[0] as FrostPreprocessed;
      return frostOnlineMachine(preprocessed.slice(), { ...session, share: share(self), id });
    };
    const { nonces } = takePreprocessed((outputOf(made, me)[0] as FrostPreprocessed).preprocessed.slice()).take();
    const given = [...mine, nonces.hiding, nonces.binding];
    expect(left(online, given)).toEqual({ ended: "done", left: [] });
    expect(left(online, given, lie(1, 17))).toEqual({ ended: "mpc/bad-partial-signature", left: [] });
    expect(left(online, given, lie(1, 64))).toEqual({ ended: "mpc/context-mismatch", left: [] });
    expect(leftWhenWiped(online, given)).toEqual({ calls: 2, found: [] });
    for (const [machine, calls] of [
      [batch, 3],
      [make, 3],
    ] as const)
      expect(leftWhenWiped(machine, mine)).toEqual({ calls, found: [] });
    // Bytes that are too many are found when everything has been read.
    const at = look();
    for (const each of given) secret(at, each);
    const longer = Uint8Array.of(...(outputOf(made, me)[0] as FrostPreprocessed).preprocessed, 0);
    expect(() => watch(at, () => takePreprocessed(longer))).toThrowError(expect.objectContaining({ code: "mpc/bad-state" }));
    expect(leftovers(at, [])).toEqual([]);
  });

  it("after a signature: done, and aborted", () => {
    expect(left(sign, [share(me).secret])).toEqual({ ended: "done", left: [] });
    for (const round of [1, 2])
      expect(left(sign, [share(me).secret], lie(round, 33))).toMatchObject({ ended: expect.stringMatching(/^mpc\//), left: [] });
  });
});

describe.each(dkgSuites)("nothing is left of a secret of a share repair ($scheme)", (suite) => {
  const all = [1, 2, 3].map(idx);
  const shares = makeKeyOf(suite, [1, 2, 3], 2, "leftovers");
  const make = (helpers: readonly ShareIndex[], receiver: ShareIndex) => (self: ShareIndex) =>
    repairOf(suite).machine(repairSetup(suite, shares, { helpers, receiver, seed: "leftovers" }, self));

  /** Every scalar that `me` receives in a run with the entropy of `left`. */
  function received(machines: ReturnType<typeof make>): Uint8Array[] {
    const scalars: Uint8Array[] = [];
    runSession(new Map(all.map((self) => [self, machines(self)])), {
      seed: "leftovers",
      observe: ({ round, to }, body) => {
        const scalar = round === 1 ? body.slice(2 * suite.group.wireBytes) : body.slice(0, 32);
        if (to === me && scalar.length === 32) scalars.push(scalar);
      },
    });
    return scalars;
  }

  it("of a helper: done, and aborted in both rounds", () => {
    const about = { helpers: parties, receiver: idx(3), seed: "leftovers" };
    // Every part of its row and of the other's that it has, and what its row makes.
    const { context, share } = openRepair(familyOf(suite), repairSetup(suite, shares, about, me));
    const { next, send } = repairRound1(context, share as NonNullable<typeof share>, bytesFrom(`leftovers/${me}/1`));
    const [own, other] = [next.take().delta, send.get(peer)?.delta as typeof share & Uint8Array];
    const given = [shares.get(me)?.secret as Uint8Array, own, other, suite.group.add(own, other)];
    given.push(...received(make(parties, idx(3))), suite.group.negate(own));
    expect(given.length).toBe(6);
    // Of Ed25519 one eighth travels, and who has an eighth of a scalar has the scalar.
    const eighth = suite.group.public((1n + 3n * suite.group.order) / 8n);
    if (suite.scheme === "eddsa-ed25519") given.push(suite.group.mul(own, eighth), suite.group.mul(other, eighth));
    const helper = make(parties, idx(3));
    expect(left(helper, given, undefined, all)).toEqual({ ended: "done", left: [] });
    // The lowest byte of a part, wherever the suite has it.
    for (const fromEnd of [1, 17])
      expect(left(helper, given, lie(1, fromEnd), all)).toMatchObject({ ended: expect.stringMatching(/^mpc\/bad-/), left: [] });
    const longer: Tamper = ({ round, from }, body) => (round === 2 && from === peer ? Uint8Array.of(...body, 0) : body);
    expect(left(helper, given, longer, all)).toEqual({ ended: "mpc/bad-message", left: [] });
  });

  it("that another member sent in a round in which somebody's body has the wrong length", () => {
    const four = [1, 2, 3, 4].map(idx);
    const key = makeKeyOf(suite, [1, 2, 3, 4], 3, "leftovers");
    for (const [round, helpers, receiver, from] of [
      [1, [1, 2, 3], 4, 3],
      [1, [1, 2, 3], 4, 4],
      [2, [2, 3, 4], 1, 4],
    ] as const) {
      const about = { helpers: helpers.map(idx), receiver: idx(receiver), seed: "leftovers" };
      const machines = (self: ShareIndex) => repairOf(suite).machine(repairSetup(suite, key, about, self));
      const given: Uint8Array[] = [];
      const longer: Tamper = (envelope, body) => {
        if (envelope.to !== me || envelope.round !== round) return body;
        if (envelope.from === from) return Uint8Array.of(...body, 0);
        given.push(round === 1 ? body.slice(3 * suite.group.wireBytes) : body.slice(0, 32));
        return body;
      };
      runSession(new Map(four.map((self) => [self, machines(self)])), { seed: "leftovers", tamper: longer });
      expect(given.map(({ length }) => length)).toContain(32);
      const scalars = given.splice(0).filter(({ length }) => length === 32);
      expect(left(machines, scalars, longer, four)).toEqual({ ended: "mpc/bad-message", left: [] });
    }
  });

  it("of the receiver: done, and aborted in the finish", () => {
    const receiver = make([2, 3].map(idx), me);
    const given = received(receiver);
    expect(given.length).toBe(2);
    expect(left(receiver, given, undefined, all)).toEqual({ ended: "done", left: [] });
    expect(left(receiver, given, lie(2), all)).toEqual({ ended: "mpc/echo-mismatch", left: [] });
    expect(left(receiver, given, lie(2, 48), all)).toEqual({ ended: "mpc/bad-share", left: [] });
  });
});

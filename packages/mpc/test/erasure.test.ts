// Secrets that have served are overwritten, and none is made that nobody needs (dkls23-spec 7
// "Commit", 12 "Erasure"). What an abort overwrites stands in aborts.test.ts.
import { describe, expect, it } from "vitest";
import { keygenContext, round1, round2 } from "../src/dkg/index.ts";
import { type KeyShare, keygenMachine, refreshMachine, restoreRefresh, type StoredPair } from "../src/dkls23/index.ts";
import type { PairStart } from "../src/dkls23/pairing.ts";
import * as renew from "../src/dkls23/renew/index.ts";
import { check, openQuorum, round2 as signRound2 } from "../src/dkls23/sign/index.ts";
import { round1 as signRound1 } from "../src/dkls23/sign/round1.ts";
import { suite } from "../src/dkls23/suite.ts";
import { type FrostKeyShare, frostKeygenMachine, frostRefreshMachine, restoreFrostRefresh } from "../src/frost/index.ts";
import * as frostSign from "../src/frost/sign/index.ts";
import { Tape } from "../src/kernel/random.ts";
import { collect, type Erasable, type Machine, Once, type ShareIndex, type Step } from "../src/protocol/index.ts";
import { keygenSetup, makeKey as makeFrostKey, membersOf, schemes } from "./frost/cast.ts";
import { type Renewal, renewalSetup } from "./renewed.ts";
import { bytesFrom, hex, idx, makeKey, nonceFrom } from "./simulation.ts";
import { dkgSuites } from "./suites.ts";

const parties = [1, 2].map(idx);
const [me, peer] = parties as [ShareIndex, ShareIndex];
const setup = (self: ShareIndex) => keygenSetup(parties, 2, self, "erasure");
/** Gives what `of` sends to the other party, as that party's inbox. */
const inboxOf = <M>(of: ShareIndex, { send }: Step<object, M>) => collect([of], [[of, [...send.values()][0] as M]]);
const blank = (bytes: Erasable | undefined): boolean => (bytes as Uint8Array).every((each) => each === 0);

describe("what has served", () => {
  it("is erased after round 2 of a key generation: the polynomial and the base OT", () => {
    for (const of of dkgSuites) {
      const [mine, theirs] = parties.map((self) => round1(keygenContext(of, setup(self)), {}, bytesFrom(`1/${self}`))) as [
        ReturnType<typeof round1>,
        ReturnType<typeof round1>,
      ];
      const state = mine.next.take();
      round2(new Once(state, []), inboxOf(peer, theirs), bytesFrom("2"));
      expect(state.coefficients.every(blank)).toBe(true);
      const pair = state.pairs.get(peer) as PairStart | undefined;
      expect(pair === undefined ? of.pairing === undefined : pair.role === "S" && blank(pair.a)).toBe(true);
    }
  });

  it("is erased after rounds 2 and 3 of a pair renewal: the base OT, the half of the zero seed, the confirmation", () => {
    const shares = makeKey([1, 2], 2, "erasure");
    const renewal: Renewal = { ends: [1, 2], generation: 1, seed: "erasure" };
    const first = parties.map((self) => {
      const context = renew.renewalContext(renewalSetup(shares, self, renewal));
      return renew.round1(context, (shares.get(self) as KeyShare).secret, bytesFrom(`1/${self}`));
    }) as [ReturnType<typeof renew.round1>, ReturnType<typeof renew.round1>];
    const started = first.map(({ next }) => next.take()) as [renew.Round1State, renew.Round1State];
    const [mine, theirs] = [me, peer].map((self, k) =>
      renew.round2(
        new Once(started[k] as renew.Round1State, []),
        inboxOf(self === me ? peer : me, first[1 - k] as (typeof first)[0]),
        bytesFrom("2"),
      ),
    ) as [ReturnType<typeof renew.round2>, ReturnType<typeof renew.round2>];
    expect(started.flatMap(({ start }) => (start.role === "S" ? [start.a] : [start.choices, start.t])).map(blank)).toEqual([
      true,
      true,
      true,
    ]);
    const second = mine.next.take();
    const third = renew.round3(new Once(second, []), inboxOf(peer, theirs));
    expect(blank(second.zs)).toBe(true);
    const answer = renew.round3(theirs.next, collect([me], [[me, mine.send.get(peer) as renew.Round2Message]]));
    const last = third.next.take();
    const { renewed } = renew.finish(new Once(last, []), inboxOf(peer, answer));
    expect([blank(last.expected), blank(renewed.partners.get(peer)?.zeroSeed)]).toEqual([true, false]);
  });

  it("is erased when round 2 of a key generation ends after it has drawn: everything that it drew", () => {
    const [mine, theirs] = parties.map((self) => round1(keygenContext(suite, setup(self)), {}, bytesFrom(`1/${self}`))) as [
      ReturnType<typeof round1>,
      ReturnType<typeof round1>,
    ];
    const message = theirs.send.get(me) as NonNullable<ReturnType<typeof theirs.send.get>>;
    const list = message.list.map((byte, at) => (at === message.list.length - 1 ? byte ^ 1 : byte));
    const drawn: Uint8Array[] = [];
    const original = Tape.prototype.bytes;
    Tape.prototype.bytes = function (this: Tape, length) {
      const bytes = original.call(this, length);
      drawn.push(bytes);
      return bytes;
    };
    try {
      const inbox = collect([peer], [[peer, { ...message, list }]]);
      expect(() => round2(mine.next, inbox, bytesFrom("2"))).toThrowError(expect.objectContaining({ code: "mpc/bad-message" }));
    } finally {
      Tape.prototype.bytes = original;
    }
    expect(drawn.length).toBeGreaterThan(0);
    expect(drawn.every(blank)).toBe(true);
  });

  it("is erased after round 2 of a signature: the share and, of FROST, the nonces", () => {
    const shares = makeKey([1, 2], 2, "erasure");
    const about = { signers: parties, tweak: new Uint8Array(32), nonce: nonceFrom("erasure", parties), burned: [] };
    const [mine, theirs] = parties.map((self) => {
      const quorum = openQuorum({ ...about, share: shares.get(self) as KeyShare }, bytesFrom("message"));
      return { quorum, step: signRound1(quorum, bytesFrom(`1/${self}`)) };
    });
    if (mine === undefined || theirs === undefined) throw new Error("two quorums");
    signRound2(check(mine.step.next, inboxOf(peer, theirs.step)).next, bytesFrom("2"));
    expect(blank(mine.quorum.share)).toBe(true);
    // The session's copies of the pairs go, and those of the caller stay.
    const { send, recv, zeroSeed } = mine.quorum.pairs.get(peer) as StoredPair;
    expect([send.delta, send.seeds, recv.pairs, zeroSeed].map(blank)).toEqual([true, true, true, true]);
    expect(blank(shares.get(mine.quorum.self)?.pairs?.partners.get(peer)?.send.seeds as Uint8Array)).toBe(false);
    for (const scheme of schemes) {
      const [a, b] = parties.map((self) => {
        const share = makeFrostKey(scheme, [1, 2], 2, "erasure").get(self) as FrostKeyShare;
        const quorum = frostSign.openQuorum({ share, signers: parties, message: bytesFrom("message"), nonce: about.nonce });
        return frostSign.round1(quorum, bytesFrom(`1/${self}`));
      });
      const state = a?.next.take() as frostSign.Round1State;
      frostSign.round2(new Once(state, []), inboxOf(peer, b as Step<object, readonly frostSign.Round1Message[]>));
      const { nonces } = state.runs[0] as (typeof state.runs)[number];
      expect([state.quorum.share, nonces.hiding, nonces.binding].every(blank)).toBe(true);
    }
  });
});

describe("the party's own secret", () => {
  const sent = (machine: Machine<unknown>): string => {
    const turn = machine.start(bytesFrom("entropy"));
    return turn.kind === "exchange" ? hex(turn.outbox.get(peer) as Uint8Array) : "";
  };
  const makers: [string, (own?: Uint8Array) => Machine<unknown>][] = [
    ["DKLs23", (own) => keygenMachine(setup(me), own)],
    ...schemes.map((scheme): [string, (own?: Uint8Array) => Machine<unknown>] => [
      scheme,
      (own) => frostKeygenMachine(scheme, setup(me), own),
    ]),
  ];
  it.each(makers)("is copied when the machine is made, so that its owner may erase it at once (%s)", (_, make) => {
    const own = bytesFrom("own");
    const machine = make(own);
    own.fill(0);
    expect(sent(machine)).toBe(sent(make(bytesFrom("own"))));
    expect(sent(make())).not.toBe(sent(make(bytesFrom("own"))));
  });
  it.each(makers)("has 32 bytes (%s)", (_, make) => {
    // A secret of 32 zeros was erased before it was given.
    for (const length of [0, 31, 32, 33])
      expect(() => make(new Uint8Array(length))).toThrowError(expect.objectContaining({ code: "mpc/bad-setup" }));
  });
});

describe("a run that is restored", () => {
  // This share cannot be opened, so a machine that opens it throws.
  const damaged = <S extends { readonly secret: Uint8Array }>(share: S): S => ({ ...share, secret: new Uint8Array(32).fill(255) });

  it("opens no share again: what it deals stands in the stored round", () => {
    const about = { members: membersOf(parties), nonce: nonceFrom("erasure", parties), epochNumber: 1 };
    const share = makeKey([1, 2], 2, "erasure").get(me) as KeyShare;
    const machine = refreshMachine({ ...about, share });
    machine.start(bytesFrom("entropy"));
    expect(() => refreshMachine({ ...about, share: damaged(share) })).toThrowError(
      expect.objectContaining({ code: "mpc/bad-share-record" }),
    );
    expect(restoreRefresh({ ...about, share: damaged(share) }, machine.snapshot()).sid).toEqual(machine.sid);
    for (const scheme of schemes) {
      const mine = makeFrostKey(scheme, [1, 2], 2, "erasure").get(me) as FrostKeyShare;
      const first = frostRefreshMachine({ ...about, share: mine });
      first.start(bytesFrom("entropy"));
      expect(restoreFrostRefresh({ ...about, share: damaged(mine) }, first.snapshot()).sid).toEqual(first.sid);
    }
  });
});

// Machines may be cloned with the state of their random generators (dkls23-spec 0.6): a stored
// round is resumed twice, or two parties were started from one image. Against other inputs nothing
// is drawn again. Two proofs with one nonce would give a dealer's polynomial to a party that holds
// t - 1 of its values. Two reversals with one choice would give the whole of Delta, and with it the
// key.

import { describe, expect, it } from "vitest";
import * as keygen from "../src/dkg/index.ts";
import type { PairCross } from "../src/dkls23/pairing.ts";
import * as renew from "../src/dkls23/renew/index.ts";
import { check, openQuorum, round2 as signRound2 } from "../src/dkls23/sign/index.ts";
import { round1 as signRound1 } from "../src/dkls23/sign/round1.ts";
import { suite } from "../src/dkls23/suite.ts";
import { toBytes } from "../src/kernel/scalar.ts";
import { collect, Once, type ShareIndex, type Step } from "../src/protocol/index.ts";
import { keygenSetup } from "./frost/cast.ts";
import { type Renewal, renewalSetup } from "./renewed.ts";
import { be32, int, q, TH, THs, u8, u16 } from "./second.ts";
import { bytesFrom, hex, idx, makeKey, nonceFrom } from "./simulation.ts";
import { dkgSuites } from "./suites.ts";

const [me, peer] = [idx(1), idx(2)];
const setup = (self: ShareIndex) => keygenSetup([me, peer], 2, self, "forks");
const contextOf = (self: ShareIndex) => keygen.keygenContext(suite, setup(self));
const only = <M>(from: ShareIndex, { send }: Step<object, M>) => collect([from], [[from, [...send.values()][0] as M]]);

/** Gives R of the proof of knowledge, in two rounds 2 from one round 1 and one entropy. */
function proofs(run: (peerEntropy: Uint8Array) => Step<object, { readonly pok: Uint8Array }>): string[] {
  return ["one", "other"].map((fork) => hex(run(bytesFrom(fork)).send.get(peer)?.pok.subarray(0, 32) as Uint8Array));
}

describe("a key generation that was forked after its first round", () => {
  it.each(dkgSuites)("proves with another nonce to other peers ($scheme)", (of) => {
    const [one, other] = proofs((entropy) => {
      const context = (self: ShareIndex) => keygen.keygenContext(of, setup(self));
      const [mine, theirs] = [keygen.round1(context(me), {}, bytesFrom("mine")), keygen.round1(context(peer), {}, entropy)];
      return keygen.round2(mine.next, only(peer, theirs), bytesFrom("repeated"));
    });
    expect(one).not.toBe(other);
  });

  it("draws no choice, zero seed or proof again for another base-OT list under the same commitment (DKLs23)", () => {
    // Of the pair {1, 2} party 1 sends, so party 2's list is what the commitments do not cover.
    const honest = keygen.round1(contextOf(peer), {}, bytesFrom("theirs")).send.get(me) as keygen.Round1Message;
    const another = keygen.round1(contextOf(peer), {}, bytesFrom("another")).send.get(me) as keygen.Round1Message;
    const [one, other] = [honest.list, another.list].map((list) => {
      const mine = keygen.round1(contextOf(me), {}, bytesFrom("mine"));
      const step = keygen.round2(mine.next, collect([peer], [[peer, { ...honest, list }]]), bytesFrom("repeated"));
      const state = step.next.take();
      const pair = state.pairs.get(peer) as PairCross;
      expect(pair.role).toBe("S");
      return [pair.send.delta, state.zs.get(peer), state.pok.subarray(0, 64)].map((drawn) => hex(drawn as Uint8Array));
    }) as [string[], string[]];
    for (const [k, drawn] of one.entries()) expect(drawn).not.toBe(other[k]);
  });
});

it("a renewal that was forked after its first round draws no choice and no zero seed again for another base-OT list", () => {
  const shares = makeKey([1, 2], 2, "forks");
  const renewal: Renewal = { ends: [1, 2], generation: 1, seed: "forks" };
  const first = (self: ShareIndex, entropy: string) => {
    const { secret } = shares.get(self) as NonNullable<ReturnType<typeof shares.get>>;
    return renew.round1(renew.renewalContext(renewalSetup(shares, self, renewal)), secret, bytesFrom(entropy));
  };
  const [honest, another] = ["theirs", "another"].map((entropy) => first(peer, entropy).send.get(me) as renew.Round1Message);
  const [one, other] = [honest, another].map((message) => {
    const inbox = collect([peer], [[peer, { ...(honest as renew.Round1Message), list: (message as renew.Round1Message).list }]]);
    const { cross, zs } = renew.round2(first(me, "mine").next, inbox, bytesFrom("repeated")).next.take();
    expect(cross.role).toBe("S");
    return [cross.send.delta, zs].map(hex);
  }) as [string[], string[]];
  for (const [k, drawn] of one.entries()) expect(drawn).not.toBe(other[k]);
});

it("a signature that was forked after its first round multiplies with another a^ for other peers", () => {
  const shares = makeKey([1, 2], 2, "forks");
  const about = { signers: [me, peer], tweak: new Uint8Array(32), nonce: nonceFrom("forks", [me, peer]), burned: [] };
  const quorum = (self: ShareIndex) =>
    openQuorum({ ...about, share: shares.get(self) as NonNullable<ReturnType<typeof shares.get>> }, bytesFrom("m"));
  const drawn = ["one", "other"].map((fork) => {
    const [mine, theirs] = [signRound1(quorum(me), bytesFrom("mine")), signRound1(quorum(peer), bytesFrom(fork))];
    const { next, send } = signRound2(check(mine.next, only(peer, theirs)).next, bytesFrom("repeated"));
    const { runs } = next.take();
    const { item, h1, r, sk } = runs[0] as (typeof runs)[number];
    const [message] = send.get(peer) ?? [];
    const { at, eta } = message as { at: Uint8Array; eta: Uint8Array };
    const rv = TH("sign/rvole", item.ssid, u16(peer), u16(me), h1);
    const [theta0, theta1] = [0, 1].map((i) => THs("rvole/theta", rv, TH("rvole/at", rv, at), u8(i))) as [bigint, bigint];
    const [nonce, key] = [r, sk].map((x) => int(toBytes(x))) as [bigint, bigint];
    return hex(be32((((int(eta) - theta0 * nonce - theta1 * key) % q) + q) % q));
  });
  expect(drawn[0]).not.toBe(drawn[1]);
});

describe("parties whose random generators have one state", () => {
  const same = bytesFrom("one image, started twice");

  it.each([
    ["with secrets of their own", (self: ShareIndex) => ({ own: bytesFrom(`own/${self}`) })],
    ["without, by their indices", () => ({})],
  ])("draw different polynomials, openings and proofs, %s", (_, secrets) => {
    for (const of of dkgSuites) {
      const [a, b] = [me, peer].map((self) => keygen.round1(keygen.keygenContext(of, setup(self)), secrets(self), same)) as [
        ReturnType<typeof keygen.round1>,
        ReturnType<typeof keygen.round1>,
      ];
      const [mine, theirs] = [keygen.round2(a.next, only(peer, b), same), keygen.round2(b.next, only(me, a), same)];
      const [x, y] = [mine.next.take(), theirs.next.take()];
      for (const name of ["f", "cc", "rho", "pok"] as const) expect(hex(x[name])).not.toBe(hex(y[name]));
    }
  });

  it("as copies of one party, told apart by the secret of its identity alone, draw different polynomials", () => {
    const [a, b] = ["here", "there"].map((name) => keygen.round1(contextOf(me), { own: bytesFrom(name) }, same).next.take());
    expect(hex(a?.f as Uint8Array)).not.toBe(hex(b?.f as Uint8Array));
  });
});

describe("two dealers with one polynomial are refused by everybody, both named", () => {
  const parties = [1, 2, 3].map(idx);
  const others = (self: ShareIndex) => parties.filter((j) => j !== self);
  const refusal = expect.objectContaining({ code: "mpc/equal-dealers", culprits: [2, 3], consequence: "retry" });
  /** Gives what all others sent to `self`. */
  const inboxOf = <M>(self: ShareIndex, steps: ReadonlyMap<ShareIndex, Step<object, M>>) =>
    collect(
      others(self),
      others(self).map((from) => [from, steps.get(from)?.send.get(self) as M] as const),
    );

  it.each(dkgSuites)("$scheme", (of) => {
    const context = (self: ShareIndex) => keygen.keygenContext(of, keygenSetup(parties, 2, self, "equal"));
    const drawn = keygen.round1(context(idx(2)), {}, bytesFrom("2")).next.take();
    const first = new Map(
      parties.map((self) => {
        const step = keygen.round1(context(self), {}, bytesFrom(`${self}`));
        if (self !== 3) return [self, step];
        const { coefficients, f } = drawn;
        const state = { ...step.next.take(), coefficients: coefficients.map((a) => a.slice()), f };
        const com = keygen.commitment(state.context, self, state);
        const send = new Map([...step.send].map(([to, message]) => [to, { ...message, com }]));
        return [self, { next: new Once({ ...state, com }, []), send }];
      }),
    );
    const second = new Map(
      [...first].map(([self, { next }]) => [self, keygen.round2(next, inboxOf(self, first), bytesFrom(`2/${self}`))] as const),
    );
    for (const [self, { next }] of second) expect(() => keygen.round3(next, inboxOf(self, second))).toThrowError(refusal);
  });
});

// Machines that are cloned with the state of their random generators (dkls23-spec 0.6): a stored round that is resumed twice, and two parties that
// were started from one image. Against other inputs nothing is drawn again. Two proofs with one nonce would give a dealer's polynomial to whoever
// holds t - 1 of its values; two reversals with one choice would give the whole of Delta, and with it the key.
import { describe, expect, it } from "vitest";
import * as dkls23 from "../src/dkls23/keygen/index.ts";
import { commitment } from "../src/dkls23/keygen/round1.ts";
import { check, openQuorum, round2 as signRound2 } from "../src/dkls23/sign/index.ts";
import { round1 as signRound1 } from "../src/dkls23/sign/round1.ts";
import * as frost from "../src/frost/keygen/index.ts";
import { commitment as frostCommitment } from "../src/frost/keygen/round1.ts";
import { toBytes } from "../src/kernel/scalar.ts";
import { collect, Once, type ShareIndex, type Step } from "../src/protocol/index.ts";
import { keygenSetup, schemes } from "./frost/cast.ts";
import { be32, int, q, TH, THs, u8, u16 } from "./second.ts";
import { bytesFrom, hex, idx, makeKey, nonceFrom } from "./simulation.ts";

const [me, peer] = [idx(1), idx(2)];
const setup = (self: ShareIndex) => keygenSetup([me, peer], 2, self, "forks");
const contextOf = (self: ShareIndex) => dkls23.keygenContext(setup(self));
const only = <M>(from: ShareIndex, { send }: Step<object, M>) => collect([from], [[from, [...send.values()][0] as M]]);

/** R of the proof of knowledge, in two rounds 2 from one round 1 and one entropy. */
function proofs(run: (peerEntropy: Uint8Array) => Step<object, { readonly pok: Uint8Array }>): string[] {
  return ["one", "other"].map((fork) => hex(run(bytesFrom(fork)).send.get(peer)?.pok.subarray(0, 32) as Uint8Array));
}

describe("a key generation that was forked after its first round", () => {
  it("proves with another nonce to other peers (DKLs23)", () => {
    const [one, other] = proofs((entropy) => {
      const [mine, theirs] = [dkls23.round1(contextOf(me), {}, bytesFrom("mine")), dkls23.round1(contextOf(peer), {}, entropy)];
      return dkls23.round2(mine.next, only(peer, theirs), bytesFrom("repeated"));
    });
    expect(one).not.toBe(other);
  });

  it("draws no choice, zero seed or proof again for another base-OT list under the same commitment (DKLs23)", () => {
    // Of the pair {1, 2} party 1 sends, so party 2's list is what the commitments do not cover.
    const honest = dkls23.round1(contextOf(peer), {}, bytesFrom("theirs")).send.get(me) as dkls23.Round1Message;
    const another = dkls23.round1(contextOf(peer), {}, bytesFrom("another")).send.get(me) as dkls23.Round1Message;
    const [one, other] = [honest.list, another.list].map((list) => {
      const mine = dkls23.round1(contextOf(me), {}, bytesFrom("mine"));
      const step = dkls23.round2(mine.next, collect([peer], [[peer, { ...honest, list }]]), bytesFrom("repeated"));
      const state = step.next.take();
      const pair = state.pairs.get(peer);
      expect(pair?.role).toBe("S");
      return [pair?.send.delta, state.zs.get(peer), state.pok.subarray(0, 64)].map((drawn) => hex(drawn as Uint8Array));
    }) as [string[], string[]];
    for (const [k, drawn] of one.entries()) expect(drawn).not.toBe(other[k]);
  });

  for (const scheme of schemes)
    it(`proves with another nonce to other peers (${scheme})`, () => {
      const [one, other] = proofs((entropy) => {
        const context = (self: ShareIndex) => frost.keygenContext(scheme, setup(self));
        const mine = frost.round1(context(me), {}, bytesFrom("mine"));
        const theirs = frost.round1(context(peer), {}, entropy);
        return frost.round2(mine.next, only(peer, theirs), bytesFrom("repeated"));
      });
      expect(one).not.toBe(other);
    });
});

it("a signature that was forked after its first round multiplies with another a^ for other peers", () => {
  const shares = makeKey([1, 2], 2, "forks");
  const about = { signers: [me, peer], tweak: new Uint8Array(32), nonce: nonceFrom("forks", [me, peer]), burned: [] };
  const quorum = (self: ShareIndex) =>
    openQuorum({ ...about, share: shares.get(self) as NonNullable<ReturnType<typeof shares.get>> }, bytesFrom("m"));
  const drawn = ["one", "other"].map((fork) => {
    const [mine, theirs] = [signRound1(quorum(me), bytesFrom("mine")), signRound1(quorum(peer), bytesFrom(fork))];
    const { next, send } = signRound2(check(mine.next, only(peer, theirs)).next, bytesFrom("repeated"));
    const { h1, r, sk, quorum: of } = next.take();
    const { at, eta } = send.get(peer) as { at: Uint8Array; eta: Uint8Array };
    const rv = TH("sign/rvole", of.ssid, u16(peer), u16(me), h1);
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
    const [a, b] = [me, peer].map((self) => dkls23.round1(contextOf(self), secrets(self), same)) as [
      ReturnType<typeof dkls23.round1>,
      ReturnType<typeof dkls23.round1>,
    ];
    const [mine, theirs] = [dkls23.round2(a.next, only(peer, b), same), dkls23.round2(b.next, only(me, a), same)];
    const [x, y] = [mine.next.take(), theirs.next.take()];
    for (const name of ["f", "cc", "rho", "pok"] as const) expect(hex(x[name])).not.toBe(hex(y[name]));
    for (const scheme of schemes) {
      const context = (self: ShareIndex) => frost.keygenContext(scheme, setup(self));
      const [c, d] = [me, peer].map((self) => frost.round1(context(self), secrets(self), same).next.take());
      for (const name of ["f", "cc", "rho"] as const) expect(hex(c?.[name] as Uint8Array)).not.toBe(hex(d?.[name] as Uint8Array));
    }
  });

  it("as copies of one party, told apart by the secret of its identity alone, draw different polynomials", () => {
    const [a, b] = ["here", "there"].map((name) => dkls23.round1(contextOf(me), { own: bytesFrom(name) }, same).next.take());
    expect(hex(a?.f as Uint8Array)).not.toBe(hex(b?.f as Uint8Array));
  });
});

describe("two dealers with one polynomial are refused by everybody, both named", () => {
  const parties = [1, 2, 3].map(idx);
  const others = (self: ShareIndex) => parties.filter((j) => j !== self);
  const refusal = expect.objectContaining({ code: "mpc/equal-dealers", culprits: [2, 3], consequence: "retry" });
  /** What everybody sent to `self`. */
  const inboxOf = <M>(self: ShareIndex, steps: ReadonlyMap<ShareIndex, Step<object, M>>) =>
    collect(
      others(self),
      others(self).map((from) => [from, steps.get(from)?.send.get(self) as M] as const),
    );

  it("DKLs23", () => {
    const context = (self: ShareIndex) => dkls23.keygenContext(keygenSetup(parties, 2, self, "equal"));
    const drawn = dkls23.round1(context(idx(2)), {}, bytesFrom("2")).next.take();
    const first = new Map(
      parties.map((self) => {
        const step = dkls23.round1(context(self), {}, bytesFrom(`${self}`));
        if (self !== 3) return [self, step];
        const { coefficients, f } = drawn;
        const state = { ...step.next.take(), coefficients: coefficients.map((a) => a.slice()), f };
        const com = commitment(state.context.sid, self, f, state.cc, state.rho);
        const send = new Map([...step.send].map(([to, message]) => [to, { ...message, com }]));
        return [self, { next: new Once({ ...state, com }, []), send }];
      }),
    );
    const second = new Map(
      [...first].map(([self, { next }]) => [self, dkls23.round2(next, inboxOf(self, first), bytesFrom(`2/${self}`))] as const),
    );
    for (const [self, { next }] of second) expect(() => dkls23.round3(next, inboxOf(self, second))).toThrowError(refusal);
  });

  it.each(schemes)("%s", (scheme) => {
    const context = (self: ShareIndex) => frost.keygenContext(scheme, keygenSetup(parties, 2, self, "equal"));
    const drawn = frost.round1(context(idx(2)), {}, bytesFrom("2")).next.take();
    const first = new Map(
      parties.map((self) => {
        const step = frost.round1(context(self), {}, bytesFrom(`${self}`));
        if (self !== 3) return [self, step];
        const state = { ...step.next.take(), coefficients: drawn.coefficients.map((a) => a.slice()), f: drawn.f };
        const com = frostCommitment(state.context.sid, self, drawn.f, state.cc, state.rho);
        return [self, { next: new Once({ ...state, com }, []), send: new Map(others(self).map((to) => [to, { com }])) }];
      }),
    );
    const second = new Map(
      [...first].map(([self, { next }]) => [self, frost.round2(next, inboxOf(self, first), bytesFrom(`2/${self}`))] as const),
    );
    for (const [self, { next }] of second) expect(() => frost.round3(next, inboxOf(self, second))).toThrowError(refusal);
  });
});

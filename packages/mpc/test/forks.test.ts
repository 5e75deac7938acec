// A stored round that is resumed twice, by a cloned machine whose random generator repeats itself too (dkls23-spec 0.6): against other
// messages of the peers nothing is drawn again. Two proofs with one nonce would give a dealer's polynomial to whoever holds t - 1 of its values.
import { describe, expect, it } from "vitest";
import { keygenContext, round1, round2 } from "../src/dkls23/keygen/index.ts";
import * as frostKeygen from "../src/frost/keygen/index.ts";
import { collect, type ShareIndex, type Step } from "../src/protocol/index.ts";
import { keygenSetup, schemes } from "./frost/cast.ts";
import { bytesFrom, hex, idx } from "./simulation.ts";

const [me, peer] = [idx(1), idx(2)];
const setup = (self: ShareIndex) => keygenSetup([me, peer], 2, self, "forks");
const only = <M>(from: ShareIndex, { send }: Step<object, M>) => collect([from], [[from, [...send.values()][0] as M]]);

/** R of the proof of knowledge, in two rounds 2 from one round 1 and one entropy. */
function proofs(run: (peerEntropy: Uint8Array) => Step<object, { readonly pok: Uint8Array }>): string[] {
  return ["one", "other"].map((fork) => hex(run(bytesFrom(fork)).send.get(peer)?.pok.subarray(0, 32) as Uint8Array));
}

describe("a key generation that was forked after its first round", () => {
  it("proves with another nonce to other peers (DKLs23)", () => {
    const [one, other] = proofs((entropy) => {
      const [mine, theirs] = [round1(keygenContext(setup(me)), {}, bytesFrom("mine")), round1(keygenContext(setup(peer)), {}, entropy)];
      return round2(mine.next, only(peer, theirs), bytesFrom("repeated"));
    });
    expect(one).not.toBe(other);
  });

  for (const scheme of schemes)
    it(`proves with another nonce to other peers (${scheme})`, () => {
      const [one, other] = proofs((entropy) => {
        const context = (self: ShareIndex) => frostKeygen.keygenContext(scheme, setup(self));
        const mine = frostKeygen.round1(context(me), {}, bytesFrom("mine"));
        const theirs = frostKeygen.round1(context(peer), {}, entropy);
        return frostKeygen.round2(mine.next, only(peer, theirs), bytesFrom("repeated"));
      });
      expect(one).not.toBe(other);
    });
});

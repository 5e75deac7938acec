// Secrets that have served, or whose run has failed, are overwritten (dkls23-spec 7 "Commit", 12 "Erasure").
import { describe, expect, it } from "vitest";
import type { KeyShare } from "../src/dkls23/index.ts";
import { finish, keygenContext, type Round3Message, round1, round2, round3 } from "../src/dkls23/keygen/index.ts";
import { check, openQuorum, round2 as signRound2 } from "../src/dkls23/sign/index.ts";
import { round1 as signRound1 } from "../src/dkls23/sign/round1.ts";
import * as frostKeygen from "../src/frost/keygen/index.ts";
import { Tape } from "../src/kernel/random.ts";
import { collect, Once, type ShareIndex, type Step } from "../src/protocol/index.ts";
import { keygenSetup, schemes } from "./frost/cast.ts";
import { bytesFrom, idx, makeKey, nonceFrom } from "./simulation.ts";

const [me, peer] = [idx(1), idx(2)];
const setup = (self: ShareIndex) => keygenSetup([me, peer], 2, self, "erasure");
/** What `of` sends to the other one, as that one's inbox. */
const inboxOf = <M>(of: ShareIndex, { send }: Step<object, M>) => collect([of], [[of, [...send.values()][0] as M]]);
const blank = (bytes: Uint8Array | Uint32Array | undefined): boolean => (bytes as Uint8Array).every((each) => each === 0);
const code = (expected: string) => expect.objectContaining({ code: expected });
const wrong = <M extends Pick<Round3Message, "h2">>(step: Step<object, M>) =>
  collect([peer], [[peer, { ...([...step.send.values()][0] as M), h2: bytesFrom("another run") }]]);

describe("erasure", () => {
  it("a tape ends with its round", () => {
    const tape = new Tape({ entropy: bytesFrom("entropy"), secret: bytesFrom("secret"), bound: [bytesFrom("sid")], label: "test" });
    tape.erase();
    expect(() => tape.bytes(1)).toThrowError(code("mpc/invariant"));
  });

  const quorums = () => {
    const shares = makeKey([1, 2], 2, "erasure");
    const signing = { signers: [me, peer], tweak: new Uint8Array(32), nonce: nonceFrom("erasure", [me, peer]), burned: [] };
    return [me, peer].map((party) => openQuorum({ ...signing, share: shares.get(party) as KeyShare }, bytesFrom("message")));
  };

  it("signing forgets the share after round 2, passed or failed", () => {
    const [mine, theirs] = quorums().map((quorum, k) => ({ quorum, step: signRound1(quorum, bytesFrom(`round 1/${k}`)) }));
    if (mine === undefined || theirs === undefined) throw new Error("two quorums");
    signRound2(check(mine.step.next, inboxOf(peer, theirs.step)).next, bytesFrom("round 2"));
    expect(blank(mine.quorum.share)).toBe(true);

    const message = { ...([...mine.step.send.values()][0] as { com: Uint8Array; U: Uint8Array; x: Uint8Array; t: Uint8Array }) };
    const state = theirs.step.next.take();
    const [phi, bob] = [state.phi, [...state.bobs.values()][0]];
    const checked = check(new Once(state, []), collect([me], [[me, { ...message, x: bytesFrom("x").slice(0, 16) }]]));
    expect(() => signRound2(checked.next, bytesFrom("round 2"))).toThrowError(code("mpc/ot-check-failed"));
    expect([theirs.quorum.share, phi, bob?.chi, bob?.ot.v].every(blank)).toBe(true);
  });

  it("a key generation that fails in its last step wipes the share and the pairs", () => {
    const [a1, b1] = [me, peer].map((party) => round1(keygenContext(setup(party)), {}, bytesFrom(`1/${party}`)));
    if (a1 === undefined || b1 === undefined) throw new Error("two parties");
    const [a2, b2] = [round2(a1.next, inboxOf(peer, b1), bytesFrom("2/1")), round2(b1.next, inboxOf(me, a1), bytesFrom("2/2"))];
    const [a3, b3] = [round3(a2.next, inboxOf(peer, b2)), round3(b2.next, inboxOf(me, a2))];
    const state = a3.next.take();
    expect(() => finish(new Once(state, []), wrong(b3))).toThrowError(code("mpc/echo-mismatch"));
    const pair = state.pairs.get(peer)?.pair;
    expect([state.secret, pair?.send.delta, pair?.send.seeds, pair?.recv.pairs, pair?.zeroSeed].every(blank)).toBe(true);
  });

  for (const scheme of schemes)
    it(`a key generation that fails in its last step wipes the share (${scheme})`, () => {
      const start = (party: ShareIndex) => frostKeygen.round1(frostKeygen.keygenContext(scheme, setup(party)), {}, bytesFrom(`1/${party}`));
      const [a1, b1] = [start(me), start(peer)];
      const a2 = frostKeygen.round2(a1.next, inboxOf(peer, b1), bytesFrom("2/1"));
      const b2 = frostKeygen.round2(b1.next, inboxOf(me, a1), bytesFrom("2/2"));
      const [a3, b3] = [frostKeygen.round3(a2.next, inboxOf(peer, b2)), frostKeygen.round3(b2.next, inboxOf(me, a2))];
      const state = a3.next.take();
      expect(() => frostKeygen.finish(new Once(state, []), wrong(b3))).toThrowError(code("mpc/echo-mismatch"));
      expect(blank(state.secret)).toBe(true);
    });
});

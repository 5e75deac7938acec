// These lies are consistent: a dealer commits to them, a member tells two others different things,
// and keys are chosen after another's was seen.
import { CovaultError } from "@covault/errors";
import { ed25519 } from "@noble/curves/ed25519.js";
import { describe, expect, it } from "vitest";
import * as keygen from "../../src/dkg/index.ts";
import { type FrostKeyShare, frostRefreshMachine, type Scheme } from "../../src/frost/index.ts";
import { suiteOf } from "../../src/frost/suite/index.ts";
import { collect, Once, type ShareIndex } from "../../src/protocol/index.ts";
import { bytesFrom, errorOf, idx, runSession } from "../simulation.ts";
import { keygenMachines, keygenSetup, makeKey, membersOf, schemes, signMachines } from "./cast.ts";

const victim = idx(1);
const liar = idx(2);
const parties = [victim, liar];

/**
 * Runs a key generation in which the liar's state after round 1 is what `spoil` makes of it, and
 * its round-2 message what `retell` makes of the victim's own.
 */
function generate(
  scheme: Scheme,
  spoil: (state: keygen.Round1State) => Partial<keygen.Round1State>,
  retell: (seen: keygen.Round2Message) => Partial<keygen.Round2Message> = () => ({}),
): CovaultError | undefined {
  const contexts = new Map(parties.map((self) => [self, keygen.keygenContext(suiteOf(scheme), keygenSetup(parties, 2, self, "attacks"))]));
  const [mine, theirs] = parties.map((self) => keygen.round1(contexts.get(self) as keygen.DkgContext, {}, bytesFrom(`a/${self}`)));
  if (mine === undefined || theirs === undefined) throw new Error("two parties");
  const honest = theirs.next.take();
  const state = { ...honest, ...spoil(honest) };
  const com = keygen.commitment(state.context, liar, state);
  const second = keygen.round2(
    mine.next,
    collect([liar], [[liar, { ...(theirs.send.get(victim) as keygen.Round1Message), com }]]),
    bytesFrom("b"),
  );
  const answer = keygen.round2(
    new Once({ ...state, com }, []),
    collect([victim], [[victim, mine.send.get(liar) as keygen.Round1Message]]),
    bytesFrom("c"),
  );
  const message = answer.send.get(victim) as keygen.Round2Message;
  try {
    keygen.round3(second.next, collect([liar], [[liar, { ...message, ...retell(second.send.get(liar) as keygen.Round2Message) }]]));
    return undefined;
  } catch (error) {
    if (error instanceof CovaultError) return error;
    throw error;
  }
}

const verdict = (error: CovaultError | undefined) => [error?.code, error?.culprits, error?.consequence];
const blamed = (code: string) => [code, [liar], "retry"];

describe.each(schemes)("a dealer of %s that commits to its lie", (scheme) => {
  const { group } = suiteOf(scheme);
  const size = group.elementBytes;
  const edwards = scheme === "eddsa-ed25519";
  const nothing: readonly (readonly [string, Uint8Array])[] = [
    ["zeros", new Uint8Array(size)],
    ["the identity", edwards ? Uint8Array.of(1, ...new Uint8Array(31)) : new Uint8Array(33)],
    ["what is not canonical", new Uint8Array(size).fill(255)],
    ["a point off the curve", edwards ? Uint8Array.of(2, ...new Uint8Array(31)) : Uint8Array.of(2, ...new Uint8Array(31), 5)],
    ...(edwards
      ? [
          [
            "a point of small order",
            ed25519.Point.fromHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a").toBytes(),
          ] as const,
        ]
      : []),
  ];
  it("an honest one passes", () => {
    expect(generate(scheme, () => ({}))).toBeUndefined();
  });
  it.each(nothing)("is named for %s as a coefficient", (_, bytes) => {
    for (const at of [0, size])
      expect(
        verdict(
          generate(scheme, ({ f }) => {
            const spoiled = f.slice();
            spoiled.set(bytes, at);
            return { f: spoiled };
          }),
        ),
      ).toEqual(blamed("mpc/bad-message"));
  });
  it("is named for a polynomial that it does not know, constant or not", () => {
    for (const at of [0, size])
      expect(
        verdict(
          generate(scheme, ({ f }) => {
            const spoiled = f.slice();
            spoiled.set(group.publish([group.public(7n)]).wires[0] as Uint8Array, at);
            return { f: spoiled };
          }),
        ),
      ).toEqual(blamed("mpc/bad-proof"));
  });
  it("is named for a share off its polynomial, and for one that is not below the order", () => {
    const other = { share: group.public(7n) };
    expect(
      verdict(
        generate(
          scheme,
          () => ({}),
          () => other,
        ),
      ),
    ).toEqual(blamed("mpc/bad-share"));
    expect(
      verdict(
        generate(
          scheme,
          () => ({}),
          () => ({ share: new Uint8Array(32).fill(255) }),
        ),
      ),
    ).toEqual(blamed("mpc/bad-message"));
  });
  it("cannot pass off another's polynomial and proof as its own: a proof is bound to its dealer", () => {
    const context = keygen.keygenContext(suiteOf(scheme), keygenSetup(parties, 2, victim, "attacks"));
    const { f, cc, rho } = keygen.round1(context, {}, bytesFrom("a/1")).next.take();
    const copied = generate(
      scheme,
      () => ({ f, cc, rho }),
      ({ pok }) => ({ pok }),
    );
    expect(verdict(copied)).toEqual(blamed("mpc/bad-proof"));
  });
});

describe.each(schemes)("a member of %s that tells two others different things", (scheme) => {
  const three = [1, 2, 3].map(idx);
  const split = (round: number, at: number) => (envelope: { round: number; from: ShareIndex; to: ShareIndex }, body: Uint8Array) => {
    if (envelope.round === round && envelope.from === 2 && envelope.to === 3) body[at] = (body[at] as number) ^ 1;
    return body;
  };
  it("in round 1 of a key generation: both notice, nobody is blamed", () => {
    const outcomes = runSession(keygenMachines(scheme, three, 2, "split"), { seed: "split", tamper: split(1, 0) });
    for (const party of [1, 3].map(idx))
      expect([errorOf(outcomes, party)?.code, errorOf(outcomes, party)?.culprits]).toEqual(["mpc/echo-mismatch", []]);
  });
  it("in a signature: no share is judged by commitments that its signer did not see", () => {
    const shares = makeKey(scheme, [1, 2, 3], 3, "split");
    const element = suiteOf(scheme).group.publish([suiteOf(scheme).group.public(9n)]).wires[0] as Uint8Array;
    const outcomes = runSession(signMachines(shares, { signers: three, message: bytesFrom("m"), seed: "split" }), {
      seed: "split",
      tamper: (envelope, body) => {
        if (envelope.round === 1 && envelope.from === 2 && envelope.to === 3) body.set(element);
        return body;
      },
    });
    for (const party of [1, 3].map(idx))
      expect([errorOf(outcomes, party)?.code, errorOf(outcomes, party)?.culprits]).toEqual(["mpc/echo-mismatch", []]);
  });
});

describe.each(schemes)("a refresh of %s", (scheme) => {
  it("names a dealer that holds another chain code", () => {
    const three = [1, 2, 3].map(idx);
    const old = makeKey(scheme, [1, 2, 3], 2, "chain");
    const setup = (self: ShareIndex) => ({
      share: old.get(self) as FrostKeyShare,
      members: membersOf(three),
      nonce: bytesFrom("chain"),
      epochNumber: 1,
    });
    const machines = new Map(three.map((self) => [self, frostRefreshMachine(setup(self))]));
    const contextBound = new Set([...machines.values()].map(({ sid }) => Buffer.from(sid).toString("hex")));
    expect(contextBound.size).toBe(1);
    const { share } = setup(liar);
    const other = { ...share.record, chain: bytesFrom("another chain") };
    // The record's key id no longer fits, so the liar cannot even begin.
    expect(() => frostRefreshMachine({ ...setup(liar), share: { ...share, record: other } })).toThrow(
      expect.objectContaining({ code: "mpc/bad-setup" }),
    );
  });
});

// No honest party makes these contexts, states, messages, keys and successions, for every suite.
// The tests show what each check refuses, taken by itself.
import { beforeAll, describe, expect, it } from "vitest";
import { checkContext } from "../src/dkg/context.ts";
import * as keygen from "../src/dkg/index.ts";
import type { Element, Scalar } from "../src/group/group.ts";
import { evaluate } from "../src/group/shamir.ts";
import { keyIdOf } from "../src/protocol/encoding/names.ts";
import { collect, Once, type ShareIndex } from "../src/protocol/index.ts";
import { checkPredecessor, dealtConstant, releaseShare, type Succession, successionContext } from "../src/succession/index.ts";
import { keygenSetup, membersOf } from "./frost/cast.ts";
import { bytesFrom, idx } from "./simulation.ts";
import { dkgSuites, familyOf, makeKeyOf } from "./suites.ts";

const parties = [1, 2].map(idx);
const [mine, theirs] = [idx(1), idx(2)];
const refused = (act: () => unknown, code: string, message = ""): void =>
  expect(act).toThrowError(expect.objectContaining({ code, message: expect.stringContaining(message) }));
const inbox = <M>(from: ShareIndex, message: M | undefined) => collect([from], [[from, message as M]]);

describe.each(dkgSuites)("$scheme", (suite) => {
  const { group } = suite;
  const family = familyOf(suite);
  const outOfRange = new Uint8Array(32).fill(255);
  const noElement = new Uint8Array(group.elementBytes).fill(255);
  const encoded = (k: Scalar): Uint8Array => group.encode([group.mulBase(k)])[0] as Uint8Array;
  const scalarOf = (name: string): Scalar => group.reduce(Uint8Array.of(...bytesFrom(name), ...bytesFrom(`${name}/2`)));
  const contextOf = (self: ShareIndex): keygen.DkgContext => keygen.keygenContext(suite, keygenSetup(parties, 2, self, "by check"));
  const constantOf = (self: ShareIndex): Scalar => scalarOf(`constant/${self}`);
  const prescribed = {
    publicKey: encoded(scalarOf("another key")),
    chain: bytesFrom("chain"),
    constants: new Map(parties.map((j) => [j, encoded(constantOf(j))])),
  };
  const refreshing = (self: ShareIndex): keygen.DkgContext => ({ ...contextOf(self), kind: "refresh", prescribed });

  describe("a context", () => {
    const changes: Record<string, Partial<keygen.DkgContext>> = {
      "no dealers": { dealers: [] },
      "a receiver that is no member": { members: [1, 2, 3].map(idx), dealers: parties, receivers: [1, 2, 4].map(idx), threshold: 2 },
      "a keygen of a prescribed key": { prescribed },
      "a refresh of no key": { kind: "refresh" },
      "a dealer without a constant": { kind: "refresh", prescribed: { ...prescribed, constants: new Map() } },
      "a threshold of one": { threshold: 1 },
      "somebody who is no member": { self: idx(5) },
    };
    for (const [name, change] of Object.entries(changes))
      it(`refuses ${name}, and round 1 does not run in it`, () => {
        const context = { ...contextOf(mine), ...change };
        refused(() => checkContext(context), "mpc/bad-setup");
        const constant = context.prescribed === undefined ? undefined : constantOf(mine);
        refused(() => keygen.round1(context, { constant }, bytesFrom("entropy")), "mpc/bad-setup");
      });

    it("asks the constant of a dealer of a prescribed key, and of nobody else", () => {
      refused(() => keygen.round1(contextOf(mine), { constant: constantOf(mine) }, bytesFrom("entropy")), "mpc/bad-setup");
      refused(() => keygen.round1(refreshing(mine), {}, bytesFrom("entropy")), "mpc/bad-setup");
    });
  });

  describe("a key generation", () => {
    /** Gives both parties after round 2 in the given contexts. */
    function opened(contexts: (self: ShareIndex) => keygen.DkgContext, constants: (self: ShareIndex) => Uint8Array | undefined) {
      const [a, b] = parties.map((self) => keygen.round1(contexts(self), { constant: constants(self) }, bytesFrom(`${self}/1`))) as [
        ReturnType<typeof keygen.round1>,
        ReturnType<typeof keygen.round1>,
      ];
      const a2 = keygen.round2(a.next, inbox(theirs, b.send.get(mine)), bytesFrom("1/2"));
      const b2 = keygen.round2(b.next, inbox(mine, a.send.get(theirs)), bytesFrom("2/2"));
      return { state: a2.next.take(), message: b2.send.get(mine) as keygen.Round2Message };
    }
    const none = () => undefined;

    it("does not deal a constant that is no scalar, or zero", () => {
      for (const constant of [outOfRange, new Uint8Array(32)])
        refused(() => keygen.round1(refreshing(mine), { constant }, bytesFrom("e")), "mpc/bad-share-record");
    });

    it("blames a dealer whose proof has a scalar that is not below the order", () => {
      const { state, message } = opened(contextOf, none);
      const pok = Uint8Array.of(...message.pok.subarray(0, group.wireBytes), ...outOfRange);
      const act = () => keygen.round3(new Once(state, []), inbox(theirs, { ...message, pok }));
      expect(act).toThrowError(expect.objectContaining({ code: "mpc/bad-proof", culprits: [theirs] }));
    });

    it("blames a dealer that commits to another chain code", () => {
      const other = { ...prescribed, chain: bytesFrom("another chain") };
      const contexts = (self: ShareIndex) => (self === mine ? refreshing(self) : { ...refreshing(self), prescribed: other });
      const { state, message } = opened(contexts, constantOf);
      const act = () => keygen.round3(new Once(state, []), inbox(theirs, message));
      expect(act).toThrowError(expect.objectContaining({ code: "mpc/dealer-mismatch", culprits: [theirs] }));
    });

    it("stops at a joint key that is the identity", () => {
      const honest = keygen.round1(contextOf(mine), {}, bytesFrom("1/1"));
      const known = keygen.round1(contextOf(mine), {}, bytesFrom("1/1")).next.take();
      const drawn = keygen.round1(contextOf(theirs), {}, bytesFrom("2/1"));
      const state = drawn.next.take();
      const coefficients = [group.negate(known.coefficients[0] as Scalar), state.coefficients[1] as Scalar];
      const f = Uint8Array.from(group.publish(coefficients).wires.flatMap((wire) => [...wire]));
      const com = keygen.commitment(state.context, theirs, { ...state, f });
      const cancelling = new Once({ ...state, coefficients, f, com }, []);
      const lied = { ...(drawn.send.get(mine) as keygen.Round1Message), com };
      const a2 = keygen.round2(honest.next, inbox(theirs, lied), bytesFrom("1/2"));
      const b2 = keygen.round2(cancelling, inbox(mine, honest.send.get(theirs)), bytesFrom("2/2"));
      refused(() => keygen.round3(a2.next, inbox(theirs, b2.send.get(mine))), "mpc/degenerate", "joint key");
    });

    it("stops at constants that do not sum to the prescribed key, and at a share of my own that does not fit", () => {
      const refreshed = opened(refreshing, constantOf);
      refused(() => keygen.round3(new Once(refreshed.state, []), inbox(theirs, refreshed.message)), "mpc/invariant", "constants");
      const { state, message } = opened(contextOf, none);
      const damaged = new Once({ ...state, ownShare: scalarOf("damaged") }, []);
      refused(() => keygen.round3(damaged, inbox(theirs, message)), "mpc/invariant", "My share");
    });

    it("never gives a receiver nothing", () => {
      refused(() => keygen.withShare({ generation: {} as never, share: undefined }), "mpc/invariant");
    });
  });

  describe("a key whose shares are dealt anew", () => {
    const holders = [1, 2, 3].map(idx);
    let shares: ReadonlyMap<ShareIndex, keygen.Share>;
    beforeAll(() => {
      shares = makeKeyOf(suite, holders, 2, "by check");
    });
    const shareOf = (party: ShareIndex): keygen.Share => shares.get(party) as keygen.Share;
    const setup = (key: keygen.Predecessor, change: Partial<Succession> = {}): Succession => ({
      ...{ kind: "reshare", mine: { self: idx(9), key }, members: membersOf([...holders, idx(9)]), dealers: holders },
      ...{ receivers: [...holders, idx(9)], threshold: 2, nonce: bytesFrom("n"), epochNumber: 1, ...change },
    });
    const withKey = (key: keygen.Predecessor, publicKey: Uint8Array): keygen.Predecessor => ({
      ...key,
      publicKey,
      keyId: keyIdOf(suite.scheme, publicKey, key.chain),
    });
    const withShare = (key: keygen.Predecessor, of: number, publicShare: Uint8Array): keygen.Predecessor => ({
      ...key,
      holders: key.holders.map((holder) => (holder.index === of ? { ...holder, publicShare } : holder)),
    });
    // Gives a key of the form that the scheme wants.
    const other = (): Uint8Array => {
      const key = encoded(scalarOf("another"));
      return suite.wantsOpposite(key) ? (group.encode([group.opposite(group.decode(key) as Element)])[0] as Uint8Array) : key;
    };
    // The polynomial has degree zero, so every holder has the key itself.
    const flat = (key: keygen.Predecessor): keygen.Predecessor => {
      const holding = holders.map((index) => ({ index, publicShare: encoded(evaluate(group, [scalarOf("flat")], index)) }));
      return withKey({ ...key, threshold: 1, holders: holding }, encoded(scalarOf("flat")));
    };
    const changes: Record<string, (key: keygen.Predecessor) => keygen.Predecessor> = {
      "its threshold is no integer": (key) => ({ ...key, threshold: 2.5 }),
      "its threshold is one": flat,
      "its threshold is above its holders": (key) => ({ ...key, threshold: 4 }),
      "its id is another key's": (key) => ({ ...key, keyId: bytesFrom("id") }),
      "its epoch has another length": (key) => ({ ...key, epoch: new Uint8Array(31) }),
      "its public key is no element": (key) => withKey(key, noElement),
      "a public share is no element": (key) => withShare(key, 2, noElement),
      "its public key is not that of its public shares": (key) => withKey(key, other()),
      "a public share beyond the first t is off the polynomial": (key) => withShare(key, 3, other()),
    };
    for (const [name, change] of Object.entries(changes))
      it(`is refused if ${name}`, () => {
        const { record } = shareOf(mine);
        expect([...checkPredecessor(suite, record).keys()]).toEqual(holders);
        expect(successionContext(family, setup(record)).kind).toBe("reshare");
        const message = name.includes("above") ? "expected a threshold" : "";
        refused(() => successionContext(family, setup(family.readKey(change(record), "key"))), "mpc/bad-setup", message);
      });

    it("keeps its holders and its threshold in a refresh", () => {
      const { record } = shareOf(mine);
      const refresh = { kind: "refresh", mine: shareOf(mine), members: membersOf(holders), receivers: holders } as const;
      expect(successionContext(family, setup(record, refresh)).kind).toBe("refresh");
      refused(() => successionContext(family, setup(record, { ...refresh, threshold: 3 })), "mpc/bad-setup");
      refused(() => successionContext(family, setup(record, { ...refresh, receivers: holders.slice(0, 2) })), "mpc/bad-setup");
    });

    it("is not dealt or released from a share that is none, damaged, or of nobody who holds one", () => {
      const act = (broken: keygen.Share, message: string): void => {
        refused(() => dealtConstant(family, setup(broken.record, { mine: broken })), "mpc/bad-share-record", message);
        refused(() => releaseShare(family, broken, { endThresholdProtection: true }), "mpc/bad-share-record", message);
      };
      act({ ...shareOf(mine), secret: outOfRange }, "no scalar of its suite");
      act({ ...shareOf(mine), secret: new Uint8Array(32) }, "no scalar of its suite");
      act({ ...shareOf(mine), secret: scalarOf("damaged") }, "not that of its public share");
      act({ ...shareOf(mine), secret: shareOf(theirs).secret }, "not that of its public share");
      const stranger = { ...shareOf(mine), record: { ...shareOf(mine).record, self: idx(9) } };
      refused(
        () => releaseShare(family, stranger, { endThresholdProtection: true }),
        "mpc/bad-share-record",
        "not that of its public share",
      );
    });
  });
});

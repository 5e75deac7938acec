// Contexts, states, records and keys of FROST that no honest party makes: what each check refuses, taken by itself.
import { describe, expect, it } from "vitest";
import { readFrostKey } from "../../src/frost/encoding/inputs.ts";
import { publicShareOf, recordBytes } from "../../src/frost/encoding/key-share.ts";
import {
  decodeFrostRecord,
  encodeFrostRecord,
  epochOf,
  type FrostKeyRecord,
  type FrostKeyShare,
  type FrostPredecessor,
  frostSignMachine,
  keyIdOf,
  releaseFrostShare,
} from "../../src/frost/index.ts";
import * as keygen from "../../src/frost/keygen/index.ts";
import { evaluate, lagrange } from "../../src/frost/shamir.ts";
import { effectiveKey } from "../../src/frost/sign/index.ts";
import { dealtConstant, type Succession, successionContext } from "../../src/frost/succession/index.ts";
import { type Scalar, suiteOf, suiteOfCode } from "../../src/frost/suite/index.ts";
import { collect, type Machine, Once, type ShareIndex } from "../../src/protocol/index.ts";
import { bytesFrom, errorOf, idx, nonceFrom, runSession } from "../simulation.ts";
import { keygenMachines, keygenSetup, makeKey, membersOf, schemes } from "./cast.ts";

const parties = [1, 2].map(idx);
const [mine, theirs] = [idx(1), idx(2)];
const refused = (act: () => unknown, code: string, message = ""): void =>
  expect(act).toThrowError(expect.objectContaining({ code, message: expect.stringContaining(message) }));
const inbox = <M>(from: ShareIndex, message: M | undefined) => collect([from], [[from, message as M]]);

describe.each(schemes)("%s", (scheme) => {
  const suite = suiteOf(scheme);
  const { group } = suite;
  const shares = () => makeKey(scheme, [1, 2, 3], 2, "by check");
  const shareOf = (party: ShareIndex): FrostKeyShare => shares().get(party) as FrostKeyShare;
  const record = (): FrostKeyRecord => shareOf(mine).record;
  const contextOf = (self: ShareIndex) => keygen.keygenContext(scheme, keygenSetup(parties, 2, self, "by check"));
  const outOfRange = new Uint8Array(32).fill(255);
  const noElement = new Uint8Array(group.elementBytes).fill(255);
  const encoded = (k: Scalar): Uint8Array => group.encode([group.mulBase(k)])[0] as Uint8Array;
  const scalarOf = (name: string): Scalar => group.reduce(Uint8Array.of(...bytesFrom(name), ...bytesFrom(`${name}/2`)));

  describe("a stored record is refused if", () => {
    const changes: Record<string, (old: FrostKeyRecord) => FrostKeyRecord> = {
      "its party is no holder": (old) => ({ ...old, self: idx(9) }),
      "its threshold is one": (old) => ({ ...old, threshold: 1 }),
      "its threshold is above its holders": (old) => ({ ...old, threshold: 4 }),
      "its id is another key's": (old) => ({ ...old, keyId: bytesFrom("id"), epoch: epochOf(bytesFrom("id"), old.h2) }),
      "its epoch is another generation's": (old) => ({ ...old, epoch: bytesFrom("epoch") }),
    };
    for (const [name, change] of Object.entries(changes))
      it(name, () => {
        expect(decodeFrostRecord(encodeFrostRecord(record()))).toEqual(record());
        refused(() => decodeFrostRecord(recordBytes(change(record()))), "mpc/bad-share-record");
      });

    it("somebody asks for the share of one who holds none", () => refused(() => publicShareOf(record(), idx(9)), "mpc/bad-setup"));
  });

  describe("a key generation", () => {
    /** Both parties after round 2 in the given contexts. */
    function opened(contexts: (self: ShareIndex) => keygen.FrostDkgContext, constants: (self: ShareIndex) => Uint8Array | undefined) {
      const [a, b] = parties.map((self) => keygen.round1(contexts(self), { constant: constants(self) }, bytesFrom(`${self}/1`))) as [
        ReturnType<typeof keygen.round1>,
        ReturnType<typeof keygen.round1>,
      ];
      const a2 = keygen.round2(a.next, inbox(theirs, b.send.get(mine)), bytesFrom("1/2"));
      const b2 = keygen.round2(b.next, inbox(mine, a.send.get(theirs)), bytesFrom("2/2"));
      return { state: a2.next.take(), message: b2.send.get(mine) as keygen.Round2Message };
    }
    const none = () => undefined;
    const constantOf = (self: ShareIndex): Scalar => scalarOf(`constant/${self}`);
    const prescribed = {
      publicKey: encoded(scalarOf("another key")),
      chain: bytesFrom("chain"),
      constants: new Map(parties.map((j) => [j, encoded(constantOf(j))])),
    };
    const refreshing = (self: ShareIndex): keygen.FrostDkgContext => ({ ...contextOf(self), kind: "refresh", prescribed });

    it("does not run in a context that contradicts itself", () => {
      refused(() => keygen.round1({ ...contextOf(mine), threshold: 1 }, {}, bytesFrom("e")), "mpc/bad-setup");
    });

    it("does not deal a constant that is no scalar, or zero", () => {
      for (const constant of [outOfRange, new Uint8Array(32)])
        refused(() => keygen.round1(refreshing(mine), { constant }, bytesFrom("e")), "mpc/bad-share-record");
    });

    it("blames a dealer whose proof has a scalar that is not below the order", () => {
      const { state, message } = opened(contextOf, none);
      const pok = Uint8Array.of(...message.pok.subarray(0, group.elementBytes), ...outOfRange);
      const act = () => keygen.round3(new Once(state, []), inbox(theirs, { ...message, pok }));
      expect(act).toThrowError(expect.objectContaining({ code: "mpc/bad-proof", culprits: [theirs] }));
    });

    it("blames a dealer that commits to another chain code", () => {
      const other = { ...prescribed, chain: bytesFrom("another chain") };
      const { state, message } = opened(
        (self) => (self === mine ? refreshing(self) : { ...refreshing(self), prescribed: other }),
        constantOf,
      );
      const act = () => keygen.round3(new Once(state, []), inbox(theirs, message));
      expect(act).toThrowError(expect.objectContaining({ code: "mpc/dealer-mismatch", culprits: [theirs] }));
    });

    it("stops at constants that do not sum to the prescribed key, and at a share of my own that does not fit", () => {
      const refreshed = opened(refreshing, constantOf);
      refused(() => keygen.round3(new Once(refreshed.state, []), inbox(theirs, refreshed.message)), "mpc/invariant");
      const { state, message } = opened(contextOf, none);
      refused(() => keygen.round3(new Once({ ...state, ownShare: scalarOf("damaged") }, []), inbox(theirs, message)), "mpc/invariant");
    });

    it("never gives a receiver nothing, and reads no stored round of another number", () => {
      refused(() => keygen.withShare({ generation: {} as never, share: undefined }), "mpc/invariant");
      const machines = keygenMachines(scheme, parties, 2, "by check");
      let sent = new Map<ShareIndex, ReadonlyMap<ShareIndex, Uint8Array>>();
      for (let round = 1; round <= 3; round++) {
        const previous = sent;
        sent = new Map();
        for (const [self, machine] of machines as ReadonlyMap<ShareIndex, Machine<unknown>>) {
          const mail = new Map(machine.peers.map((peer) => [peer, previous.get(peer)?.get(self) as Uint8Array]));
          const turn = round === 1 ? machine.start(bytesFrom("e")) : machine.deliver(mail, bytesFrom("e"));
          if (turn.kind === "exchange") sent.set(self, turn.outbox);
        }
      }
      const stored = machines.get(mine)?.snapshot() as Uint8Array;
      expect(keygen.decodeState(stored).state.round).toBe("dkg/3");
      for (const round of [0, 4]) refused(() => keygen.decodeState(stored.with(1, round)), "mpc/bad-state");
    });
  });

  describe("a signature", () => {
    const machines = (
      seed: string,
      change: (share: FrostKeyShare) => FrostKeyShare = (share) => share,
      tweak: Uint8Array = new Uint8Array(32),
    ) =>
      new Map(
        parties.map((self) => {
          const share = change(shareOf(self));
          return [self, frostSignMachine({ share, signers: parties, message: bytesFrom("m"), tweak, nonce: nonceFrom(seed, parties) })];
        }),
      );

    it("reports a public share that is none when it has to find who lied", () => {
      const broken = (share: FrostKeyShare): FrostKeyShare => ({
        ...share,
        record: { ...share.record, holders: share.record.holders.map(({ index }) => ({ index, publicShare: noElement })) },
      });
      const outcomes = runSession(machines("broken", broken), {
        seed: "broken",
        tamper: ({ round, from }, body) => {
          if (round === 2 && from === theirs) body.set(scalarOf("z"), 32);
          return body;
        },
      });
      expect(errorOf(outcomes, mine)?.code).toBe("mpc/bad-share-record");
    });

    it("tells the owner of a damaged share, when the signature fails, that it is its own, and its partner who", () => {
      const damaged = (share: FrostKeyShare): FrostKeyShare =>
        share.record.self === mine ? { ...share, secret: scalarOf("damaged") } : share;
      const outcomes = runSession(machines("damaged", damaged), { seed: "damaged" });
      expect([errorOf(outcomes, mine)?.code, errorOf(outcomes, mine)?.culprits]).toEqual(["mpc/bad-share-record", []]);
      expect([errorOf(outcomes, theirs)?.code, errorOf(outcomes, theirs)?.culprits]).toEqual(["mpc/bad-partial-signature", [mine]]);
    });

    it("refuses a public key that is none, and the tweak under which the key is the identity", () => {
      refused(() => effectiveKey(suite, noElement, { tweak: new Uint8Array(32), merkleRoot: undefined }), "mpc/bad-share-record");
      const secret = parties
        .map((j) => group.mul(lagrange(group, j, parties), shareOf(j).secret as Scalar))
        .reduce((sum, each) => group.add(sum, each));
      expect(encoded(secret)).toEqual(record().publicKey);
      refused(() => machines("identity", undefined, group.negate(secret)), "mpc/bad-setup", "identity");
    });

    it("refuses a Merkle root of another length, and says which it takes", () => {
      const setup = { share: shareOf(mine), signers: parties, message: bytesFrom("message"), nonce: bytesFrom("nonce") };
      refused(
        () => frostSignMachine({ ...setup, merkleRoot: new Uint8Array(31) }),
        "mpc/bad-setup",
        "expected 32 bytes or none, got 31 bytes",
      );
    });
  });

  describe("a key whose shares are dealt anew is refused if", () => {
    const holders = [1, 2, 3].map(idx);
    const setup = (key: FrostPredecessor, change: Partial<Succession> = {}): Succession => ({
      kind: "reshare",
      mine: { self: idx(9), key },
      members: membersOf([...holders, idx(9)]),
      dealers: holders,
      receivers: [...holders, idx(9)],
      threshold: 2,
      nonce: bytesFrom("n"),
      epochNumber: 1,
      ...change,
    });
    const withKey = (key: FrostPredecessor, publicKey: Uint8Array): FrostPredecessor => ({
      ...key,
      publicKey,
      keyId: keyIdOf(key.scheme, publicKey, key.chain),
    });
    // A polynomial of degree zero: everybody holds the key itself.
    const flat = (key: FrostPredecessor): FrostPredecessor => {
      const coefficients = [scalarOf("flat")];
      const holding = holders.map((index) => ({ index, publicShare: encoded(evaluate(group, coefficients, index)) }));
      return withKey({ ...key, threshold: 1, holders: holding }, encoded(scalarOf("flat")));
    };
    const changes: Record<string, (key: FrostPredecessor) => FrostPredecessor> = {
      "its threshold is no integer": (key) => ({ ...key, threshold: 2.5 }),
      "its threshold is one": flat,
      "its threshold is above its holders": (key) => ({ ...key, threshold: 4, holders: key.holders }),
      "its public key is no element": (key) => withKey(key, noElement),
      "its public key is not that of its public shares": (key) => withKey(key, encoded(scalarOf("another"))),
    };
    for (const [name, change] of Object.entries(changes))
      it(name, () => {
        expect(successionContext(setup(record())).kind).toBe("reshare");
        const message = name.includes("above") ? "expected a threshold" : "";
        refused(() => successionContext(setup(readFrostKey(change(record()), "key"))), "mpc/bad-setup", message);
      });

    it("a refresh does not keep the holders and the threshold, or the share is none", () => {
      const refresh = { kind: "refresh", mine: shareOf(mine), members: membersOf(holders), receivers: holders } as const;
      expect(successionContext(setup(record(), refresh)).kind).toBe("refresh");
      refused(() => successionContext(setup(record(), { ...refresh, threshold: 3 })), "mpc/bad-setup");
      refused(() => successionContext(setup(record(), { ...refresh, receivers: holders.slice(0, 2) })), "mpc/bad-setup");
      for (const [secret, message] of [
        [outOfRange, "no scalar of its suite"],
        [new Uint8Array(32), "no scalar of its suite"],
        [scalarOf("damaged"), "not that of its public share"],
        [shareOf(theirs).secret, "not that of its public share"],
      ] as const) {
        const broken = { ...shareOf(mine), secret };
        refused(() => dealtConstant(setup(record(), { ...refresh, mine: broken })), "mpc/bad-share-record", message);
        refused(() => releaseFrostShare(broken, { endThresholdProtection: true }), "mpc/bad-share-record", message);
      }
    });
  });
});

it("a suite of an unknown code is none", () => {
  expect([1, 2].map((code) => suiteOfCode(code).scheme)).toEqual(schemes);
  for (const code of [0, 3, 15]) expect(() => suiteOfCode(code)).toThrow(RangeError);
});

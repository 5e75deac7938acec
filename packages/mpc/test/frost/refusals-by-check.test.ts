// No honest party makes these contexts, states, records and keys of FROST. The tests show what each
// check refuses, taken by itself.
import { describe, expect, it } from "vitest";
import * as keygen from "../../src/dkg/index.ts";
import {
  decodeFrostRecord,
  encodeFrostRecord,
  epochOf,
  type FrostKeyRecord,
  type FrostKeyShare,
  frostSignMachine,
  keyIdOf,
} from "../../src/frost/index.ts";
import { frost, publicShareOf } from "../../src/frost/key-share.ts";
import { effectiveKey } from "../../src/frost/sign/index.ts";
import { type Scalar, suiteOf } from "../../src/frost/suite/index.ts";
import { lagrange } from "../../src/group/shamir.ts";
import type { Machine, ShareIndex } from "../../src/protocol/index.ts";
import { bytesFrom, errorOf, idx, nonceFrom, runSession } from "../simulation.ts";
import { keygenMachines, makeKey, schemes } from "./cast.ts";

const parties = [1, 2].map(idx);
const [mine, theirs] = [idx(1), idx(2)];
const refused = (act: () => unknown, code: string, message = ""): void =>
  expect(act).toThrowError(expect.objectContaining({ code, message: expect.stringContaining(message) }));

describe.each(schemes)("%s", (scheme) => {
  const suite = suiteOf(scheme);
  const { group } = suite;
  const shares = () => makeKey(scheme, [1, 2, 3], 2, "by check");
  const shareOf = (party: ShareIndex): FrostKeyShare => shares().get(party) as FrostKeyShare;
  const record = (): FrostKeyRecord => shareOf(mine).record;
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
    // The key stands under its own id, and BIP-340 knows no key of odd y.
    if (scheme === "schnorr-bip340")
      changes["its public key has odd y"] = (old) => {
        const publicKey = old.publicKey.with(0, 3);
        const keyId = keyIdOf(scheme, publicKey, old.chain);
        return { ...old, publicKey, keyId, epoch: epochOf(keyId, old.h2) };
      };
    for (const [name, change] of Object.entries(changes))
      it(name, () => {
        expect(decodeFrostRecord(encodeFrostRecord(record()))).toEqual(record());
        refused(() => decodeFrostRecord(keygen.recordBytes(frost, change(record()))), "mpc/bad-share-record");
      });

    it("somebody asks for the share of one who holds none", () => refused(() => publicShareOf(record(), idx(9)), "mpc/bad-setup"));
  });

  describe("a stored round", () => {
    it("of a key generation is read, and of no other number", () => {
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
      expect(keygen.decodeState(frost, stored).round).toBe("dkg/3");
      for (const round of [0, 4]) refused(() => keygen.decodeState(frost, stored.with(1, round)), "mpc/bad-state");
      // The second of two members, dealers and receivers becomes the first.
      const seconds = [45, 51, 57];
      expect(seconds.map((at) => stored[at])).toEqual([parties[1], parties[1], parties[1]]);
      for (const at of seconds) refused(() => keygen.decodeState(frost, stored.with(at, parties[0] as number)), "mpc/bad-state");
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
});

it("a suite of an unknown code is none", () => {
  expect([1, 2].map((code) => keygen.suiteOfCode(frost, code).scheme)).toEqual(schemes);
  for (const code of [0, 3, 15]) expect(() => keygen.suiteOfCode(frost, code)).toThrow(RangeError);
});

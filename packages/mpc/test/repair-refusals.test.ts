// What a repair refuses before round 1 (dkls23-spec 7.2, 10.3): nothing is drawn, and nothing is
// sent.
import { describe, expect, it } from "vitest";
import type { KeyRecord, Share } from "../src/dkg/index.ts";
import { epochOf, keyIdOf } from "../src/protocol/encoding/names.ts";
import type { ShareIndex } from "../src/protocol/index.ts";
import type { RepairSetup } from "../src/repair/index.ts";
import { membersOf } from "./frost/cast.ts";
import { repairOf, repairSetup } from "./repairs.ts";
import { bytesFrom, idx } from "./simulation.ts";
import { dkgSuites, makeKeyOf } from "./suites.ts";

const [one, two, three, four, stranger] = [1, 2, 3, 4, 9].map(idx) as [ShareIndex, ShareIndex, ShareIndex, ShareIndex, ShareIndex];
const helpers = [one, two];

describe.each(dkgSuites)("a repair ($scheme)", (suite) => {
  const shares = makeKeyOf(suite, [1, 2, 3, 4], 2, "refusals/repair");
  const shareOf = (j: ShareIndex): Share => shares.get(j) as Share;
  const { machine, recordFor } = repairOf(suite);
  const of = (self: ShareIndex): RepairSetup => repairSetup(suite, shares, { helpers, receiver: three, seed: "refusals" }, self);
  const lost = (record: KeyRecord): RepairSetup => ({ ...of(three), mine: { record } });
  const refused = (act: () => unknown, message: string, code = "mpc/bad-setup"): void =>
    expect(act).toThrowError(expect.objectContaining({ code, message: expect.stringContaining(message), culprits: [] }));
  const members = (...parties: readonly ShareIndex[]) => membersOf(parties);

  it("runs for a helper and for the receiver", () => {
    for (const self of [...helpers, three]) expect(machine(of(self)).peers.length).toBe(2);
  });

  const changes: Record<string, [Partial<RepairSetup>, string]> = {
    "one helper too many": [{ helpers: [one, two, four], members: members(one, two, three, four) }, "helpers: expected exactly 2, got 3"],
    "one too few": [{ helpers: [one], members: members(one, three) }, "helpers: expected exactly 2, got 1"],
    "helpers that are not ascending": [{ helpers: [two, one] }, "helpers: expected distinct ascending"],
    "a helper twice": [{ helpers: [one, one] }, "helpers: expected distinct ascending"],
    "a helper that holds no share": [{ helpers: [one, stranger], members: members(one, three, stranger) }, "party 9 holds no share"],
    "a receiver that holds no share": [{ receiver: stranger, members: members(one, two, stranger) }, "party 9 holds no share"],
    "a receiver among the helpers": [{ receiver: two, members: members(one, two) }, "receiver: party 2 is one of the helpers"],
    "a member too many": [{ members: members(one, two, three, four) }, "members: expected exactly the helpers and the receiver, 1, 2, 3"],
    "a member too few": [{ members: members(one, two) }, "members: expected exactly the helpers and the receiver, 1, 2, 3"],
    "members that are not ascending": [{ members: members(two, one, three) }, "members: expected distinct ascending"],
    "a receiver with a helper's identity key": [
      { members: [...members(one, two), { index: three, idpk: bytesFrom("idpk/1") }] },
      "idpk of party 3: another member has the same",
    ],
  };
  for (const [name, [change, message]] of Object.entries(changes))
    it(`with ${name} is refused`, () => refused(() => machine({ ...of(one), ...change }), message));

  it("is refused by who has no part in it: a holder that is no helper, and a record of another than the receiver", () => {
    refused(() => machine({ ...of(one), mine: shareOf(four) }), "mine: party 4 has its share and is none of the helpers");
    // A receiver that has its share has nothing to repair.
    refused(() => machine({ ...of(three), mine: shareOf(three) }), "mine: party 3 has its share and is none of the helpers");
    refused(() => machine(lost(shareOf(four).record)), "mine: party 4 has no share and is not the receiver");
    refused(() => machine(lost(shareOf(one).record)), "mine: party 1 has no share and is not the receiver");
  });

  it("with a share that is none, or is not that of its public share, is refused by its owner", () => {
    for (const secret of [new Uint8Array(32), new Uint8Array(32).fill(255), shareOf(two).secret, new Uint8Array(31)])
      refused(() => machine({ ...of(one), mine: { ...shareOf(one), secret } }), "The key share is", "mpc/bad-share-record");
  });

  describe("of a record that contradicts itself is refused, and no receiver's record is made of it:", () => {
    const { record } = shareOf(one);
    const noElement = new Uint8Array(suite.group.elementBytes).fill(255);
    const withShare = (at: number, publicShare: Uint8Array): KeyRecord["holders"] =>
      record.holders.map((holder, k) => (k === at ? { ...holder, publicShare } : holder));
    const [first, second] = record.holders as [KeyRecord["holders"][number], KeyRecord["holders"][number]];
    const of = (keyId: Uint8Array): Partial<KeyRecord> => ({ keyId, epoch: epochOf(keyId, record.h2) });
    const records: Record<string, [Partial<KeyRecord>, string]> = {
      "the key id of another key": [of(bytesFrom("id")), "the key id is not that"],
      "another epoch": [{ epoch: bytesFrom("epoch") }, "the epoch is that of another h2"],
      "another h2": [{ h2: bytesFrom("h2") }, "the epoch is that of another h2"],
      "a public share off the polynomial": [{ holders: withShare(3, first.publicShare) }, "do not lie on one polynomial"],
      "a public share of the first ones off the polynomial": [
        { holders: withShare(0, second.publicShare) },
        "do not lie on one polynomial",
      ],
      "a public share that is no element": [{ holders: withShare(1, noElement) }, "is no element of the group"],
      "holders in another order": [{ holders: [...record.holders].reverse() }, "holders: expected distinct ascending"],
    };
    // Of another key the X_j lie on no polynomial through it.
    const publicKey = first.publicShare[0] === 3 ? first.publicShare.with(0, 2) : first.publicShare;
    records["another public key"] = [{ publicKey, ...of(keyIdOf(suite.scheme, publicKey, record.chain)) }, "do not lie on one polynomial"];
    for (const [name, [change, message]] of Object.entries(records))
      it(name, () => {
        const lied = { ...record, ...change };
        refused(() => machine(lost({ ...lied, self: three })), message);
        refused(() => recordFor(lied, three), message);
      });

    it("a threshold above the true one lies on no other polynomial, and asks for more helpers", () => {
      const lied = { ...record, threshold: 3 };
      refused(() => machine(lost({ ...lied, self: three })), "helpers: expected exactly 3, got 2");
      // One below it does not hold for the others' shares.
      const three3 = makeKeyOf(suite, [1, 2, 3, 4], 3, "refusals/repair/3").get(one) as Share;
      refused(() => recordFor({ ...three3.record, threshold: 2 }, three), "do not lie on one polynomial");
    });
  });

  it("makes the receiver's record of a helper's, for a holder alone", () => {
    const { record } = shareOf(one);
    expect(recordFor(record, three)).toEqual(shareOf(three).record);
    expect(recordFor(record, three).keyId).not.toBe(record.keyId);
    refused(() => recordFor(record, stranger), "receiver: party 9 holds no share of this key");
    refused(() => recordFor(record, 0 as ShareIndex), "receiver: expected an integer in 1..65535");
  });
});

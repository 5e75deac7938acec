// A key is exported by the consent of a quorum (dkls23-spec 8), and records say about a key that it
// was whole in one place.
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type DkgOutput,
  decodeRecord,
  encodeRecord,
  exportKey,
  importMachine,
  type KeyShare,
  recoveryMachine,
  refreshMachine,
  releaseShare,
  reshareMachine,
  restoreRefresh,
} from "../src/dkls23/index.ts";
import type { Machine, ShareIndex } from "../src/protocol/index.ts";
import { consent, imported, importer, membersOf, released, type Shares, setupOf, stored } from "./imported.ts";
import { bytesFrom, errorOf, hex, idx, makeKey, nonceFrom, outputOf, runSession } from "./simulation.ts";

const holders = [1, 2, 3].map(idx);
const refusal = (code: string, message = "") =>
  expect.objectContaining({ code, message: expect.stringContaining(message) as unknown as string });
const shareOf = (shares: Shares, party: ShareIndex): KeyShare => shares.get(party) as KeyShare;
let shares: Shares;
let key: KeyShare["record"];
beforeAll(() => {
  shares = imported(holders, 2, "export");
  key = shareOf(shares, idx(1)).record;
});

describe("an export", () => {
  it("makes the secret key from any t released shares, and it imports again", () => {
    const exported = [
      [1, 2],
      [1, 3],
      [2, 3],
      [1, 2, 3],
    ].map((parties) => exportKey({ key, shares: released(shares, parties), ...consent }));
    expect(new Set(exported.map(hex)).size).toBe(1);
    const secret = exported[0] as Uint8Array;
    expect(hex(secp256k1.getPublicKey(secret))).toBe(hex(key.publicKey));
    const again = importMachine({ self: importer, ...setupOf(holders, 2, "again"), publicKey: key.publicKey }, secret);
    expect(again.protocol).toBe("import");
  });

  it("is in the record of everybody who consented, over the import that was there, and the share stays", () => {
    const share = shareOf(makeKey([1, 2], 2, "consent"), idx(1));
    for (const each of [share, shareOf(shares, idx(1)), { ...share, pairs: undefined }]) {
      const { released, record } = releaseShare(each, consent);
      expect(decodeRecord(encodeRecord(record))).toEqual({ ...each.record, exposed: "exported" });
      expect(hex(released)).toBe(hex(each.secret));
      released.fill(0);
      expect(each.secret.some((byte) => byte !== 0)).toBe(true);
    }
  });

  it("names everybody who sent a wrong share, and a holder does not release one that is damaged", () => {
    const spoiled = new Map([...released(shares, [1, 2, 3]), [idx(1), bytesFrom("wrong")], [idx(3), new Uint8Array(32).fill(255)]]);
    expect(() => exportKey({ key, shares: spoiled, ...consent })).toThrowError(
      expect.objectContaining({ code: "mpc/bad-share", culprits: [1, 3] }),
    );
    const damaged = { ...shareOf(shares, idx(1)), secret: shareOf(shares, idx(2)).secret };
    expect(() => releaseShare(damaged, consent)).toThrowError(refusal("mpc/bad-share-record"));
  });

  it("needs t shares, of holders, a key that is one, and the explicit flag on both sides", () => {
    const refused = (message: string, setup: object): void =>
      expect(() => exportKey({ key, shares: released(shares, [1, 2]), ...consent, ...setup })).toThrowError(
        refusal("mpc/bad-setup", message),
      );
    refused("expected at least 2", { shares: released(shares, [1]) });
    refused("holds no share", { shares: new Map([...released(shares, [1]), [idx(7), bytesFrom("x")]]) });
    refused("endThresholdProtection", { endThresholdProtection: false });
    refused("the key id is not that of its public key", { key: { ...key, keyId: bytesFrom("other") } });
    const none = { endThresholdProtection: false as never };
    expect(() => releaseShare(shareOf(shares, idx(1)), none)).toThrowError(refusal("mpc/bad-setup", "endThresholdProtection"));
  });
});

describe("the record of an imported key", () => {
  const exposedOf = (all: Shares) => [...all.values()].map(({ record }) => decodeRecord(encodeRecord(record)).exposed);
  const run = (machines: ReadonlyMap<ShareIndex, Machine<Pick<DkgOutput, "share">>>, seed: string): Shares => {
    const outcomes = runSession(machines, { seed });
    return new Map([...machines.keys()].map((j) => [j, outputOf(outcomes, j).share as KeyShare]));
  };

  it("says so for every holder, also after a refresh that was resumed, and after a recovery and a reshare as far as its holders know", () => {
    expect(exposedOf(shares)).toEqual(["imported", "imported", "imported"]);
    const members = membersOf(holders);
    const refresh = { members, nonce: nonceFrom("refresh", holders), epochNumber: 1 };
    const resumed = (self: ShareIndex) => {
      const setup = { share: shareOf(shares, self), ...refresh };
      return stored(refreshMachine(setup), (snapshot) => restoreRefresh(setup, snapshot));
    };
    const fresh = run(new Map(holders.map((self) => [self, resumed(self)])), "refresh");
    expect(exposedOf(fresh)).toEqual(["imported", "imported", "imported"]);

    const record = shareOf(fresh, idx(1)).record;
    const lost = { self: idx(3), key: record };
    const recovery = { members, dealers: [1, 2].map(idx), nonce: nonceFrom("recovery", holders), epochNumber: 1 };
    const mine = (self: ShareIndex) => (self === lost.self ? lost : shareOf(fresh, self));
    expect(exposedOf(run(new Map(holders.map((self) => [self, recoveryMachine({ mine: mine(self), ...recovery })])), "recovery"))).toEqual([
      "imported",
      "imported",
      "imported",
    ]);

    const { exposed: _, ...unmarked } = record;
    const four = [...holders, idx(4)];
    const setup = {
      members: membersOf(four),
      dealers: holders,
      receivers: four,
      threshold: 2,
      nonce: nonceFrom("reshare", four),
      epochNumber: 1,
    };
    const told = (key: typeof unmarked): Shares =>
      run(new Map(four.map((self) => [self, reshareMachine({ ...setup, mine: fresh.get(self) ?? { self, key } })])), "reshare");
    expect(exposedOf(told(record))).toEqual(["imported", "imported", "imported", "imported"]);
    expect(exposedOf(told(unmarked))).toEqual(["imported", "imported", "imported", undefined]);
  });
});

describe("the mark", () => {
  it("of an unknown kind makes no record, and no other blob has one", () => {
    const bytes = encodeRecord(key);
    expect([encodeRecord({ ...key, exposed: undefined })[0], bytes[0], encodeRecord({ ...key, exposed: "exported" })[0]]).toEqual([
      0x01, 0x11, 0x21,
    ]);
    expect(() => decodeRecord(bytes.with(0, 0x31))).toThrowError(refusal("mpc/bad-share-record"));
    expect(() => decodeRecord(bytes.with(0, 0x12))).toThrowError(refusal("mpc/bad-share-record"));
  });

  it("is each holder's own knowledge: holders that differ about it still refresh", () => {
    const parties = [1, 2].map(idx);
    const plain = makeKey([1, 2], 2, "differ");
    const marked = new Map(plain).set(idx(1), {
      ...shareOf(plain, idx(1)),
      record: releaseShare(shareOf(plain, idx(1)), consent).record,
    });
    const setup = { members: membersOf(parties), nonce: nonceFrom("d", parties), epochNumber: 1 };
    const outcomes = runSession(new Map(parties.map((self) => [self, refreshMachine({ share: shareOf(marked, self), ...setup })])), {
      seed: "d",
    });
    expect(parties.map((j) => errorOf(outcomes, j))).toEqual([undefined, undefined]);
    expect(parties.map((j) => outputOf(outcomes, j).share.record.exposed)).toEqual(["exported", undefined]);
  });
});

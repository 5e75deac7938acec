// A key is exported by the consent of a quorum, and records say about a key that it was whole in
// one place.
import { ed25519 } from "@noble/curves/ed25519.js";
import { schnorr } from "@noble/curves/secp256k1.js";
import { describe, expect, it } from "vitest";
import {
  decodeFrostRecord,
  encodeFrostRecord,
  exportFrostKey,
  type FrostKeyShare,
  frostPublicKey,
  frostRefreshMachine,
  frostReshareMachine,
  releaseFrostShare,
} from "../../src/frost/index.ts";
import { bytesFrom, errorOf, hex, idx, nonceFrom, outputOf, runSession } from "../simulation.ts";
import { makeKey, membersOf, schemes } from "./cast.ts";
import { imported, released, type Shares } from "./imported.ts";

const message = bytesFrom("message");
const refusal = (code: string, message = "") =>
  expect.objectContaining({ code, message: expect.stringContaining(message) as unknown as string });

describe.each(schemes)("an export, %s", (scheme) => {
  const holders = [1, 2, 3].map(idx);
  const shares = imported(scheme, holders, 2, "export");
  const key = (shares.get(idx(1)) as FrostKeyShare).record;

  it("makes the secret scalar from any t released shares, and it imports again", () => {
    const exported = [
      [1, 2],
      [1, 3],
      [2, 3],
      [1, 2, 3],
    ].map((parties) => exportFrostKey({ key, shares: released(shares, parties), endThresholdProtection: true }));
    expect(new Set(exported.map(hex)).size).toBe(1);
    const secret = exported[0] as Uint8Array;
    expect(hex(frostPublicKey(scheme, { scalar: secret }))).toBe(hex(key.publicKey));
    if (scheme === "schnorr-bip340") expect(schnorr.verify(schnorr.sign(message, secret), message, key.publicKey.subarray(1))).toBe(true);
    else {
      const x = BigInt(`0x${hex(secret.slice().reverse())}`);
      expect(hex(ed25519.Point.BASE.multiply(x).toBytes())).toBe(hex(key.publicKey));
    }
  });

  it("is in the record of everybody who consented, over the import that was there, and the share stays", () => {
    const share = makeKey(scheme, [1, 2], 2, "consent").get(idx(1)) as FrostKeyShare;
    for (const each of [share, shares.get(idx(1)) as FrostKeyShare]) {
      const { released, record } = releaseFrostShare(each, { endThresholdProtection: true });
      expect(decodeFrostRecord(encodeFrostRecord(record))).toEqual({ ...each.record, exposed: "exported" });
      expect(hex(released)).toBe(hex(each.secret));
      released.fill(0);
      expect(each.secret.some((byte) => byte !== 0)).toBe(true);
    }
  });

  it("names everybody who sent a wrong share", () => {
    const spoiled = new Map([
      ...released(shares, [1, 2, 3]),
      [idx(1), bytesFrom("wrong").map((b) => b & 15)],
      [idx(3), new Uint8Array(32).fill(255)],
    ]);
    expect(() => exportFrostKey({ key, shares: spoiled, endThresholdProtection: true })).toThrowError(
      expect.objectContaining({ code: "mpc/bad-share", culprits: [1, 3] }),
    );
  });

  it("needs t shares, of holders, a key that is one, and the explicit flag on both sides", () => {
    const refused = (message: string, setup: object): void =>
      expect(() => exportFrostKey({ key, shares: released(shares, [1, 2]), endThresholdProtection: true, ...setup })).toThrowError(
        refusal("mpc/bad-setup", message),
      );
    refused("expected at least 2", { shares: released(shares, [1]) });
    refused("holds no share", { shares: new Map([...released(shares, [1]), [idx(7), bytesFrom("x")]]) });
    refused("endThresholdProtection", { endThresholdProtection: false });
    refused("the key id is not that of its public key", { key: { ...key, keyId: bytesFrom("other") } });
    const share = shares.get(idx(1)) as FrostKeyShare;
    expect(() => releaseFrostShare(share, { endThresholdProtection: false as never })).toThrowError(refusal("mpc/bad-setup"));
  });
});

describe.each(schemes)("the record of an imported key, %s", (scheme) => {
  const receivers = [1, 2, 3].map(idx);

  it("says so in every record, also after a refresh and a reshare, as far as its holders know", () => {
    const shares = imported(scheme, receivers, 2);
    const exposedOf = (all: Shares) => [...all.values()].map(({ record }) => decodeFrostRecord(encodeFrostRecord(record)).exposed);
    expect(exposedOf(shares)).toEqual(["imported", "imported", "imported"]);
    const members = membersOf(receivers);
    const nonce = nonceFrom("refresh", receivers);
    const outcomes = runSession(
      new Map(
        receivers.map((self) => [self, frostRefreshMachine({ share: shares.get(self) as FrostKeyShare, members, nonce, epochNumber: 1 })]),
      ),
      { seed: "refresh" },
    );
    const fresh: Shares = new Map(receivers.map((j) => [j, outputOf(outcomes, j).share]));
    expect(exposedOf(fresh)).toEqual(["imported", "imported", "imported"]);

    const key = (fresh.get(idx(1)) as FrostKeyShare).record;
    const { exposed: _, ...unmarked } = key;
    const four = [...receivers, idx(4)];
    const setup = {
      members: membersOf(four),
      dealers: receivers,
      receivers: four,
      threshold: 2,
      nonce: nonceFrom("reshare", four),
      epochNumber: 1,
    };
    const told = (told: typeof unmarked) =>
      runSession(new Map(four.map((self) => [self, frostReshareMachine({ ...setup, mine: fresh.get(self) ?? { self, key: told } })])), {
        seed: "reshare",
      });
    expect(outputOf(told(key), idx(4)).generation.exposed).toBe("imported");
    expect(outputOf(told(unmarked), idx(4)).generation.exposed).toBeUndefined();
    expect(outputOf(told(unmarked), idx(1)).generation.exposed).toBe("imported");
    expect(makeKey(scheme, [1, 2], 2, "unmarked").get(idx(1))?.record.exposed).toBeUndefined();
  });
});

describe("the mark", () => {
  it("of an unknown kind makes no record", () => {
    const { record } = makeKey("eddsa-ed25519", [1, 2], 2, "mark").get(idx(1)) as FrostKeyShare;
    const bytes = encodeFrostRecord(record);
    expect(() => decodeFrostRecord(bytes.with(1, (bytes[1] as number) + 16 * 3))).toThrowError(refusal("mpc/bad-share-record"));
  });

  it("is each holder's own knowledge: holders that differ about it still refresh", () => {
    const shares = makeKey("eddsa-ed25519", [1, 2], 2, "differ");
    const parties = [1, 2].map(idx);
    const marked = new Map(shares).set(idx(1), {
      ...(shares.get(idx(1)) as FrostKeyShare),
      record: releaseFrostShare(shares.get(idx(1)) as FrostKeyShare, { endThresholdProtection: true }).record,
    });
    const machines = parties.map(
      (self) =>
        [
          self,
          frostRefreshMachine({
            share: marked.get(self) as FrostKeyShare,
            members: membersOf(parties),
            nonce: nonceFrom("d", parties),
            epochNumber: 1,
          }),
        ] as const,
    );
    const outcomes = runSession(new Map(machines), { seed: "d" });
    expect(parties.map((j) => errorOf(outcomes, j))).toEqual([undefined, undefined]);
    expect(parties.map((j) => outputOf(outcomes, j).share.record.exposed)).toEqual(["exported", undefined]);
  });
});

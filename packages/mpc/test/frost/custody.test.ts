// Import of a key that exists, and export: the two ends of threshold protection, and what records say about them.
import { createPrivateKey, sign } from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import { schnorr, secp256k1 } from "@noble/curves/secp256k1.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { describe, expect, it } from "vitest";
import {
  decodeFrostRecord,
  encodeFrostRecord,
  exportFrostKey,
  type FrostDkgOutput,
  type FrostKeyShare,
  type FrostSecretKey,
  frostImportMachine,
  frostPublicKey,
  frostRefreshMachine,
  frostReshareMachine,
  releaseFrostShare,
  restoreFrostImport,
  type Scheme,
} from "../../src/frost/index.ts";
import * as keygen from "../../src/frost/keygen/index.ts";
import { suiteOf } from "../../src/frost/suite/index.ts";
import { collect, type Machine, type ShareIndex } from "../../src/protocol/index.ts";
import { bytesFrom, errorOf, hex, idx, nonceFrom, outputOf, runSession } from "../simulation.ts";
import { makeKey, membersOf, schemes, signMachines } from "./cast.ts";
import { verifies } from "./verify.ts";

const message = bytesFrom("message");
const chain = bytesFrom("chain");
const importer = idx(9);
type Shares = ReadonlyMap<ShareIndex, FrostKeyShare>;
const refusal = (code: string, message = "") =>
  expect.objectContaining({ code, message: expect.stringContaining(message) as unknown as string });

/** A secret key that signs under an odd point in BIP-340: its opposite is what is shared. */
const oddSecret = (): Uint8Array => {
  for (let k = 0; ; k++) {
    const secret = bytesFrom(`odd/${k}`);
    if (secp256k1.getPublicKey(secret)[0] === 3) return secret;
  }
};
const keys: Record<Scheme, FrostSecretKey> = {
  "eddsa-ed25519": { seed: bytesFrom("a seed") },
  "schnorr-bip340": { scalar: oddSecret() },
};

function setupOf(scheme: Scheme, receivers: readonly ShareIndex[], threshold: number, seed: string) {
  const members = [...new Set([...receivers, importer])].sort((a, b) => a - b);
  const nonce = nonceFrom(seed, members);
  return { importer, members: membersOf(members), receivers, threshold, publicKey: frostPublicKey(scheme, keys[scheme]), chain, nonce };
}
function machinesOf(scheme: Scheme, receivers: readonly ShareIndex[], threshold: number, seed: string) {
  const setup = setupOf(scheme, receivers, threshold, seed);
  return new Map(
    setup.members.map(({ index: self }) => [
      self,
      frostImportMachine(scheme, { self, ...setup }, self === importer ? keys[scheme] : undefined),
    ]),
  );
}
function imported(scheme: Scheme, receivers: readonly ShareIndex[], threshold: number, seed = "import"): Shares {
  const outcomes = runSession(machinesOf(scheme, receivers, threshold, seed), { seed });
  return new Map(receivers.map((party) => [party, outputOf(outcomes, party).share as FrostKeyShare]));
}
const signed = (scheme: Scheme, shares: Shares, signers: readonly ShareIndex[]) => {
  const output = outputOf(runSession(signMachines(shares, { signers, message, seed: "s" }), { seed: "s" }), signers[0] as ShareIndex);
  expect(verifies(scheme, message, output)).toBe(true);
  return output;
};
const released = (shares: Shares, parties: readonly number[]) =>
  new Map(parties.map(idx).map((j) => [j, releaseFrostShare(shares.get(j) as FrostKeyShare, { endThresholdProtection: true }).released]));

describe.each(schemes)("an import, %s", (scheme) => {
  const receivers = [1, 2, 3].map(idx);

  it.each([
    [2, [1, 2, 3]],
    [3, [3, 9, 65_535]],
    [2, [1, 9]],
  ])("shares a key that exists among %s of %s, and any of them sign under its public key", (threshold, parties) => {
    const holders = parties.map(idx);
    const shares = imported(scheme, holders, threshold);
    const { record } = shares.get(holders[0] as ShareIndex) as FrostKeyShare;
    expect([record.publicKey, record.chain].map(hex)).toEqual([frostPublicKey(scheme, keys[scheme]), chain].map(hex));
    for (const set of [holders.slice(0, threshold), holders.slice(-threshold)])
      expect(hex(signed(scheme, shares, set).publicKey)).toBe(hex(record.publicKey));
  });

  it("gives an importer that holds nothing no share, and resumes after every round", () => {
    const setup = setupOf(scheme, receivers, 2, "resumed");
    const machines = machinesOf(scheme, receivers, 2, "resumed");
    const resumed = new Map(
      [...machines].map(([self, first]) => {
        let machine: Machine<FrostDkgOutput> = first;
        const deliver: Machine<FrostDkgOutput>["deliver"] = (inbox, entropy) => {
          machine = restoreFrostImport(scheme, { self, ...setup }, machine.snapshot());
          return machine.deliver(inbox, entropy);
        };
        const { protocol, sid, peers, rounds } = first;
        return [self, { protocol, sid, peers, rounds, start: (e: Uint8Array) => machine.start(e), deliver } as Machine<FrostDkgOutput>];
      }),
    );
    const outcomes = runSession(resumed, { seed: "resumed" });
    expect(outputOf(outcomes, importer).share).toBeUndefined();
    signed(scheme, new Map(receivers.map((j) => [j, outputOf(outcomes, j).share as FrostKeyShare])), [1, 3].map(idx));
    expect(machines.get(importer)?.protocol).toBe("frost-import");
  });

  it("says so in every record, also after a refresh and a reshare, as far as its holders know", () => {
    const shares = imported(scheme, receivers, 2);
    const exposedOf = (all: Shares) => [...all.values()].map(({ record }) => decodeFrostRecord(encodeFrostRecord(record)).exposed);
    expect(exposedOf(shares)).toEqual(["imported", "imported", "imported"]);
    const members = membersOf(receivers);
    const nonce = nonceFrom("refresh", receivers);
    const outcomes = runSession(
      new Map(receivers.map((self) => [self, frostRefreshMachine({ share: shares.get(self) as FrostKeyShare, members, nonce })])),
      { seed: "refresh" },
    );
    const fresh: Shares = new Map(receivers.map((j) => [j, outputOf(outcomes, j).share]));
    expect(exposedOf(fresh)).toEqual(["imported", "imported", "imported"]);

    const key = (fresh.get(idx(1)) as FrostKeyShare).record;
    const { exposed: _, ...unmarked } = key;
    const four = [...receivers, idx(4)];
    const setup = { members: membersOf(four), dealers: receivers, receivers: four, threshold: 2, nonce: nonceFrom("reshare", four) };
    const told = (told: typeof unmarked) =>
      runSession(new Map(four.map((self) => [self, frostReshareMachine({ ...setup, mine: fresh.get(self) ?? { self, key: told } })])), {
        seed: "reshare",
      });
    expect(outputOf(told(key), idx(4)).generation.exposed).toBe("imported");
    expect(outputOf(told(unmarked), idx(4)).generation.exposed).toBeUndefined();
    expect(outputOf(told(unmarked), idx(1)).generation.exposed).toBe("imported");
    expect(makeKey(scheme, [1, 2], 2, "unmarked").get(idx(1))?.record.exposed).toBeUndefined();
  });

  it("refuses a secret key of another public key, a missing one, and one that is not the importer's to give", () => {
    const setup = setupOf(scheme, receivers, 2, "refused");
    const other = { scalar: bytesFrom("another").map((byte) => byte & 15) };
    const refused = (message: string, change: object, key?: FrostSecretKey): void =>
      expect(() => frostImportMachine(scheme, { self: importer, ...setup, ...change }, key)).toThrowError(
        refusal("mpc/bad-setup", message),
      );
    refused("it is not that of publicKey", {}, other);
    refused("the importer has it", {});
    refused("the importer has it", { self: idx(1) }, keys[scheme]);
    refused("it is zero", {}, { scalar: new Uint8Array(32) });
    refused("expected a scalar", {}, { scalar: new Uint8Array(31).fill(1) });
    refused("expected a seed", {}, { seed: new Uint8Array(scheme === "eddsa-ed25519" ? 31 : 32).fill(1) });
    refused("no key of this scheme", { publicKey: new Uint8Array(setup.publicKey.length) }, keys[scheme]);
    refused("chain", { chain: new Uint8Array(31) }, keys[scheme]);
    refused("share index", { importer: 0 }, keys[scheme]);
    refused("nonce", { nonce: new Uint8Array(31) }, keys[scheme]);
    refused("threshold", { threshold: 4 }, keys[scheme]);
    refused("members", { members: setup.members.slice(1) }, keys[scheme]);
    const machine = frostImportMachine(scheme, { self: importer, ...setup }, keys[scheme]);
    machine.start(bytesFrom("entropy"));
    const another = { self: importer, ...setup, chain: bytesFrom("another chain") };
    expect(() => restoreFrostImport(scheme, another, machine.snapshot())).toThrowError(refusal("mpc/context-mismatch"));
  });

  it("names an importer that deals another key than the intent says, or with another chain code", () => {
    const { publicKey, chain: prescribedChain } = setupOf(scheme, receivers, 2, "n");
    const [victim, liar] = [idx(1), idx(2)];
    const parties = [victim, liar];
    const { group } = suiteOf(scheme);
    const context = (self: ShareIndex, chainCode = prescribedChain): keygen.FrostDkgContext => ({
      ...keygen.keygenContext(scheme, { self, threshold: 2, members: membersOf(parties), nonce: bytesFrom("n") }),
      kind: "import",
      dealers: [liar],
      prescribed: { publicKey, chain: chainCode, constants: new Map([[liar, publicKey]]) },
    });
    const deal = (constant: Uint8Array, chainCode = prescribedChain): void => {
      const mine = keygen.round1(context(victim), undefined, bytesFrom("1"));
      const theirs = keygen.round1(context(liar, chainCode), constant, bytesFrom("2"));
      const inbox = <M>(from: ShareIndex, sent: M | undefined) => collect([from], [[from, sent as M]]);
      const opened = keygen.round2(mine.next, inbox(liar, theirs.send.get(victim)), bytesFrom("3"));
      const dealt = keygen.round2(theirs.next, inbox(victim, mine.send.get(liar)), bytesFrom("4"));
      keygen.round3(opened.next, inbox(liar, dealt.send.get(victim)));
    };
    const shares = imported(scheme, parties, 2, "whole");
    const whole = exportFrostKey({
      key: (shares.get(victim) as FrostKeyShare).record,
      shares: released(shares, [1, 2]),
      endThresholdProtection: true,
    });
    deal(whole);
    for (const lie of [() => deal(group.public(5n)), () => deal(whole, bytesFrom("another chain"))])
      expect(lie).toThrowError(expect.objectContaining({ code: "mpc/dealer-mismatch", culprits: [liar] }));
  });

  it("is another session for another key, chain code, importer or threshold", () => {
    const setup = { self: idx(1), ...setupOf(scheme, receivers, 2, "sid") };
    const sids = [
      {},
      { chain: bytesFrom("another") },
      { publicKey: frostPublicKey(scheme, { scalar: bytesFrom("another").map((byte) => byte & 15) }) },
      { threshold: 3 },
      { importer: idx(2), members: membersOf(receivers) },
    ].map((change) => hex(frostImportMachine(scheme, { ...setup, ...change }).sid));
    expect(new Set(sids).size).toBe(sids.length);
  });
});

describe("what is imported", () => {
  it("of an Ed25519 seed is its clamped scalar: Node and noble see the same public key, and neither signs as the shares do", () => {
    const { seed } = keys["eddsa-ed25519"] as { seed: Uint8Array };
    const publicKey = frostPublicKey("eddsa-ed25519", { seed });
    expect(hex(publicKey)).toBe(hex(ed25519.getPublicKey(seed)));
    const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
    const before = sign(null, message, createPrivateKey({ key: der, format: "der", type: "pkcs8" }));
    const { signature } = signed("eddsa-ed25519", imported("eddsa-ed25519", [1, 2].map(idx), 2), [1, 2].map(idx));
    expect(ed25519.verify(before, message, publicKey)).toBe(true);
    // RFC 8032 derives the nonce from the seed; FROST draws it.
    expect(hex(signature)).not.toBe(hex(before));
  });

  it("of an expanded Ed25519 key is the scalar mod the group order, clamped or reduced", () => {
    const { seed } = keys["eddsa-ed25519"] as { seed: Uint8Array };
    const clamped = sha512(seed).slice(0, 32);
    clamped[0] = (clamped[0] as number) & 248;
    clamped[31] = ((clamped[31] as number) & 127) | 64;
    expect(hex(frostPublicKey("eddsa-ed25519", { scalar: clamped }))).toBe(hex(ed25519.getPublicKey(seed)));
  });

  it("of a BIP-340 key with odd y is its opposite, which BIP-340 takes for the same key; a public key with odd y is refused", () => {
    const { scalar } = keys["schnorr-bip340"] as { scalar: Uint8Array };
    const publicKey = frostPublicKey("schnorr-bip340", { scalar });
    expect(hex(publicKey)).toBe(`02${hex(schnorr.getPublicKey(scalar))}`);
    const setup = { self: importer, ...setupOf("schnorr-bip340", [1, 2].map(idx), 2, "odd") };
    expect(() => frostImportMachine("schnorr-bip340", { ...setup, publicKey: publicKey.with(0, 3) }, { scalar })).toThrowError(
      refusal("mpc/bad-setup", "even y"),
    );
    const { n } = secp256k1.Point.CURVE();
    const order = { scalar: Uint8Array.from(Buffer.from(n.toString(16), "hex")) };
    expect(() => frostPublicKey("schnorr-bip340", order)).toThrowError(refusal("mpc/bad-setup", "expected a scalar"));
  });

  it("of no scheme is refused", () => {
    const setup = { self: idx(1), ...setupOf("eddsa-ed25519", [1, 2].map(idx), 2, "none") };
    expect(() => frostImportMachine("ecdsa" as never, setup)).toThrowError(refusal("mpc/bad-setup", "scheme"));
  });
});

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
    refused("the id is another key's", { key: { ...key, keyId: bytesFrom("other") } });
    const share = shares.get(idx(1)) as FrostKeyShare;
    expect(() => releaseFrostShare(share, { endThresholdProtection: false as never })).toThrowError(refusal("mpc/bad-setup"));
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
          frostRefreshMachine({ share: marked.get(self) as FrostKeyShare, members: membersOf(parties), nonce: nonceFrom("d", parties) }),
        ] as const,
    );
    const outcomes = runSession(new Map(machines), { seed: "d" });
    expect(parties.map((j) => errorOf(outcomes, j))).toEqual([undefined, undefined]);
    expect(parties.map((j) => outputOf(outcomes, j).share.record.exposed)).toEqual(["exported", undefined]);
  });
});

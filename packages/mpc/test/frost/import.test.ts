// An existing key is imported. The tests show which party deals what, what is refused, and what is
// shared of the key.
import { createPrivateKey, sign } from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import { schnorr, secp256k1 } from "@noble/curves/secp256k1.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { describe, expect, it } from "vitest";
import * as keygen from "../../src/dkg/index.ts";
import {
  exportFrostKey,
  type FrostDkgOutput,
  type FrostKeyShare,
  type FrostSecretKey,
  frostImportMachine,
  frostPublicKey,
  restoreFrostImport,
  type Scheme,
} from "../../src/frost/index.ts";
import { suiteOf } from "../../src/frost/suite/index.ts";
import { collect, type Machine, type ShareIndex } from "../../src/protocol/index.ts";
import { bytesFrom, hex, idx, outputOf, runSession } from "../simulation.ts";
import { membersOf, schemes, signMachines } from "./cast.ts";
import { chain, imported, importer, keys, machinesOf, released, type Shares, setupOf } from "./imported.ts";
import { verifies } from "./verify.ts";

const message = bytesFrom("message");
const refusal = (code: string, message = "") =>
  expect.objectContaining({ code, message: expect.stringContaining(message) as unknown as string });
const signed = (scheme: Scheme, shares: Shares, signers: readonly ShareIndex[]) => {
  const output = outputOf(runSession(signMachines(shares, { signers, message, seed: "s" }), { seed: "s" }), signers[0] as ShareIndex);
  expect(verifies(scheme, message, output)).toBe(true);
  return output;
};

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
    refused("got both", {}, { seed: new Uint8Array(32).fill(1), scalar: new Uint8Array(32).fill(1) } as never);
    for (const none of [{ seed: undefined }, { scalar: undefined }, {}]) refused("expected a scalar", {}, none as never);
    refused("no key of this scheme", { publicKey: new Uint8Array(setup.publicKey.length) }, keys[scheme]);
    refused("chain", { chain: new Uint8Array(31) }, keys[scheme]);
    refused("importer: expected an integer in 1..65535, got 0", { importer: 0 }, keys[scheme]);
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
    const context = (self: ShareIndex, chainCode = prescribedChain): keygen.DkgContext => ({
      ...keygen.keygenContext(suiteOf(scheme), { self, threshold: 2, members: membersOf(parties), nonce: bytesFrom("n") }),
      kind: "import",
      dealers: [liar],
      prescribed: { publicKey, chain: chainCode, constants: new Map([[liar, publicKey]]) },
    });
    const deal = (constant: Uint8Array, chainCode = prescribedChain): void => {
      const mine = keygen.round1(context(victim), {}, bytesFrom("1"));
      const theirs = keygen.round1(context(liar, chainCode), { constant }, bytesFrom("2"));
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
    // RFC 8032 derives the nonce from the seed, and FROST draws it.
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

// An existing key is imported (dkls23-spec 8). The tests show which party deals what, and what is
// refused.

import { secp256k1 } from "@noble/curves/secp256k1.js";
import { describe, expect, it } from "vitest";
import type { DkgContext } from "../src/dkg/context.ts";
import * as keygen from "../src/dkg/index.ts";
import { importMachine, type KeyShare, restoreImport } from "../src/dkls23/index.ts";
import { suite } from "../src/dkls23/suite.ts";
import { collect, type ShareIndex } from "../src/protocol/index.ts";
import { chain, imported, importer, machinesOf, membersOf, publicKey, type Shares, secretKey, setupOf, stored } from "./imported.ts";
import { expectWholeKey } from "./key-checks.ts";
import { bytesFrom, hex, idx, outputOf, runSession, signMachines } from "./simulation.ts";

const receivers = [1, 2, 3].map(idx);
const refusal = (code: string, message = "") =>
  expect.objectContaining({ code, message: expect.stringContaining(message) as unknown as string });

function expectSigns(shares: Shares, signers: readonly ShareIndex[]): void {
  const digest = bytesFrom("an imported key");
  const { signature } = outputOf(
    runSession(signMachines(shares, { signers, digest, seed: "imported" }), { seed: "imported" }),
    signers[0] as ShareIndex,
  );
  expect(secp256k1.verify(signature, digest, publicKey, { prehash: false })).toBe(true);
}

describe("an import", () => {
  it.each([
    [2, [1, 2, 3]],
    [3, [3, 9, 65_535]],
    [2, [1, 9]],
  ])("shares a key that exists among %s of %s, and keeps its public key and chain code", (threshold, parties) => {
    const holders = parties.map(idx);
    const shares = imported(holders, threshold);
    expectWholeKey(shares, threshold);
    const { record } = shares.get(holders[0] as ShareIndex) as KeyShare;
    expect([record.publicKey, record.chain].map(hex)).toEqual([publicKey, chain].map(hex));
    for (const signers of [holders.slice(0, threshold), holders.slice(-threshold)]) expectSigns(shares, signers);
  });

  it("gives an importer that holds nothing no share, and resumes after every round", () => {
    const setup = setupOf(receivers, 2, "resumed");
    const resumed = new Map(
      [...machinesOf(receivers, 2, "resumed")].map(([self, first]) => [
        self,
        stored(first, (snapshot) => restoreImport({ self, ...setup }, snapshot)),
      ]),
    );
    expect([...resumed.values()].map(({ protocol }) => protocol)).toEqual(["import", "import", "import", "import"]);
    const outcomes = runSession(resumed, { seed: "resumed" });
    expect(outputOf(outcomes, importer).share).toBeUndefined();
    const shares = new Map(receivers.map((j) => [j, outputOf(outcomes, j).share as KeyShare]));
    expect([...shares.values()].map(({ record }) => record.exposed)).toEqual(["imported", "imported", "imported"]);
    expectSigns(shares, [idx(2), idx(3)]);
  });

  it("refuses a secret key of another public key, a missing one, and one that is not the importer's to give", () => {
    const setup = setupOf(receivers, 2, "refused");
    const refused = (message: string, change: object, key?: Uint8Array): void =>
      expect(() => importMachine({ self: importer, ...setup, ...change }, key)).toThrowError(refusal("mpc/bad-setup", message));
    refused("it is not that of publicKey", {}, bytesFrom("another key"));
    refused("it is zero", {}, new Uint8Array(32));
    refused("it is not below the group order", {}, new Uint8Array(32).fill(255));
    refused("secretKey: expected 32 bytes, got", {}, new Uint8Array(31).fill(1));
    refused("the importer has it", {});
    refused("the importer has it", { self: idx(1) }, secretKey);
    refused("publicKey", { publicKey: new Uint8Array(33) }, secretKey);
    refused("chain", { chain: new Uint8Array(31) }, secretKey);
    refused("importer: expected an integer in 1..65535, got 0", { importer: 0 }, secretKey);
    refused("nonce", { nonce: new Uint8Array(31) }, secretKey);
    refused("threshold", { threshold: 4 }, secretKey);
    refused("members", { members: setup.members.slice(1) }, secretKey);
    const machine = importMachine({ self: importer, ...setup }, secretKey);
    machine.start(bytesFrom("entropy"));
    const another = { self: importer, ...setup, chain: bytesFrom("another chain") };
    expect(() => restoreImport(another, machine.snapshot())).toThrowError(refusal("mpc/context-mismatch"));
  });

  it("names an importer that deals another key than the intent says, or with another chain code", () => {
    const [victim, liar] = [idx(1), idx(2)];
    const parties = [victim, liar];
    const context = (self: ShareIndex, chainCode = chain): DkgContext => ({
      ...keygen.keygenContext(suite, { self, threshold: 2, members: membersOf(parties), nonce: bytesFrom("n") }),
      kind: "import",
      dealers: [liar],
      prescribed: { publicKey, chain: chainCode, constants: new Map([[liar, publicKey]]) },
    });
    const deal = (constant: Uint8Array, chainCode = chain): void => {
      const mine = keygen.round1(context(victim), {}, bytesFrom("1"));
      const theirs = keygen.round1(context(liar, chainCode), { constant }, bytesFrom("2"));
      const inbox = <M>(from: ShareIndex, sent: M | undefined) => collect([from], [[from, sent as M]]);
      const opened = keygen.round2(mine.next, inbox(liar, theirs.send.get(victim)), bytesFrom("3"));
      const dealt = keygen.round2(theirs.next, inbox(victim, mine.send.get(liar)), bytesFrom("4"));
      keygen.round3(opened.next, inbox(liar, dealt.send.get(victim)));
    };
    deal(secretKey);
    for (const lie of [() => deal(bytesFrom("another key")), () => deal(secretKey, bytesFrom("another chain"))])
      expect(lie).toThrowError(expect.objectContaining({ code: "mpc/dealer-mismatch", culprits: [liar] }));
  });

  it("is another session for another key, chain code, importer or threshold", () => {
    const setup = { self: idx(1), ...setupOf(receivers, 2, "sid") };
    const sids = [
      {},
      { chain: bytesFrom("another") },
      { publicKey: secp256k1.getPublicKey(bytesFrom("another")) },
      { threshold: 3 },
      { importer: idx(2), members: membersOf(receivers) },
    ].map((change) => hex(importMachine({ ...setup, ...change }).sid));
    expect(new Set(sids).size).toBe(sids.length);
  });
});

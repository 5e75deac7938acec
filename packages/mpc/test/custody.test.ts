// Import of a key that exists, and export (dkls23-spec 8): the two ends of threshold protection.
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { beforeAll, describe, expect, it } from "vitest";
import { exportKey, importMachine, type KeyShare } from "../src/dkls23/index.ts";
import type { ShareIndex } from "../src/protocol/index.ts";
import { expectWholeKey } from "./key-checks.ts";
import { bytesFrom, hex, idx, makeKey, nonceFrom, outputOf, runSession, signMachines } from "./simulation.ts";

const holders = [1, 2, 3].map(idx);
const membersOf = (parties: readonly ShareIndex[]) => parties.map((index) => ({ index, idpk: bytesFrom(`idpk/${index}`) }));

describe("an import", () => {
  const secretKey = bytesFrom("a key that was made in one place");
  const publicKey = secp256k1.getPublicKey(secretKey);
  const [importer, receivers] = [idx(9), holders];
  const members = [...receivers, importer];
  const setup = { importer, members: membersOf(members), receivers, threshold: 2, publicKey, chain: bytesFrom("chain") };
  const machines = (seed: string, key = secretKey) =>
    new Map(
      members.map((self) => [
        self,
        importMachine({ self, ...setup, nonce: nonceFrom(seed, members) }, self === importer ? key : undefined),
      ]),
    );

  it("shares a key that exists, and keeps its public key and chain code", () => {
    const outcomes = runSession(machines("import"), { seed: "import" });
    expect(outputOf(outcomes, importer).share).toBeUndefined();
    const shares = new Map(receivers.map((party) => [party, outputOf(outcomes, party).share as KeyShare]));
    expectWholeKey(shares, 2);
    const { record } = shares.get(idx(1)) as KeyShare;
    expect([record.publicKey, record.chain].map(hex)).toEqual([publicKey, setup.chain].map(hex));
    const digest = bytesFrom("an imported key");
    const signed = runSession(signMachines(shares, { signers: [idx(2), idx(3)], digest, seed: "imported" }), { seed: "imported" });
    expect(secp256k1.verify(outputOf(signed, idx(2)).signature, digest, publicKey, { prehash: false })).toBe(true);
  });

  it("refuses a secret key of another public key, a missing one, and one that is not the importer's to give", () => {
    const refused = (make: () => unknown): void => expect(make).toThrowError(expect.objectContaining({ code: "mpc/bad-setup" }));
    refused(() => machines("refused", bytesFrom("another key")));
    refused(() => importMachine({ self: importer, ...setup, nonce: bytesFrom("n") }));
    refused(() => importMachine({ self: idx(1), ...setup, nonce: bytesFrom("n") }, secretKey));
  });
});

describe("an export", () => {
  let old: ReadonlyMap<ShareIndex, KeyShare>;
  let key: KeyShare["record"];
  beforeAll(() => {
    old = makeKey(holders, 2, "export");
    key = (old.get(idx(1)) as KeyShare).record;
  });
  const secrets = (parties: readonly ShareIndex[]) => new Map(parties.map((party) => [party, (old.get(party) as KeyShare).secret]));

  it("makes the secret key from any t shares", () => {
    const keys = [
      [1, 2],
      [1, 3],
      [2, 3],
      [1, 2, 3],
    ].map((parties) => hex(exportKey({ key, shares: secrets(parties.map(idx)), endThresholdProtection: true })));
    expect(new Set(keys).size).toBe(1);
    expect(hex(secp256k1.getPublicKey(Uint8Array.from(Buffer.from(keys[0] as string, "hex"))))).toBe(hex(key.publicKey));
  });

  it("names everybody who sent a wrong share", () => {
    const shares = new Map([...secrets(holders), [idx(1), bytesFrom("wrong")], [idx(3), new Uint8Array(32).fill(255)]]);
    expect(() => exportKey({ key, shares, endThresholdProtection: true })).toThrowError(
      expect.objectContaining({ code: "mpc/bad-share", culprits: [1, 3] }),
    );
  });

  it("needs t shares, of holders, and the explicit flag", () => {
    const refused = (setup: object): void =>
      expect(() => exportKey({ key, shares: secrets(holders), endThresholdProtection: true, ...setup })).toThrowError(
        expect.objectContaining({ code: "mpc/bad-setup" }),
      );
    refused({ shares: secrets([idx(1)]) });
    refused({ shares: new Map([...secrets([idx(1)]), [idx(7), bytesFrom("x")]]) });
    refused({ endThresholdProtection: false });
  });
});

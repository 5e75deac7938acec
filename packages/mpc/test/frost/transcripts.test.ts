// The frozen transcripts of FROST have every byte of every protocol from fixed entropy. A change
// here is another protocol, or another version.
import { ed25519 } from "@noble/curves/ed25519.js";
import { schnorr } from "@noble/curves/secp256k1.js";
import { describe, expect, it } from "vitest";
import {
  encodeFrostRecord,
  encodeFrostSecret,
  exportFrostKey,
  type FrostKeyShare,
  type FrostSignOutput,
  frostImportMachine,
  frostPublicKey,
  frostRefreshMachine,
  releaseFrostShare,
  type Scheme,
} from "../../src/frost/index.ts";
import { suiteOf } from "../../src/frost/suite/index.ts";
import { onlyOutput, type ShareIndex } from "../../src/protocol/index.ts";
import { digestOf, expectFrozen, keyOf, recorded } from "../frozen.ts";
import { repairMachines } from "../repairs.ts";
import { bytesFrom, hex, idx, nonceFrom, outputOf } from "../simulation.ts";
import {
  keygenMachines,
  makeKey,
  membersOf,
  onlineMachines,
  preprocessMachines,
  schemes,
  signBatchMachines,
  signMachines,
} from "./cast.ts";

const seed = "vectors/2-of-3";
const parties = [1, 2, 3].map(idx);
const signers = [1, 3].map(idx);
const consent = { endThresholdProtection: true } as const;
/** Below the order of both groups, in either byte order. */
const tweak = bytesFrom("vectors/tweak").fill(0, 0, 1).fill(0, 31);
const signed = (scheme: Scheme, message: Uint8Array, output: FrostSignOutput) => {
  const { signature, publicKey } = output;
  const valid =
    scheme === "eddsa-ed25519" ? ed25519.verify(signature, message, publicKey) : schnorr.verify(signature, message, publicKey.subarray(1));
  expect(valid).toBe(true);
  return { signature: hex(output.signature), publicKey: hex(output.publicKey) };
};
/** Gives the record and the secret as they are stored, by their digests. */
const stored = ({ record, secret }: FrostKeyShare) => ({
  party: record.self,
  secret: hex(secret),
  blobs: [encodeFrostRecord(record), encodeFrostSecret(secret)].map(digestOf),
});

describe.each(schemes)("FROST transcripts, %s", (scheme) => {
  const shareOf = (self: ShareIndex): FrostKeyShare => makeKey(scheme, [1, 2, 3], 2, seed).get(self) as FrostKeyShare;

  it("keygen-2-of-3: every message and every share is as frozen", () => {
    const { sid, messages, outcomes } = recorded(keygenMachines(scheme, parties, 2, seed), seed);
    const shares = parties.map((party) => outputOf(outcomes, party).share);
    const about = { seed, scheme, parties, threshold: 2 };
    const now = { ...about, sid, messages, key: keyOf((shares[0] as FrostKeyShare).record), shares: shares.map(stored) };
    expectFrozen(`transcripts/frost-keygen-2-of-3-${scheme}`, now);
  });

  it("refresh-2-of-3: every message and every share is as frozen", () => {
    const of = `${seed}/refresh`;
    const setup = { members: membersOf(parties), dealers: signers, nonce: nonceFrom(of, parties), epochNumber: 7 };
    const machines = parties.map((self) => {
      return [self, frostRefreshMachine({ ...setup, share: shareOf(self) }, bytesFrom(`own/${self}`))] as const;
    });
    const { sid, messages, outcomes } = recorded(new Map(machines), of);
    const shares = parties.map((party) => outputOf(outcomes, party).share);
    const about = { seed: of, scheme, of: seed, dealers: signers, epochNumber: 7 };
    const now = { ...about, sid, messages, key: keyOf((shares[0] as FrostKeyShare).record), shares: shares.map(stored) };
    expectFrozen(`transcripts/frost-refresh-2-of-3-${scheme}`, now);
  });

  it("repair-2-of-3: every message and the share are as frozen", () => {
    const [receiver, of, key] = [idx(2), `${seed}/repair`, makeKey(scheme, [1, 2, 3], 2, seed)];
    const machines = repairMachines(suiteOf(scheme), key, { helpers: signers, receiver, seed: of });
    const { sid, messages, outcomes } = recorded(machines, of);
    const share = outputOf(outcomes, receiver).share as FrostKeyShare;
    expect(hex(share.secret)).toBe(hex(shareOf(receiver).secret));
    const about = { seed: of, scheme, of: seed, helpers: signers, receiver };
    expectFrozen(`transcripts/frost-repair-2-of-3-${scheme}`, { ...about, sid, messages, share: stored(share) });
  });

  it("sign-2-of-3: every message and the signature are as frozen", () => {
    const [message, of] = [bytesFrom("vectors/message"), `${seed}/sign`];
    const shares = new Map(signers.map((self) => [self, shareOf(self)]));
    const { sid, messages, outcomes } = recorded(signMachines(shares, { signers, message, seed: of }), of);
    const { signature, publicKey } = outputOf(outcomes, idx(1));
    const output = { signature: hex(signature), publicKey: hex(publicKey) };
    const now = { seed: of, scheme, key: seed, signers, message: hex(message), sid, messages, output };
    expectFrozen(`transcripts/frost-sign-2-of-3-${scheme}`, now);
  });

  it("sign-batch-2-of-3: every message and both signatures of a batch of two are as frozen", () => {
    const of = `${seed}/batch`;
    const items = [{ message: bytesFrom("vectors/message") }, { message: bytesFrom("vectors/message"), tweak }];
    const shares = new Map(signers.map((self) => [self, shareOf(self)]));
    const { sid, messages, outcomes } = recorded(signBatchMachines(shares, { signers, items, seed: of }), of);
    const outputs = outputOf(outcomes, idx(1)).map((outcome) => signed(scheme, items[0]?.message as Uint8Array, onlyOutput([outcome])));
    const given = [{ message: hex(items[0]?.message as Uint8Array) }, { message: hex(items[1]?.message as Uint8Array), tweak: hex(tweak) }];
    const now = { seed: of, scheme, key: seed, signers, items: given, sid, messages, outputs };
    expectFrozen(`transcripts/frost-sign-batch-2-of-3-${scheme}`, now);
  });

  it("preprocess-2-of-3: every message, the stored nonces and the signature that one message makes of them are as frozen", () => {
    const [of, message] = [`${seed}/preprocess`, bytesFrom("vectors/message")];
    const shares = new Map(signers.map((self) => [self, shareOf(self)]));
    const making = recorded(preprocessMachines(shares, { signers, count: 2, seed: of }), of);
    const pool = new Map(signers.map((self) => [self, outputOf(making.outcomes, self)]));
    const made = [...pool].map(([party, items]) => ({
      party,
      nonces: items.map(({ id, preprocessed }) => ({ id: hex(id), bytes: digestOf(preprocessed) })),
    }));
    const machines = onlineMachines(shares, pool, 1, { signers, message, tweak, seed: `${of}/online` });
    const online = recorded(machines, `${of}/online`);
    const output = signed(scheme, message, outputOf(online.outcomes, idx(1)));
    const about = { seed: of, scheme, key: seed, signers, count: 2, sid: making.sid, messages: making.messages, made };
    const later = { item: 2, message: hex(message), lateTweak: hex(tweak), onlineSid: online.sid, online: online.messages, output };
    expectFrozen(`transcripts/frost-preprocess-2-of-3-${scheme}`, { ...about, ...later });
  });

  it("import-2-of-3: every message, every share and what an export gives are as frozen", () => {
    const secret = bytesFrom(`${seed}/import/${scheme}`);
    const secretKey = scheme === "eddsa-ed25519" ? { seed: secret } : { scalar: secret };
    const importer = idx(4);
    const members = [...parties, importer];
    const setup = {
      ...{ importer, members: membersOf(members), receivers: parties, threshold: 2, epochNumber: 0 },
      ...{ publicKey: frostPublicKey(scheme, secretKey), chain: bytesFrom(`${seed}/chain`), nonce: nonceFrom(seed, members) },
    };
    const machines = members.map((self) => {
      return [self, frostImportMachine(scheme, { self, ...setup }, self === importer ? secretKey : undefined)] as const;
    });
    const { sid, messages, outcomes } = recorded(new Map(machines), seed);
    const shares = parties.map((party) => outputOf(outcomes, party).share as FrostKeyShare);
    const { record } = shares[0] as FrostKeyShare;
    const released = new Map(shares.slice(1).map((share) => [share.record.self, releaseFrostShare(share, consent).released]));
    const exported = hex(exportFrostKey({ key: record, shares: released, ...consent }));
    const about = { seed, scheme, secretKey: hex(secret), importer, parties, threshold: 2, epochNumber: 0 };
    const now = { ...about, sid, messages, key: keyOf(record), shares: shares.map(stored), exported };
    expectFrozen(`transcripts/frost-import-2-of-3-${scheme}`, now);
  });
});

it("sign-2-of-3-tweaked: a FROST signature of a derived key with a Merkle root is as frozen", () => {
  const [message, tweak, merkleRoot, of] = [
    ...["message", "tweak", "root"].map((name) => bytesFrom(`vectors/${name}`)),
    `${seed}/tweaked`,
  ] as [...[Uint8Array, Uint8Array, Uint8Array, string]];
  const shares = makeKey("schnorr-bip340", [1, 2, 3], 2, seed);
  const { sid, messages, outcomes } = recorded(signMachines(shares, { signers, message, tweak, merkleRoot, seed: of }), of);
  const { signature, publicKey } = outputOf(outcomes, idx(1));
  expect(schnorr.verify(signature, message, publicKey.subarray(1))).toBe(true);
  const output = { signature: hex(signature), publicKey: hex(publicKey) };
  const about = {
    seed: of,
    scheme: "schnorr-bip340",
    key: seed,
    signers,
    message: hex(message),
    tweak: hex(tweak),
    merkleRoot: hex(merkleRoot),
  };
  expectFrozen("transcripts/frost-sign-2-of-3-tweaked-schnorr-bip340", { ...about, sid, messages, output });
});

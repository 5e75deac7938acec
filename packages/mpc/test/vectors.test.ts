// Frozen transcripts (vectors/transcripts) and formats (vectors/old-states): regenerated and compared; written only when asked to.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { describe, expect, it } from "vitest";
import {
  decodePairs,
  decodeRecord,
  decodeSecret,
  encodePairs,
  encodeRecord,
  encodeSecret,
  exportKey,
  importMachine,
  type KeyShare,
  releaseShare,
  restoreKeygen,
} from "../src/dkls23/index.ts";
import {
  encodeFrostRecord,
  encodeFrostSecret,
  exportFrostKey,
  type FrostKeyShare,
  frostImportMachine,
  frostPublicKey,
  releaseFrostShare,
} from "../src/frost/index.ts";
import type { ShareIndex } from "../src/protocol/index.ts";
import * as frost from "./frost/cast.ts";
import {
  bytesFrom,
  type Envelope,
  hex,
  idx,
  keygenMachines,
  makeKey,
  nonceFrom,
  outputOf,
  runSession,
  signMachines,
} from "./simulation.ts";

const write = process.env.COVAULT_VECTORS === "write";
const file = (name: string): URL => new URL(`../vectors/${name}.json`, import.meta.url);

/** The frozen value; with `write`, what it is now. */
function frozen(name: string, now: unknown, keep = false): unknown {
  if (write && !(keep && existsSync(file(name)))) writeFileSync(file(name), `${JSON.stringify(now, null, 2)}\n`);
  return JSON.parse(readFileSync(file(name), "utf8"));
}

const seed = "vectors/2-of-3";
const parties = [1, 2, 3].map(idx);
const digestOf = (bytes: Uint8Array): string => hex(sha256(bytes));

function recorder() {
  const messages: string[] = [];
  const observe = ({ round, from, to }: Envelope, body: Uint8Array): void => {
    messages.push(`round ${round}, ${from} to ${to}: ${body.length} bytes, sha256 ${digestOf(body)}`);
  };
  return { messages, observe };
}

const consent = { endThresholdProtection: true } as const;
const keys = new Map<string, ReadonlyMap<ShareIndex, KeyShare>>();
const keyOf = (of: string): ReadonlyMap<ShareIndex, KeyShare> => {
  const key = keys.get(of) ?? makeKey([1, 2, 3], 2, of);
  keys.set(of, key);
  return key;
};

describe("transcripts", () => {
  it("keygen-2-of-3: every message and every share is as frozen", () => {
    const { messages, observe } = recorder();
    const machines = keygenMachines(parties, 2, seed);
    const sid = hex([...machines.values()][0]?.sid as Uint8Array);
    const outcomes = runSession(machines, { seed, observe });
    const shares = parties.map((party) => {
      const { record, secret, pairs } = outputOf(outcomes, party).share;
      const blobs = [encodeRecord(record), encodeSecret(secret), encodePairs(pairs as NonNullable<typeof pairs>)].map(digestOf);
      return { party, secret: hex(secret), blobs };
    });
    const { record } = outputOf(outcomes, idx(1)).share;
    const key = { publicKey: hex(record.publicKey), chain: hex(record.chain), keyId: hex(record.keyId), epoch: hex(record.epoch) };
    const now = { seed, parties, threshold: 2, sid, messages, key, shares };
    expect(now).toEqual(frozen("transcripts/keygen-2-of-3", now));
  });

  it("sign-2-of-3: every message and the signature are as frozen", () => {
    const { messages, observe } = recorder();
    const digest = bytesFrom("vectors/message");
    const tweak = bytesFrom("vectors/tweak");
    const machines = signMachines(keyOf(seed), { signers: [idx(1), idx(3)], digest, tweak, seed: `${seed}/sign` });
    const sid = hex([...machines.values()][0]?.sid as Uint8Array);
    const { signature, recovery, publicKey } = outputOf(runSession(machines, { seed: `${seed}/sign`, observe }), idx(1));
    expect(secp256k1.verify(signature, digest, publicKey, { prehash: false })).toBe(true);
    const output = { signature: hex(signature), recovery, publicKey: hex(publicKey) };
    const now = { seed: `${seed}/sign`, key: seed, signers: [1, 3], digest: hex(digest), tweak: hex(tweak), sid, messages, output };
    expect(now).toEqual(frozen("transcripts/sign-2-of-3", now));
  });

  it("import-2-of-3: every message, every share and what an export gives are as frozen", () => {
    const { messages, observe } = recorder();
    const secretKey = bytesFrom(`${seed}/import`);
    const importer = idx(4);
    const members = [...parties, importer];
    const setup = {
      ...{ importer, members: frost.membersOf(members), receivers: parties, threshold: 2 },
      ...{
        publicKey: secp256k1.getPublicKey(secretKey),
        chain: bytesFrom(`${seed}/chain`),
        nonce: nonceFrom(seed, members),
        epochNumber: 1,
      },
    };
    const machines = new Map(members.map((self) => [self, importMachine({ self, ...setup }, self === importer ? secretKey : undefined)]));
    const sid = hex(machines.get(importer)?.sid as Uint8Array);
    const outcomes = runSession(machines, { seed, observe });
    const made = parties.map((party) => outputOf(outcomes, party).share as KeyShare);
    const shares = made.map(({ record, secret, pairs }) => ({
      party: record.self,
      secret: hex(secret),
      blobs: [encodeRecord(record), encodeSecret(secret), encodePairs(pairs as NonNullable<typeof pairs>)].map(digestOf),
    }));
    const { record } = made[0] as KeyShare;
    const key = { publicKey: hex(record.publicKey), chain: hex(record.chain), keyId: hex(record.keyId), epoch: hex(record.epoch) };
    const released = new Map(made.slice(1).map((share) => [share.record.self, releaseShare(share, consent).released]));
    const exported = hex(exportKey({ key: record, shares: released, ...consent }));
    const now = { seed, secretKey: hex(secretKey), importer, parties, threshold: 2, sid, messages, key, shares, exported };
    expect(now).toEqual(frozen("transcripts/import-2-of-3", now));
  });
});

describe.each(frost.schemes)("FROST transcripts, %s", (scheme) => {
  it("import-2-of-3: every message, every share and what an export gives are as frozen", () => {
    const { messages, observe } = recorder();
    const secret = bytesFrom(`${seed}/import/${scheme}`);
    const secretKey = scheme === "eddsa-ed25519" ? { seed: secret } : { scalar: secret };
    const importer = idx(4);
    const members = [...parties, importer];
    const setup = {
      ...{ importer, members: frost.membersOf(members), receivers: parties, threshold: 2 },
      ...{
        publicKey: frostPublicKey(scheme, secretKey),
        chain: bytesFrom(`${seed}/chain`),
        nonce: nonceFrom(seed, members),
        epochNumber: 1,
      },
    };
    const machines = new Map(
      members.map((self) => [self, frostImportMachine(scheme, { self, ...setup }, self === importer ? secretKey : undefined)]),
    );
    const sid = hex(machines.get(importer)?.sid as Uint8Array);
    const outcomes = runSession(machines, { seed, observe });
    const made = parties.map((party) => outputOf(outcomes, party).share as FrostKeyShare);
    const shares = made.map(({ record, secret }) => ({
      party: record.self,
      secret: hex(secret),
      blobs: [encodeFrostRecord(record), encodeFrostSecret(secret)].map(digestOf),
    }));
    const { record } = made[0] as FrostKeyShare;
    const key = { publicKey: hex(record.publicKey), chain: hex(record.chain), keyId: hex(record.keyId), epoch: hex(record.epoch) };
    const released = new Map(made.slice(1).map((share) => [share.record.self, releaseFrostShare(share, consent).released]));
    const exported = hex(exportFrostKey({ key: record, shares: released, ...consent }));
    const now = { seed, scheme, secretKey: hex(secret), importer, parties, threshold: 2, sid, messages, key, shares, exported };
    const name = `transcripts/frost-import-2-of-3-${scheme}`;
    expect(now).toEqual(frozen(name, now));
  });
});

describe("old states", () => {
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
  const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "base64"));
  const pair = [1, 2].map(idx);
  const oldSeed = "old states";
  const members = pair.map((index) => ({ index, idpk: bytesFrom(`idpk/${index}`) }));

  it("version 1: two shares still sign together, and a stored round still resumes", () => {
    const now = () => {
      const machine = keygenMachines(pair, 2, oldSeed).get(idx(2));
      machine?.start(bytesFrom(oldSeed));
      const shares = [...makeKey(pair, 2, oldSeed).values()].map(({ record, secret, pairs }) => ({
        record: base64(encodeRecord(record)),
        secret: base64(encodeSecret(secret)),
        pairs: base64(encodePairs(pairs as NonNullable<typeof pairs>)),
      }));
      return { shares, round1: base64(machine?.snapshot() as Uint8Array) };
    };
    const name = "old-states/version-1";
    const old = frozen(name, write && !existsSync(file(name)) ? now() : undefined, true) as ReturnType<typeof now>;
    const shares = old.shares.map(({ record, secret, pairs }) => ({
      record: decodeRecord(bytes(record)),
      secret: decodeSecret(bytes(secret)),
      pairs: decodePairs(bytes(pairs)),
    }));
    const digest = bytesFrom("old shares");
    const machines = signMachines(new Map(shares.map((share) => [share.record.self, share])), { signers: pair, digest, seed: oldSeed });
    const { signature, publicKey } = outputOf(runSession(machines, { seed: oldSeed }), idx(1));
    expect(secp256k1.verify(signature, digest, publicKey, { prehash: false })).toBe(true);
    const setup = { self: idx(2), threshold: 2, members, nonce: nonceFrom(oldSeed, pair) };
    expect(base64(restoreKeygen(setup, bytes(old.round1)).snapshot())).toBe(old.round1);
  });
});

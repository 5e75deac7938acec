// The frozen transcripts of DKLs23 have every byte of every protocol from fixed entropy. A change
// here is another protocol, or another version.
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { describe, expect, it } from "vitest";
import {
  encodePairs,
  encodeRecord,
  encodeSecret,
  exportKey,
  importMachine,
  type KeyShare,
  onlineMachine,
  type Pairs,
  presignBatchMachine,
  presignMachine,
  refreshMachine,
  releaseShare,
  reshareMachine,
} from "../src/dkls23/index.ts";
import { suite } from "../src/dkls23/suite.ts";
import { onlyOutput, type ShareIndex } from "../src/protocol/index.ts";
import { membersOf } from "./frost/cast.ts";
import { digestOf, expectFrozen, keyOf, recorded } from "./frozen.ts";
import { type Renewal, renewalMachines, renewalSetup } from "./renewed.ts";
import { repairMachines } from "./repairs.ts";
import { bytesFrom, hex, idx, keygenMachines, makeKey, nonceFrom, outputOf, signBatchMachines, signMachines } from "./simulation.ts";

const seed = "vectors/2-of-3";
const parties = [1, 2, 3].map(idx);
const signers = [1, 3].map(idx);
const consent = { endThresholdProtection: true } as const;
let made: ReadonlyMap<ShareIndex, KeyShare> | undefined;
/** The key of keygen-2-of-3. */
const key = (): ReadonlyMap<ShareIndex, KeyShare> => {
  made ??= makeKey([1, 2, 3], 2, seed);
  return made;
};
const shareOf = (self: ShareIndex): KeyShare => key().get(self) as KeyShare;
/** Gives the record, the secret and the pairs as they are stored, by their digests. */
const stored = ({ record, secret, pairs }: KeyShare) => ({
  party: record.self,
  secret: hex(secret),
  blobs: [encodeRecord(record), encodeSecret(secret), encodePairs(pairs as Pairs)].map(digestOf),
});

describe("DKLs23 transcripts", () => {
  it("keygen-2-of-3: every message and every share is as frozen", () => {
    const { sid, messages, outcomes } = recorded(keygenMachines(parties, 2, seed), seed);
    const shares = parties.map((party) => outputOf(outcomes, party).share);
    const now = { seed, parties, threshold: 2, sid, messages, key: keyOf((shares[0] as KeyShare).record), shares: shares.map(stored) };
    expectFrozen("transcripts/keygen-2-of-3", now);
  });

  it("refresh-2-of-3: every message and every share is as frozen", () => {
    const setup = { members: membersOf(parties), dealers: signers, nonce: nonceFrom(`${seed}/refresh`, parties), epochNumber: 7 };
    const machines = new Map(parties.map((self) => [self, refreshMachine({ ...setup, share: shareOf(self) }, bytesFrom(`own/${self}`))]));
    const { sid, messages, outcomes } = recorded(machines, `${seed}/refresh`);
    const shares = parties.map((party) => outputOf(outcomes, party).share);
    const about = { seed: `${seed}/refresh`, of: seed, dealers: signers, epochNumber: 7 };
    const now = { ...about, sid, messages, key: keyOf((shares[0] as KeyShare).record), shares: shares.map(stored) };
    expectFrozen("transcripts/refresh-2-of-3", now);
  });

  it("repair-2-of-3: every message and the share are as frozen", () => {
    const [receiver, of] = [idx(2), `${seed}/repair`];
    const { sid, messages, outcomes } = recorded(repairMachines(suite, key(), { helpers: signers, receiver, seed: of }), of);
    const { record, secret } = outputOf(outcomes, receiver).share as KeyShare;
    expect(hex(secret)).toBe(hex(shareOf(receiver).secret));
    const share = { party: receiver, secret: hex(secret), blobs: [encodeRecord(record), encodeSecret(secret)].map(digestOf) };
    expectFrozen("transcripts/repair-2-of-3", { seed: of, of: seed, helpers: signers, receiver, sid, messages, share });
  });

  it("sign-2-of-3: every message and the signature are as frozen", () => {
    const [digest, tweak, of] = [bytesFrom("vectors/message"), bytesFrom("vectors/tweak"), `${seed}/sign`];
    const { sid, messages, outcomes } = recorded(signMachines(key(), { signers, digest, tweak, seed: of }), of);
    const { signature, recovery, publicKey } = outputOf(outcomes, idx(1));
    expect(secp256k1.verify(signature, digest, publicKey, { prehash: false })).toBe(true);
    const output = { signature: hex(signature), recovery, publicKey: hex(publicKey) };
    const now = { seed: of, key: seed, signers, digest: hex(digest), tweak: hex(tweak), sid, messages, output };
    expectFrozen("transcripts/sign-2-of-3", now);
  });

  it("presign-2-of-3: every message, the presignature and the signature that one message makes of it are as frozen", () => {
    const of = `${seed}/presign`;
    const [digest, tweak, intent] = ["message", "tweak", "intent"].map((name) => bytesFrom(`vectors/${name}`)) as [
      ...[Uint8Array, Uint8Array, Uint8Array],
    ];
    const setup = { signers, tweak: new Uint8Array(32), nonce: nonceFrom(of, signers), burned: [] };
    const presigning = recorded(new Map(signers.map((self) => [self, presignMachine({ ...setup, share: shareOf(self) })])), of);
    const ready = signers.map((self) => outputOf(presigning.outcomes, self));
    const presignatures = ready.map(({ id, pairIds, presignature }) => ({
      ...{ id: hex(id), pairIds: pairIds.map(hex), bytes: digestOf(presignature) },
    }));
    const { epoch } = shareOf(idx(1)).record;
    const presigned = ready[0]?.id as Uint8Array;
    const machines = new Map(
      signers.map((self, k) => [
        self,
        onlineMachine(ready[k]?.presignature as Uint8Array, { id: presigned, signers, epoch, digest, tweak, intent }),
      ]),
    );
    const online = recorded(machines, `${of}/online`);
    const { signature, recovery, publicKey } = outputOf(online.outcomes, idx(1));
    expect(secp256k1.verify(signature, digest, publicKey, { prehash: false })).toBe(true);
    const output = { signature: hex(signature), recovery, publicKey: hex(publicKey) };
    const about = { seed: of, key: seed, signers, digest: hex(digest), lateTweak: hex(tweak), intent: hex(intent) };
    const now = { ...about, sid: presigning.sid, messages: presigning.messages, presignatures, online: online.messages, output };
    expectFrozen("transcripts/presign-2-of-3", now);
  });

  it("sign-batch-2-of-3: every message and both signatures of a batch of two are as frozen", () => {
    const of = `${seed}/batch`;
    const items = [
      { digest: bytesFrom("vectors/message"), tweak: new Uint8Array(32) },
      { digest: bytesFrom("vectors/message"), tweak: bytesFrom("vectors/tweak") },
    ];
    const { sid, messages, outcomes } = recorded(signBatchMachines(key(), { signers, items, seed: of }), of);
    const outputs = outputOf(outcomes, idx(1)).map((outcome, k) => {
      const { signature, recovery, publicKey } = onlyOutput([outcome]);
      expect(secp256k1.verify(signature, items[k]?.digest as Uint8Array, publicKey, { prehash: false })).toBe(true);
      return { signature: hex(signature), recovery, publicKey: hex(publicKey) };
    });
    const given = items.map(({ digest, tweak }) => ({ digest: hex(digest), tweak: hex(tweak) }));
    expectFrozen("transcripts/sign-batch-2-of-3", { seed: of, key: seed, signers, items: given, sid, messages, outputs });
  });

  it("presign-batch-2-of-3: every message and both presignatures of a batch of two are as frozen", () => {
    const of = `${seed}/presign-batch`;
    const items = [new Uint8Array(32), bytesFrom("vectors/tweak")].map((tweak) => ({ tweak }));
    const setup = { signers, items, nonce: nonceFrom(of, signers), burned: [] };
    const machines = new Map(signers.map((self) => [self, presignBatchMachine({ ...setup, share: shareOf(self) })]));
    const { sid, messages, outcomes } = recorded(machines, of);
    const made = signers.map((self) => ({
      party: self,
      presignatures: outputOf(outcomes, self).map(({ id, presignature }) => ({ id: hex(id), bytes: digestOf(presignature) })),
    }));
    const given = items.map(({ tweak }) => ({ tweak: hex(tweak) }));
    expectFrozen("transcripts/presign-batch-2-of-3", { seed: of, key: seed, signers, items: given, sid, messages, made });
  });

  it("sign-3-of-4: three signers whose indices are not consecutive, under a tweak", () => {
    const [of, ids] = ["vectors/3-of-4", [2, 5, 9].map(idx)];
    const shares = makeKey([2, 5, 7, 9], 3, of);
    const [digest, tweak] = [bytesFrom("vectors/message"), bytesFrom("vectors/tweak")];
    const { sid, messages, outcomes } = recorded(signMachines(shares, { signers: ids, digest, tweak, seed: `${of}/sign` }), `${of}/sign`);
    const { signature, recovery, publicKey } = outputOf(outcomes, idx(2));
    expect(secp256k1.verify(signature, digest, publicKey, { prehash: false })).toBe(true);
    const output = { signature: hex(signature), recovery, publicKey: hex(publicKey) };
    const about = {
      seed: `${of}/sign`,
      key: of,
      parties: [2, 5, 7, 9],
      threshold: 3,
      signers: ids,
      digest: hex(digest),
      tweak: hex(tweak),
    };
    expectFrozen("transcripts/sign-3-of-4", { ...about, sid, messages, output });
  });

  it("reshare-2-of-3-to-3-of-4: a holder leaves, two come, the threshold grows", () => {
    const [of, receivers] = [`${seed}/reshare`, [1, 3, 4, 6].map(idx)];
    const setup = {
      ...{ members: membersOf(receivers), dealers: signers, receivers, threshold: 3 },
      ...{ nonce: nonceFrom(of, receivers), epochNumber: 7 },
    };
    const mine = (self: ShareIndex) => key().get(self) ?? { self, key: shareOf(idx(1)).record };
    const machines = new Map(receivers.map((self) => [self, reshareMachine({ ...setup, mine: mine(self) }, bytesFrom(`own/${self}`))]));
    const { sid, messages, outcomes } = recorded(machines, of);
    const shares = receivers.map((party) => outputOf(outcomes, party).share as KeyShare);
    const about = { seed: of, of: seed, dealers: signers, receivers, threshold: 3, epochNumber: 7 };
    expectFrozen("transcripts/reshare-2-of-3-to-3-of-4", {
      ...about,
      sid,
      messages,
      key: keyOf((shares[0] as KeyShare).record),
      shares: shares.map(stored),
    });
  });

  it("renewal-2-of-3: every message, both ends' new pair and a signature with it are as frozen", () => {
    const renewal: Renewal = { ends: [1, 3], generation: 2, seed: `${seed}/renewal` };
    const { sid, messages, outcomes } = recorded(renewalMachines(key(), renewal), renewal.seed);
    const made = signers.map((self) => outputOf(outcomes, self));
    const { lo, hi, generation, pairId } = outputOf(outcomes, idx(1)).ack;
    const renewed = new Map(signers.map((self, k) => [self, { ...shareOf(self), pairs: made[k]?.renewed }]));
    const digest = bytesFrom("vectors/message");
    const signing = recorded(signMachines(renewed, { signers, digest, seed: `${renewal.seed}/sign` }), `${renewal.seed}/sign`);
    const { signature, recovery, publicKey } = outputOf(signing.outcomes, idx(1));
    expect(secp256k1.verify(signature, digest, publicKey, { prehash: false })).toBe(true);
    const oldPairId = hex(renewalSetup(key(), idx(1), renewal).oldPairId);
    const pairs = made.map(({ renewed }) => ({ party: renewed.self, blob: digestOf(encodePairs(renewed)) }));
    const signed = { sid: signing.sid, messages: signing.messages, signature: hex(signature), recovery, publicKey: hex(publicKey) };
    const about = { seed: renewal.seed, key: seed, lo, hi, generation, oldPairId, sid, messages, pairId: hex(pairId), pairs };
    expectFrozen("transcripts/renewal-2-of-3", { ...about, digest: hex(digest), signed });
  });

  it("import-2-of-3: every message, every share and what an export gives are as frozen", () => {
    const secretKey = bytesFrom(`${seed}/import`);
    const importer = idx(4);
    const members = [...parties, importer];
    const setup = {
      ...{ importer, members: membersOf(members), receivers: parties, threshold: 2, epochNumber: 0 },
      ...{ publicKey: secp256k1.getPublicKey(secretKey), chain: bytesFrom(`${seed}/chain`), nonce: nonceFrom(seed, members) },
    };
    const machines = new Map(members.map((self) => [self, importMachine({ self, ...setup }, self === importer ? secretKey : undefined)]));
    const { sid, messages, outcomes } = recorded(machines, seed);
    const shares = parties.map((party) => outputOf(outcomes, party).share as KeyShare);
    const { record } = shares[0] as KeyShare;
    const released = new Map(shares.slice(1).map((share) => [share.record.self, releaseShare(share, consent).released]));
    const exported = hex(exportKey({ key: record, shares: released, ...consent }));
    const about = { seed, secretKey: hex(secretKey), importer, parties, threshold: 2, epochNumber: 0 };
    expectFrozen("transcripts/import-2-of-3", { ...about, sid, messages, key: keyOf(record), shares: shares.map(stored), exported });
  });
});

// The tests compute the ids of dkls23-spec 0.4, 2.5, 6.2 and 7.1 a second time from their text.
// They also hold the codes that nothing else may take.
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type KeyShare,
  keyIdOf,
  type Pairs,
  presignBatchMachine,
  presignMachine,
  refreshMachine,
  repairMachine,
  type StoredPair,
  signBatchMachine,
  signMachine,
} from "../src/dkls23/index.ts";
import { importMachine, keygenMachine, recoveryMachine, renewalMachine, reshareMachine } from "../src/dkls23/machines.ts";
import { type FrostKeyShare, frostImportMachine, frostKeygenMachine, frostPublicKey, frostRefreshMachine } from "../src/frost/index.ts";
import { frostPreprocessMachine, frostSignBatchMachine, frostSignMachine } from "../src/frost/machines.ts";
import { dkgKinds, runKinds } from "../src/protocol/encoding/names.ts";
import { protocolCodes, type ShareIndex } from "../src/protocol/index.ts";
import { makeKey as makeFrostKey, membersOf } from "./frost/cast.ts";
import { repairMachines } from "./repairs.ts";
import { ascii, frostTH, int, listOf, q, TH, u8, u16, u32 } from "./second.ts";
import { bytesFrom, type Envelope, hex, idx, makeKey, nonceFrom, outputOf, runSession } from "./simulation.ts";
import { dkgSuites, makeKeyOf } from "./suites.ts";

const parties = [1, 2, 3].map(idx);
const [one, two, three] = parties as [ShareIndex, ShareIndex, ShareIndex];
const nonce = nonceFrom("ids", parties);
const members = membersOf(parties);
const suites = { "eddsa-ed25519": "FROST-ED25519-SHA512-v1", "schnorr-bip340": "FROST-secp256k1-SHA256-TR-v1" } as const;
const refused = (act: () => unknown): void => expect(act).toThrowError(expect.objectContaining({ code: "mpc/bad-setup" }));

let shares: ReadonlyMap<ShareIndex, KeyShare>;
let share: KeyShare;
beforeAll(() => {
  shares = makeKey([1, 2, 3], 2, "ids");
  share = shares.get(one) as KeyShare;
});

it("the nonce is a hash of everybody's contribution, ascending", () => {
  const fields = parties.flatMap((j) => [u16(j), bytesFrom(`ids/contribution/${j}`)]);
  expect(hex(nonce)).toBe(hex(TH("nonce", ...fields)));
});

describe("the session id of a run that deals shares", () => {
  const roles = (kind: number, U: readonly number[], D: readonly number[], N: readonly number[], t = 2): Uint8Array[] => [
    ...[nonce, u8(kind), u16(t), listOf(U), listOf(D), listOf(N)],
    ...U.map((j) => bytesFrom(`idpk/${j}`)),
  ];
  const predecessor = (number: number): Uint8Array[] => {
    const { keyId, epoch, holders } = share.record;
    const X = TH("key/X", ...holders.flatMap(({ index, publicShare }) => [u16(index), publicShare]));
    return [u32(number), keyId, epoch, u16(2), listOf([1, 2, 3]), X];
  };

  it("names kind, threshold, roles and identity keys", () => {
    const { sid } = keygenMachine({ self: one, threshold: 2, members, nonce });
    expect(hex(sid)).toBe(hex(TH("dkg/sid", ...roles(0, [1, 2, 3], [1, 2, 3], [1, 2, 3]))));
  });

  it("names what it follows, and the number of the epoch to come", () => {
    const dealers = [one, two];
    const refresh = refreshMachine({ share, members, dealers, nonce, epochNumber: 0x01020304 });
    expect(hex(refresh.sid)).toBe(hex(TH("dkg/sid", ...roles(1, [1, 2, 3], [1, 2], [1, 2, 3]), ...predecessor(0x01020304))));
    const recovery = recoveryMachine({ mine: share, members, dealers, nonce, epochNumber: 9 });
    expect(hex(recovery.sid)).toBe(hex(TH("dkg/sid", ...roles(4, [1, 2, 3], [1, 2], [1, 2, 3]), ...predecessor(9))));
    const all = [1, 2, 3, 4].map(idx);
    const reshare = reshareMachine({
      ...{ mine: share, members: membersOf(all), dealers, receivers: [2, 3, 4].map(idx), threshold: 3, nonce, epochNumber: 2 },
      ...{ members: membersOf([1, 2, 3, 4].map(idx)) },
    });
    expect(hex(reshare.sid)).toBe(hex(TH("dkg/sid", ...roles(2, [1, 2, 3, 4], [1, 2], [2, 3, 4], 3), ...predecessor(2))));
  });

  it("of a pair renewal names the epoch, both ends, the generation to come and the old pair", () => {
    const [lo, hi] = [one, three];
    const setup = {
      record: share.record,
      members: membersOf([lo, hi]),
      generation: 9,
      acknowledged: 8,
      oldPairId: bytesFrom("old"),
      nonce,
    };
    const [, ...epoch] = predecessor(0);
    const fields = [...roles(5, [lo, hi], [], [lo, hi]), ...epoch, u16(lo), u16(hi), u32(9), bytesFrom("old")];
    expect(hex(renewalMachine(setup, share.secret).sid)).toBe(hex(TH("dkg/sid", ...fields)));
  });

  it("of an import names the key that is imported", () => {
    const [publicKey, chain] = [secp256k1.getPublicKey(bytesFrom("imported")), bytesFrom("chain")];
    const setup = { self: one, importer: two, members, receivers: parties, threshold: 2, publicKey, chain, nonce, epochNumber: 5 };
    expect(hex(importMachine(setup).sid)).toBe(hex(TH("dkg/sid", ...roles(3, [1, 2, 3], [2], [1, 2, 3]), u32(5), publicKey, chain)));
  });

  it("refuses an epoch number that does not fit 32 bits", () => {
    for (const epochNumber of [-1, 1.5, 2 ** 32, Number.NaN]) {
      refused(() => refreshMachine({ share, members, nonce, epochNumber }));
      const publicKey = secp256k1.getPublicKey(bytesFrom("imported"));
      const setup = { self: one, importer: two, members, receivers: parties, threshold: 2, publicKey, chain: nonce, nonce };
      refused(() => importMachine({ ...setup, epochNumber }));
    }
    refreshMachine({ share, members, nonce, epochNumber: 2 ** 32 - 1 });
  });

  it.each(Object.entries(suites) as [keyof typeof suites, string][])("of %s names its suite first", (scheme, suite) => {
    const keygen = frostKeygenMachine(scheme, { self: one, threshold: 2, members, nonce });
    expect(hex(keygen.sid)).toBe(hex(frostTH("dkg/sid", ascii(suite), ...roles(0, [1, 2, 3], [1, 2, 3], [1, 2, 3]))));
    const mine = makeFrostKey(scheme, [1, 2, 3], 2, "ids").get(one) as FrostKeyShare;
    const { keyId, epoch, holders } = mine.record;
    const X = frostTH("key/X", ...holders.flatMap(({ index, publicShare }) => [u16(index), publicShare]));
    const context = [u32(6), keyId, epoch, u16(2), listOf([1, 2, 3]), X];
    const refresh = frostRefreshMachine({ share: mine, members, nonce, epochNumber: 6 });
    expect(hex(refresh.sid)).toBe(hex(frostTH("dkg/sid", ascii(suite), ...roles(1, [1, 2, 3], [1, 2, 3], [1, 2, 3]), ...context)));
    const publicKey = frostPublicKey(scheme, { scalar: bytesFrom("x").fill(1, 0, 1).fill(1, 31) });
    const setup = { self: one, importer: two, members, receivers: parties, threshold: 2, publicKey, chain: nonce, nonce, epochNumber: 5 };
    const fields = [ascii(suite), ...roles(3, [1, 2, 3], [2], [1, 2, 3]), u32(5), publicKey, nonce];
    expect(hex(frostImportMachine(scheme, setup).sid)).toBe(hex(frostTH("dkg/sid", ...fields)));
    for (const epochNumber of [-1, 2 ** 32]) refused(() => frostRefreshMachine({ share: mine, members, nonce, epochNumber }));
  });
});

describe("the session id of a share repair", () => {
  it.each(dkgSuites)(
    "names the epoch, the helpers as those who deal and the receiver, and its digest names all rows ($scheme)",
    (suite) => {
      const ecdsa = suite.scheme === "ecdsa-secp256k1";
      const [H, z, all] = [[1, 4].map(idx), three, [1, 3, 4].map(idx)];
      const key = makeKeyOf(suite, [1, 2, 3, 4], 2, "ids/repair");
      const machines = repairMachines(suite, key, { helpers: H, receiver: z, seed: "ids/repair" });
      const { keyId, epoch, holders } = (key.get(one) as KeyShare).record;
      const hash = ecdsa ? TH : frostTH;
      const X = hash("key/X", ...holders.flatMap(({ index, publicShare }) => [u16(index), publicShare]));
      const sid = hash(
        "dkg/sid",
        ...(ecdsa ? [] : [ascii(suites[suite.scheme as keyof typeof suites])]),
        ...[nonceFrom("ids/repair", all), u8(6), u16(2), listOf([1, 3, 4]), listOf([1, 4]), listOf([3])],
        ...all.map((j) => bytesFrom(`idpk/${j}`)),
        ...[keyId, epoch, u16(2), listOf([1, 2, 3, 4]), X, u16(3)],
      );
      for (const machine of machines.values()) expect(hex(machine.sid)).toBe(hex(sid));
      const rows = new Map<number, Uint8Array>();
      const digests: string[] = [];
      runSession(machines, {
        seed: "ids/repair",
        observe: ({ round, from, to }, body) => {
          if (to !== z) return;
          if (round === 1) rows.set(from, body.slice());
          else digests.push(hex(body.slice(32)));
        },
      });
      const e = hex(hash("repair/h1", sid, ...H.flatMap((i) => [u16(i), rows.get(i) as Uint8Array])));
      expect(digests).toEqual([e, e]);
    },
  );

  it("differs between two epochs of one key", () => {
    const key = makeKeyOf(dkgSuites[0] as never, [1, 2, 3], 2, "ids/epochs") as ReadonlyMap<ShareIndex, KeyShare>;
    const setup = (each: KeyShare) => ({ mine: each, helpers: [one, two], receiver: three, members, nonce });
    const renewed = runSession(
      new Map(parties.map((j) => [j, refreshMachine({ share: key.get(j) as KeyShare, members, nonce, epochNumber: 1 })])),
      { seed: "ids/epochs" },
    );
    const [old, fresh] = [key.get(one) as KeyShare, outputOf(renewed, one).share].map((each) => hex(repairMachine(setup(each)).sid));
    expect(old).not.toBe(fresh);
  });
});

describe("the names of a key, its epoch and its pairs", () => {
  it("follow from what anybody can see", () => {
    const { keyId, epoch, h2, publicKey, chain } = share.record;
    expect(hex(keyId)).toBe(hex(TH("key/id", ascii("ecdsa-secp256k1"), publicKey, chain)));
    expect(hex(epoch)).toBe(hex(TH("key/epoch", keyId, h2)));
    for (const [j, { id, generation }] of (share.pairs as Pairs).partners)
      expect([generation, hex(id)]).toEqual([0, hex(TH("pair/id", epoch, u16(1), u16(j), u32(0), h2))]);
    const theirs = ((shares.get(three) as KeyShare).pairs as Pairs).partners.get(one);
    expect(hex(theirs?.id as Uint8Array)).toBe(hex((share.pairs as Pairs).partners.get(three)?.id as Uint8Array));
  });

  it("differ for one secret and chain code under ECDSA and under BIP-340", () => {
    const [secretKey, chain, at] = [bytesFrom("one secret"), bytesFrom("chain"), [1, 2].map(idx)];
    const even = secp256k1.getPublicKey(secretKey).with(0, 2);
    expect(hex(keyIdOf("ecdsa-secp256k1", even, chain))).not.toBe(hex(keyIdOf("schnorr-bip340", even, chain)));
    const publicKey = frostPublicKey("schnorr-bip340", { scalar: secretKey });
    const scalar = secp256k1.getPublicKey(secretKey)[0] === 2 ? secretKey : opposite(secretKey);
    const setup = {
      importer: one,
      members: membersOf(at),
      receivers: at,
      threshold: 2,
      publicKey,
      chain,
      nonce: nonceFrom("m", at),
      epochNumber: 0,
    };
    const ecdsa = new Map(at.map((self) => [self, importMachine({ ...setup, self }, self === one ? scalar : undefined)]));
    const taproot = new Map(
      at.map((self) => [self, frostImportMachine("schnorr-bip340", { ...setup, self }, self === one ? { scalar } : undefined)]),
    );
    const [first, second] = [outputOf(runSession(ecdsa, { seed: "e" }), two), outputOf(runSession(taproot, { seed: "t" }), two)];
    expect(hex(first.generation.publicKey)).toBe(hex(second.generation.publicKey));
    expect(hex(first.generation.keyId)).not.toBe(hex(second.generation.keyId));
  });
});
const opposite = (secret: Uint8Array): Uint8Array => {
  const x = (q - int(secret)) % q;
  return Uint8Array.from(x.toString(16).padStart(64, "0").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
};

describe("the session id of a signature", () => {
  it("names the item of a batch, the signers and every pair of them", () => {
    const key = makeKey([1, 2, 3], 3, "ids/3");
    const [tweak, digest] = [bytesFrom("tweak").fill(0, 0, 1), bytesFrom("digest").fill(255)];
    const setup = { share: key.get(two) as KeyShare, signers: parties, tweak, nonce, burned: [] };
    const { epoch, h2 } = setup.share.record;
    const pairs = [
      [1, 2],
      [1, 3],
      [2, 3],
    ].map(([lo, hi]) => TH("pair/id", epoch, u16(lo as number), u16(hi as number), u32(0), h2));
    const of = (m: Uint8Array) => hex(TH("sign/sid", epoch, nonce, u16(0), u16(3), u16(1), u16(2), u16(3), ...pairs, tweak, m));
    const m = int(digest) % q;
    const reduced = Uint8Array.from(m.toString(16).padStart(64, "0").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
    expect(hex(signMachine({ ...setup, digest }).sid)).toBe(of(reduced));
    expect(hex(presignMachine(setup).sid)).toBe(of(new Uint8Array(0)));
  });

  it("of a batch names its items: each has an ssid with its number, and all of them make the bid", () => {
    const signers = [one, three];
    const share = shares.get(one) as KeyShare;
    const { epoch, h2 } = share.record;
    const pair = TH("pair/id", epoch, u16(1), u16(3), u32(0), h2);
    const items = ["a", "b"].map((name) => ({ digest: bytesFrom(name).fill(0, 0, 1), tweak: bytesFrom(`tweak ${name}`).fill(0, 0, 1) }));
    const bid = (of: (digest: Uint8Array) => Uint8Array) => {
      const ssids = items.map(({ digest, tweak }, k) =>
        TH("sign/sid", epoch, nonce, u16(k + 1), u16(2), u16(1), u16(3), pair, tweak, of(digest)),
      );
      return hex(TH("sign/batch", epoch, nonce, u16(2), ...ssids));
    };
    const setup = { share, signers, nonce, burned: [], items };
    expect(hex(signBatchMachine(setup).sid)).toBe(bid((digest) => digest));
    expect(hex(presignBatchMachine(setup).sid)).toBe(bid(() => new Uint8Array(0)));
  });

  it("of a presignature leads to its id, which is everything that all signers hold alike", () => {
    const signers = [one, three];
    const setup = { signers, tweak: new Uint8Array(32), nonce: nonceFrom("pid", signers), burned: [] };
    const machines = new Map(signers.map((self) => [self, presignMachine({ ...setup, share: shares.get(self) as KeyShare })]));
    const [coms, opened] = [new Map<number, Uint8Array>(), new Map<number, Uint8Array[]>()];
    const observe = ({ round, from }: Envelope, body: Uint8Array): void => {
      // Round 1 begins with com, and round 2 with h1, R, rho and pk.
      if (round === 1) coms.set(from, body.slice(0, 32));
      else opened.set(from, [body.slice(32, 96), body.slice(96, 128), body.slice(128, 192)]);
    };
    const outcomes = runSession(machines, { seed: "pid", observe });
    const ssid = machines.get(one)?.sid as Uint8Array;
    const h1 = TH("sign/h1", ssid, ...signers.flatMap((j) => [u16(j), coms.get(j) as Uint8Array]));
    const pid = TH("presig/id", ssid, h1, ...signers.flatMap((j) => [u16(j), ...(opened.get(j) as Uint8Array[])]));
    for (const j of signers) expect(hex(outputOf(outcomes, j).id)).toBe(hex(pid));
    const { id } = ((shares.get(one) as KeyShare).pairs as Pairs).partners.get(three) as StoredPair;
    for (const j of signers) expect(outputOf(outcomes, j).pairIds.map(hex)).toEqual([hex(id)]);
  });

  it.each(Object.entries(suites) as [keyof typeof suites, string][])("of %s names its suite and the Taproot tweak", (scheme, suite) => {
    const mine = makeFrostKey(scheme, [1, 2, 3], 2, "ids").get(one) as FrostKeyShare;
    const [message, signers] = [bytesFrom("message"), [one, three]];
    const { epoch } = mine.record;
    const of = (tweak: Uint8Array, given: number, root: Uint8Array) =>
      hex(frostTH("sign/sid", ascii(suite), epoch, nonce, u16(0), u16(2), u16(1), u16(3), tweak, u8(given), root, message));
    const none = new Uint8Array(0);
    expect(hex(frostSignMachine({ share: mine, signers, message, nonce }).sid)).toBe(of(new Uint8Array(32), 0, none));
    if (scheme === "eddsa-ed25519") return;
    const tweak = bytesFrom("tweak").fill(0, 0, 1);
    const merkleRoot = bytesFrom("root");
    expect(hex(frostSignMachine({ share: mine, signers, message, nonce, tweak, merkleRoot }).sid)).toBe(of(tweak, 1, merkleRoot));
    expect(hex(frostSignMachine({ share: mine, signers, message, nonce, tweak, merkleRoot: none }).sid)).toBe(of(tweak, 1, none));
  });
});

describe.each(Object.entries(suites) as [keyof typeof suites, string][])("a session id of %s", (scheme, suite) => {
  const share = makeFrostKey(scheme, [1, 2, 3], 2, "ids").get(one) as FrostKeyShare;
  const { epoch } = share.record;
  const signers = [one, three];
  const tail = [u16(2), u16(1), u16(3)];

  it("of a batch names its items", () => {
    const [tweak, none] = [bytesFrom("tweak").fill(0, 0, 1).fill(0, 31), new Uint8Array(32)];
    const items = [{ message: bytesFrom("a"), tweak }, { message: bytesFrom("b") }];
    const ssids = [tweak, none].map((tau, k) => {
      const fields = [ascii(suite), epoch, nonce, u16(k + 1), ...tail, tau, u8(0), new Uint8Array(0)];
      return frostTH("sign/sid", ...fields, items[k]?.message as Uint8Array);
    });
    const bid = frostTH("sign/batch", epoch, nonce, u16(2), ...ssids);
    expect(hex(frostSignBatchMachine({ share, signers, nonce, items }).sid)).toBe(hex(bid));
  });

  it("of a pool says how many items, and each is named by what all members showed", () => {
    const psid = frostTH("pool/sid", ascii(suite), epoch, nonce, u16(2), ...tail);
    const all = makeFrostKey(scheme, [1, 2, 3], 2, "ids");
    const machines = signers.map((self) => {
      return [self, frostPreprocessMachine({ share: all.get(self) as FrostKeyShare, signers, nonce, count: 2 })] as const;
    });
    const [shown, echoes] = [new Map<number, Uint8Array>(), new Set<string>()];
    const observe = ({ round, from }: Envelope, body: Uint8Array): void =>
      void (round === 1 ? shown.set(from, body.slice()) : echoes.add(hex(body)));
    const outcomes = runSession(new Map(machines), { seed: "pool", observe });
    expect(new Set(machines.map(([, { sid }]) => hex(sid)))).toEqual(new Set([hex(psid)]));
    const ids = [0, 1].map((k) => {
      const named = signers.flatMap((j) => {
        const body = shown.get(j) as Uint8Array;
        const E = body.length / 4;
        return [u16(j), body.slice(2 * k * E, (2 * k + 1) * E), body.slice((2 * k + 1) * E, (2 * k + 2) * E)];
      });
      return frostTH("pool/id", psid, u16(k + 1), ...named);
    });
    for (const j of signers) expect(outputOf(outcomes, j).map(({ id }) => hex(id))).toEqual(ids.map(hex));
    expect(echoes).toEqual(new Set([hex(frostTH("pool/h1", psid, ...ids))]));
  });
});

describe("codes", () => {
  it("of kinds are those of the specification, and no two are one", () => {
    expect(runKinds).toEqual({ keygen: 0, refresh: 1, reshare: 2, import: 3, recovery: 4, renewal: 5, repair: 6 });
    expect(dkgKinds).toEqual(["keygen", "refresh", "reshare", "import", "recovery"]);
  });

  it("of protocols are those of the specification, FROST's are the same, and no two protocols of one scheme share one", () => {
    const entries = Object.entries(protocolCodes);
    const frost = entries.filter(([name]) => name.startsWith("frost-"));
    const other = entries.filter(([name]) => !name.startsWith("frost-"));
    expect(other.map(([, code]) => code)).toEqual([1, 2, 3, 4, 5, 6, 7, 16, 17, 18]);
    for (const [name, code] of frost) expect(Object.fromEntries(other)[name.slice("frost-".length)]).toBe(code);
    expect(new Set(frost.map(([, code]) => code)).size).toBe(frost.length);
  });
});

// Key generation end to end (dkls23-spec 2, 10.2).
import { secp256k1 } from "@noble/curves/secp256k1.js";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import {
  decodePairs,
  decodeRecord,
  decodeSecret,
  encodePairs,
  encodeRecord,
  encodeSecret,
  type KeyShare,
  keygenMachine,
  keyIdOf,
  restoreKeygen,
} from "../src/dkls23/index.ts";
import type { Machine, ShareIndex } from "../src/protocol/index.ts";
import { bytesFrom, hex, idx, keygenMachines, makeKey, nonceFrom, outputOf, runSession } from "./simulation.ts";

const q = secp256k1.Point.CURVE().n;
const number = (bytes: Uint8Array): bigint => BigInt(`0x${hex(bytes)}`);
const mod = (x: bigint): bigint => ((x % q) + q) % q;
const bit = (words: Uint8Array, g: number): number => ((words[(g >> 5) * 4 + 3 - ((g >> 3) & 3)] as number) >> (g & 7)) & 1;

/** The key that t shares make, by an own interpolation. */
function interpolate(shares: readonly KeyShare[]): bigint {
  const indices = shares.map(({ record }) => BigInt(record.self));
  const inverse = (x: bigint): bigint => secp256k1.Point.Fn.inv(mod(x));
  return mod(
    shares.reduce((sum, { secret }, k) => {
      const i = indices[k] as bigint;
      const lambda = indices.reduce((product, j) => (j === i ? product : mod(product * j * inverse(j - i))), 1n);
      return sum + lambda * number(secret);
    }, 0n),
  );
}

function expectWholeKey(shares: ReadonlyMap<ShareIndex, KeyShare>, threshold: number): void {
  const all = [...shares.values()];
  const first = all[0] as KeyShare;
  for (const { record, secret } of all) {
    expect({ ...record, self: 0 }).toEqual({ ...first.record, self: 0 });
    const publicShare = record.holders.find(({ index }) => index === record.self)?.publicShare as Uint8Array;
    expect(hex(publicShare)).toBe(hex(secp256k1.getPublicKey(secret)));
  }
  for (const some of [all.slice(0, threshold), all.slice(-threshold)])
    expect(hex(secp256k1.Point.BASE.multiply(interpolate(some)).toBytes())).toBe(hex(first.record.publicKey));
  expect(hex(first.record.keyId)).toBe(hex(keyIdOf(first.record.publicKey, first.record.chain)));
}

/** Alice holds Delta and one seed of each pair: the one at 1 - Delta. Both hold the zero seed. */
function expectPairsFit(a: KeyShare, b: KeyShare): void {
  const [mine, theirs] = [a.pairs?.get(b.record.self), b.pairs?.get(a.record.self)];
  if (mine === undefined || theirs === undefined) throw new Error("no pair");
  expect(hex(mine.zeroSeed)).toBe(hex(theirs.zeroSeed));
  for (let g = 0; g < 128; g++) {
    const known = hex(mine.send.seeds.subarray(16 * g, 16 * g + 16));
    const pair = [0, 1].map((x) => hex(theirs.recv.pairs.subarray(32 * g + 16 * x, 32 * g + 16 * x + 16)));
    const delta = bit(mine.send.delta, g);
    expect(pair[1 - delta]).toBe(known);
    expect(pair[delta]).not.toBe(known);
  }
}

describe("a key generation", () => {
  let shares: ReadonlyMap<ShareIndex, KeyShare>;
  beforeAll(() => {
    shares = makeKey([3, 700, 65535], 2, "keygen");
  });

  it("gives everybody the same key, and any t shares make it", () => expectWholeKey(shares, 2));

  it("leaves every pair with matching OT states in both directions, and the same zero seed", () => {
    for (const a of shares.values()) for (const b of shares.values()) if (a !== b) expectPairsFit(a, b);
  });

  it("stores and loads as three blobs", () => {
    for (const { record, secret, pairs } of shares.values()) {
      expect(decodeRecord(encodeRecord(record))).toEqual(record);
      expect(decodeSecret(encodeSecret(secret))).toEqual(secret);
      expect(decodePairs(encodePairs(pairs as NonNullable<typeof pairs>))).toEqual(pairs);
    }
  });

  it("refuses blobs that are cut, longer, of another version, or that contradict themselves", () => {
    const { record, secret, pairs } = shares.get(idx(3)) as KeyShare;
    const blobs = [
      [encodeRecord(record), decodeRecord],
      [encodeSecret(secret), decodeSecret],
      [encodePairs(pairs as NonNullable<typeof pairs>), decodePairs],
    ] as const;
    const unreadable = expect.objectContaining({ code: "mpc/bad-share-record" });
    for (const [blob, decode] of blobs) {
      expect(() => decode(blob.slice(0, -1))).toThrowError(unreadable);
      expect(() => decode(Uint8Array.from([...blob, 0]))).toThrowError(unreadable);
      expect(() => decode(Uint8Array.from(blob).fill(9, 0, 1))).toThrowError(unreadable);
      expect(() => decode(new Uint8Array(0))).toThrowError(unreadable);
    }
    const other = bytesFrom("other");
    for (const change of [
      { keyId: other },
      { epoch: other },
      { h2: other },
      { chain: other },
      { self: idx(4) },
      { threshold: 4 },
      { threshold: 1 },
    ])
      expect(() => decodeRecord(encodeRecord({ ...record, ...change }))).toThrowError(unreadable);
  });
});

it("any t of n parties with any indices make a key", () => {
  const parties = fc
    .uniqueArray(fc.integer({ min: 1, max: 65535 }), { minLength: 2, maxLength: 4 })
    .map((list) => list.sort((a, b) => a - b));
  const keys = parties.chain((indices) => fc.tuple(fc.constant(indices), fc.integer({ min: 2, max: indices.length }), fc.string()));
  fc.assert(
    fc.property(keys, ([indices, threshold, seed]) => {
      const order = (senders: readonly ShareIndex[]) => [...senders].reverse();
      const machines = keygenMachines(indices.map(idx), threshold, seed);
      const outcomes = runSession(machines, { seed, order });
      expectWholeKey(new Map([...machines.keys()].map((party) => [party, outputOf(outcomes, party).share])), threshold);
    }),
    { numRuns: 3 },
  );
});

describe("a key generation that stops and resumes from its bytes", () => {
  const parties = [idx(1), idx(2)];
  const seed = "resume";
  const members = parties.map((index) => ({ index, idpk: bytesFrom(`idpk/${index}`) }));
  const setup = (self: ShareIndex) => ({ self, threshold: 2, members, nonce: nonceFrom(seed, parties) });

  it("in every round gives the same bytes and the same share", () => {
    const straight = [...makeKey([1, 2], 2, seed).values()];
    let machines = new Map<ShareIndex, Machine<{ share: KeyShare }>>(parties.map((self) => [self, keygenMachine(setup(self))]));
    let step = 0;
    const entropy = (self: ShareIndex): Uint8Array => bytesFrom(`${seed}/${self}/${step++}`);
    let turns = new Map([...machines].map(([self, machine]) => [self, machine.start(entropy(self))]));
    for (let round = 1; round <= 3; round++) {
      const snapshots = new Map([...machines].map(([self, machine]) => [self, machine.snapshot()]));
      for (const [self, machine] of machines) expect(hex(machine.snapshot())).toBe(hex(snapshots.get(self) as Uint8Array));
      machines = new Map([...snapshots].map(([self, bytes]) => [self, restoreKeygen(setup(self), bytes)]));
      const sent = new Map(
        [...turns].map(([from, turn]) => [from, turn.kind === "exchange" ? turn.outbox : new Map<ShareIndex, Uint8Array>()]),
      );
      turns = new Map(
        [...machines].map(([self, machine]) => {
          const inbox = new Map(machine.peers.map((from) => [from, sent.get(from)?.get(self) as Uint8Array]));
          return [self, machine.deliver(inbox, entropy(self))];
        }),
      );
    }
    for (const { record, secret } of straight) {
      const turn = turns.get(record.self);
      if (turn?.kind !== "done") throw new Error("expected the share");
      expect(turn.output.share.record).toEqual(record);
      expect(hex(turn.output.share.secret)).toBe(hex(secret));
    }
  });

  it("refuses a snapshot of another session, or one that is damaged", () => {
    const machine = keygenMachine(setup(idx(1)));
    machine.start(bytesFrom("entropy"));
    const bytes = machine.snapshot();
    const other = { ...setup(idx(1)), nonce: bytesFrom("other") };
    expect(() => restoreKeygen(other, bytes)).toThrowError(expect.objectContaining({ code: "mpc/context-mismatch" }));
    for (const damaged of [bytes.slice(0, -1), bytes.slice(1), Uint8Array.from(bytes).fill(7, 0, 1), new Uint8Array(0)])
      expect(() => restoreKeygen(setup(idx(1)), damaged)).toThrowError(expect.objectContaining({ code: "mpc/bad-state" }));
  });
});

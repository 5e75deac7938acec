// Key generation runs end to end (dkls23-spec 2, 10.2).
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { recordBytes } from "../src/dkg/index.ts";
import {
  decodePairs,
  decodeRecord,
  decodeSecret,
  encodePairs,
  encodeRecord,
  encodeSecret,
  type KeyShare,
  keygenMachine,
  restoreKeygen,
} from "../src/dkls23/index.ts";
import { dkls23 } from "../src/dkls23/key-share.ts";
import type { Machine, ShareIndex } from "../src/protocol/index.ts";
import { expectPairsFit, expectWholeKey } from "./key-checks.ts";
import { bytesFrom, hex, idx, keygenMachines, makeKey, nonceFrom, outputOf, runSession } from "./simulation.ts";

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
      expect(() => decodeRecord(recordBytes(dkls23, { ...record, ...change }))).toThrowError(unreadable);
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
    const entropy = (self: ShareIndex, call: number): Uint8Array => bytesFrom(`${seed}/${self}/${call}`);
    let turns = new Map([...machines].map(([self, machine]) => [self, machine.start(entropy(self, 1))]));
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
          return [self, machine.deliver(inbox, entropy(self, round + 1))];
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

// Pair renewal (dkls23-spec 7.1 and 10.2) of a healthy, a lost and a burned pair, at the first and
// the last generation, with the other holders offline. After it signatures are made, also with a
// third signer who never saw it.
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { beforeAll, describe, expect, it } from "vitest";
import { presignMachine, refreshMachine, restoreRenewal, signMachine } from "../src/dkls23/index.ts";
import { protocolCodes } from "../src/protocol/index.ts";
import { membersOf } from "./frost/cast.ts";
import { stored } from "./imported.ts";
import { pairOf, renew, renewalMachines, renewalSetup, restored, type Shares, shareOf, signSetup } from "./renewed.ts";
import { TH, u16, u32 } from "./second.ts";
import { bytesFrom, type Envelope, errorOf, hex, idx, makeKey, nonceFrom, outputOf, runSession, type Tamper } from "./simulation.ts";

let shares: Shares;
let three: Shares;
beforeAll(() => {
  shares = makeKey([1, 2, 3], 2, "renewal");
  three = makeKey([3, 700, 65_535], 3, "renewal/3");
});

const signMachines = (of: Shares, signers: readonly number[]) =>
  new Map(signers.map((self) => [idx(self), signMachine(signSetup(of, self, signers))] as const));

/** Signs with `signers`, all of them told what their joins name, and verifies every signature. */
function expectSigns(of: Shares, signers: readonly number[]): void {
  const outcomes = runSession(signMachines(of, signers), { seed: "signs" });
  for (const self of signers) {
    const { signature, publicKey } = outputOf(outcomes, idx(self));
    expect(secp256k1.verify(signature, bytesFrom("digest"), publicKey, { prehash: false })).toBe(true);
  }
}

describe("a renewed pair", () => {
  const renewal = { ends: [1, 2], generation: 1, seed: "renewal/1" } as const;

  it("is the same at both ends, fresh, and named by its own run; shares and epoch stay", () => {
    const made = renew(shares, renewal);
    const [mine, theirs] = [pairOf(made, 1, 2), pairOf(made, 2, 1)];
    if (mine === undefined || theirs === undefined) throw new Error("no pair");
    expect([hex(mine.id), hex(mine.zeroSeed), mine.generation]).toEqual([hex(theirs.id), hex(theirs.zeroSeed), 1]);
    const old = pairOf(shares, 1, 2);
    for (const name of ["id", "zeroSeed"] as const) expect(hex(mine[name])).not.toBe(hex(old?.[name] as Uint8Array));
    expect(hex(mine.send.delta)).not.toBe(hex(old?.send.delta as Uint8Array));
    // The pairs with the third holder stay.
    expect(pairOf(made, 1, 3)).toEqual(pairOf(shares, 1, 3));
    expect([...(shareOf(made, 1).pairs?.partners.keys() ?? [])]).toEqual([2, 3]);
    expectSigns(made, [1, 2]);
  });

  it("comes with what both ends acknowledge, alike", () => {
    const outcomes = runSession(renewalMachines(shares, renewal), { seed: renewal.seed });
    const [one, two] = [1, 2].map((self) => outputOf(outcomes, idx(self)));
    const { keyId, epoch } = shareOf(shares, 1).record;
    const pairId = one?.renewed.partners.get(idx(2))?.id as Uint8Array;
    expect(one?.ack).toEqual({ keyId, epoch, lo: 1, hi: 2, generation: 1, pairId });
    expect(two?.ack).toEqual(one?.ack);
  });

  it("has digests, zero seed, confirmations and id that follow from what both ends sent and from the record", () => {
    const [bodies, zs] = [new Map<string, Uint8Array>(), new Map<number, Uint8Array>()];
    const observe = ({ round, from }: Envelope, body: Uint8Array) => bodies.set(`${round}/${from}`, body.slice());
    const machines = renewalMachines(shares, renewal);
    const outcomes = runSession(machines, { seed: renewal.seed, observe });
    const sid = machines.get(idx(1))?.sid as Uint8Array;
    const at = (round: number, from: number, begin: number, end?: number) =>
      bodies.get(`${round}/${from}`)?.slice(begin, end) as Uint8Array;
    for (const from of [1, 2]) zs.set(from, at(2, from, 64, 96));
    const none = new Uint8Array(0);
    const h1 = TH("dkg/h1", sid, u16(2), u16(1), at(1, 1, 0, 32), u16(2), at(1, 2, 0, 32));
    const opened = [1, 2].flatMap((from) => [u16(from), none, none, at(2, from, 32, 64), none]);
    const { publicKey, chain, epoch, holders } = shareOf(shares, 1).record;
    const X = holders.slice(0, 2).flatMap(({ index, publicShare }) => [u16(index), publicShare]);
    const h2 = TH("dkg/h2", h1, ...opened, publicKey, chain, ...X);
    const seed = TH("zero/seed", h1, u16(1), u16(2), ...zs.values());
    // 1 is S: A and the reversal are its, the list is that of 2.
    const osid = TH("ot/sid", sid, u16(1), u16(2));
    const otx = TH("ot/tr", osid, at(1, 1, 32), at(1, 2, 32), at(2, 1, 96, 4192), at(2, 1, 4192, 4208), at(2, 1, 4208));
    for (const [from, to] of [
      [1, 2],
      [2, 1],
    ] as const) {
      expect([hex(at(2, from, 0, 32)), hex(at(3, from, 0, 32))]).toEqual([hex(h1), hex(h2)]);
      expect(hex(at(3, from, 32))).toBe(hex(TH("dkg/kc", h2, u16(from), u16(to), seed, otx)));
      const pair = outputOf(outcomes, idx(from)).renewed.partners.get(idx(to));
      expect(hex(pair?.zeroSeed as Uint8Array)).toBe(hex(seed));
      expect(hex(pair?.id as Uint8Array)).toBe(hex(TH("pair/id", epoch, u16(1), u16(2), u32(1), h2)));
    }
  });

  it.each([1, 16])("of generation %i signs, beside a third signer who never saw the renewal", (generation) => {
    const made = renew(three, { ends: [700, 65_535], generation, seed: `renewal/${generation}` });
    expectSigns(made, [3, 700, 65_535]);
    expect(pairOf(made, 700, 65_535)?.generation).toBe(generation);
  });

  it("of every pair of three, one after the other, signs", () => {
    const pairs: [number, number][] = [
      [3, 700],
      [3, 65_535],
      [700, 65_535],
    ];
    const made = pairs.reduce((of, ends, k) => renew(of, { ends, generation: 1 + k, seed: `renewal/${k}` }), three);
    expectSigns(made, [3, 700, 65_535]);
  });

  it("is made again by the next renewal", () => {
    const once = renew(shares, renewal);
    const twice = renew(once, { ends: [1, 2], generation: 2, seed: "renewal/2" });
    expect(pairOf(twice, 1, 2)?.generation).toBe(2);
    expect(hex(pairOf(twice, 1, 2)?.id as Uint8Array)).not.toBe(hex(pairOf(once, 1, 2)?.id as Uint8Array));
    expectSigns(twice, [1, 2]);
  });

  it("presigns, and the presignature names it", () => {
    const made = renew(shares, renewal);
    const machines = new Map(
      [1, 2].map((self) => {
        const { digest: _, ...setup } = signSetup(made, self, [1, 2]);
        return [idx(self), presignMachine(setup)];
      }),
    );
    const outcomes = runSession(machines, { seed: "presign" });
    expect(outputOf(outcomes, idx(1)).pairIds.map(hex)).toEqual([hex(pairOf(made, 1, 2)?.id as Uint8Array)]);
  });

  it("is read from its bytes again before every round", () => {
    const machines = new Map(
      [...renewalMachines(shares, renewal)].map(([self, machine]) => [
        self,
        stored(machine, (snapshot) => restoreRenewal(renewalSetup(shares, self, renewal), snapshot)),
      ]),
    );
    const [kept, again] = [machines, renewalMachines(shares, renewal)].map((each) => runSession(each, { seed: renewal.seed }));
    for (const self of [1, 2].map(idx)) expect(outputOf(kept as never, self)).toEqual(outputOf(again as never, self));
  });

  it("is made by two, in messages of the bytes of the specification", () => {
    const [S, R] = [...renewalMachines(shares, renewal).values()];
    expect([S?.protocol, protocolCodes.renewal, S?.peers, S?.rounds]).toEqual(["renewal", 6, [2], 3]);
    expect([1, 2, 3, 4].map((round) => S?.bodyBytes(round, idx(2)))).toEqual([16_416, 96, 64, 0]);
    expect([1, 2, 3, 4].map((round) => R?.bodyBytes(round, idx(1)))).toEqual([96, 6_256, 64, 0]);
  });
});

describe("after a restore from a backup", () => {
  const lost = (self: number) => restored(shares, self);
  const refused = (code: string, message: string) => expect.objectContaining({ code, message: expect.stringContaining(message) });

  it("a party renews with one partner and signs with it, while its other pairs are missing", () => {
    expect(() => signMachine(signSetup(lost(2), 2, [1, 2]))).toThrowError(refused("mpc/pairs-missing", "backup"));
    const made = renew(lost(2), { ends: [2, 3], generation: 1, seed: "restored" });
    expect([...(shareOf(made, 2).pairs?.partners.keys() ?? [])]).toEqual([3]);
    expectSigns(made, [2, 3]);
    expectSigns(made, [1, 3]);
    expect(() => signMachine(signSetup(made, 2, [1, 2]))).toThrowError(refused("mpc/pairs-missing", "no pair with party 1"));
    expect(() => signMachine(signSetup(made, 1, [1, 2]))).toThrowError(refused("mpc/context-mismatch", "1 and 2"));
  });

  it("a party with some of its pairs takes part in a refresh, which makes all of them", () => {
    const made = renew(lost(2), { ends: [2, 3], generation: 1, seed: "restored" });
    const parties = [1, 2, 3].map(idx);
    const setup = { members: membersOf(parties), nonce: nonceFrom("refresh", parties), epochNumber: 1 };
    const machines = new Map(parties.map((self) => [self, refreshMachine({ ...setup, share: shareOf(made, self) })]));
    const outcomes = runSession(machines, { seed: "refresh" });
    expectSigns(new Map(parties.map((self) => [self, outputOf(outcomes, self).share])), [1, 2]);
  });
});

it("a pair whose check failed is renewed as any other, and its new generation signs", () => {
  const lie: Tamper = ({ round, from }, body) => (round === 1 && from === 2 ? body.with(40, (body[40] as number) ^ 1) : body);
  const burned = runSession(signMachines(shares, [1, 2]), { seed: "burned", tamper: lie });
  expect(errorOf(burned, idx(1))).toMatchObject({ code: "mpc/ot-check-failed", culprits: [2], consequence: "burn" });
  expectSigns(renew(shares, { ends: [1, 2], generation: 1, seed: "burned" }), [1, 2]);
});

// In refresh, recovery and reshare (dkls23-spec 7, 10.2, 10.4 l and m) the key stays, the shares do
// not, and epochs never mix.
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { beforeAll, describe, expect, it } from "vitest";
import type { Prescribed } from "../src/dkg/context.ts";
import { dkgMachine, round1, round2, round3 } from "../src/dkg/index.ts";
import { type KeyShare, type Predecessor, recoveryMachine, refreshMachine, reshareMachine, restoreRefresh } from "../src/dkls23/index.ts";
import { dkls23 } from "../src/dkls23/key-share.ts";
import { collect, type Machine, type ShareIndex } from "../src/protocol/index.ts";
import { dealtConstant, type Succession, successionContext } from "../src/succession/index.ts";
import { be32, expectPairsFit, expectWholeKey, interpolate, number } from "./key-checks.ts";
import { bytesFrom, errorOf, hex, idx, makeKey, nonceFrom, outputOf, runSession, signMachines, type Tamper } from "./simulation.ts";

type Shares = ReadonlyMap<ShareIndex, KeyShare>;
interface Dealt {
  readonly share: KeyShare | undefined;
}
const holders = [1, 2, 3].map(idx);
let old: Shares;
beforeAll(() => {
  old = makeKey(holders, 2, "succession");
});

const shareOf = (shares: Shares, party: ShareIndex): KeyShare => shares.get(party) as KeyShare;
const keyOf = (shares: Shares): Predecessor => ([...shares.values()][0] as KeyShare).record;
const membersOf = (parties: readonly ShareIndex[]) => parties.map((index) => ({ index, idpk: bytesFrom(`idpk/${index}`) }));
const restored = ({ record, secret }: KeyShare): KeyShare => ({ record, secret, pairs: undefined });

function run(machines: ReadonlyMap<ShareIndex, Machine<Dealt>>, seed: string, tamper?: Tamper) {
  const outcomes = runSession(machines, { seed, ...(tamper && { tamper }) });
  const shares = (): Shares =>
    new Map(
      [...machines.keys()].flatMap((party) => {
        const { share } = outputOf(outcomes, party);
        return share === undefined ? [] : [[party, share] as const];
      }),
    );
  return { outcomes, shares };
}

function refresh(shares: Shares, seed: string, dealers?: readonly ShareIndex[], tamper?: Tamper) {
  const parties = [...shares.keys()];
  const setup = { members: membersOf(parties), nonce: nonceFrom(seed, parties), epochNumber: 1, ...(dealers && { dealers }) };
  return run(new Map(parties.map((party) => [party, refreshMachine({ share: shareOf(shares, party), ...setup })])), seed, tamper);
}

function expectSigns(shares: Shares, signers: readonly ShareIndex[]): void {
  const digest = bytesFrom("after the succession");
  const { signature, publicKey } = outputOf(
    runSession(signMachines(shares, { signers, digest, seed: "s" }), { seed: "s" }),
    signers[0] as ShareIndex,
  );
  expect(secp256k1.verify(signature, digest, publicKey, { prehash: false })).toBe(true);
  expect(hex(publicKey)).toBe(hex(keyOf(shares).publicKey));
}

/** Checks that the key is the same one, in a new generation. */
function expectSucceeds(now: Shares, before: Shares): void {
  const [a, b] = [keyOf(now), keyOf(before)];
  expect([a.publicKey, a.chain, a.keyId].map(hex)).toEqual([b.publicKey, b.chain, b.keyId].map(hex));
  expect(hex(a.epoch)).not.toBe(hex(b.epoch));
}

describe("a refresh", () => {
  let fresh: Shares;
  beforeAll(() => {
    fresh = refresh(old, "refresh").shares();
  });

  it("keeps the key and changes every share, every pair and the epoch", () => {
    expectWholeKey(fresh, 2);
    expectSucceeds(fresh, old);
    for (const party of holders) expect(hex(shareOf(fresh, party).secret)).not.toBe(hex(shareOf(old, party).secret));
    for (const a of fresh.values()) for (const b of fresh.values()) if (a !== b) expectPairsFit(a, b);
    expect(hex(shareOf(fresh, idx(1)).pairs?.partners.get(idx(2))?.zeroSeed as Uint8Array)).not.toBe(
      hex(shareOf(old, idx(1)).pairs?.partners.get(idx(2))?.zeroSeed as Uint8Array),
    );
    expectSigns(fresh, [idx(1), idx(3)]);
  });

  it("works with t dealers, and for shares that were restored from a backup", () => {
    const backups = new Map([...old].map(([party, share]) => [party, restored(share)]));
    const shares = refresh(backups, "restored", [idx(2), idx(3)]).shares();
    expectWholeKey(shares, 2);
    expectSucceeds(shares, old);
    expectSigns(shares, [idx(1), idx(2)]);
  });

  it("mixes with no other epoch: the session ids differ, and the shares make another key", () => {
    const mixed = new Map([...old, [idx(1), shareOf(fresh, idx(1))]]);
    const machines = signMachines(mixed, { signers: [idx(1), idx(2)], digest: bytesFrom("m"), seed: "mixed" });
    expect(hex(machines.get(idx(1))?.sid as Uint8Array)).not.toBe(hex(machines.get(idx(2))?.sid as Uint8Array));
    const outcomes = runSession(machines, { seed: "mixed" });
    expect([idx(1), idx(2)].map((party) => errorOf(outcomes, party)?.code)).toEqual(["mpc/ot-check-failed", "mpc/ot-check-failed"]);
    const point = secp256k1.Point.BASE.multiply(interpolate([shareOf(fresh, idx(1)), shareOf(old, idx(2))]));
    expect(hex(point.toBytes())).not.toBe(hex(keyOf(old).publicKey));
  });

  it("resumes from its bytes, and deals what it had dealt", () => {
    const setup = (party: ShareIndex) => ({
      share: shareOf(old, party),
      members: membersOf(holders),
      nonce: nonceFrom("resume", holders),
      epochNumber: 1,
    });
    const machine = refreshMachine(setup(idx(1)));
    machine.start(bytesFrom("entropy"));
    expect(hex(restoreRefresh(setup(idx(1)), machine.snapshot()).snapshot())).toBe(hex(machine.snapshot()));
  });

  it("names itself, not a key generation, when a base OT holds no point", () => {
    const { outcomes } = refresh(old, "no point", undefined, ({ round, from }, body) =>
      round === 1 && from === 2 ? body.fill(255, 32) : body,
    );
    const error = errorOf(outcomes, idx(1));
    expect([error?.code, error?.culprits, error?.facts.round]).toEqual(["mpc/bad-message", [2], "refresh, round 2"]);
  });

  it("refuses fewer than t dealers, strangers, another set of holders, and a record that contradicts itself", () => {
    const refused = (change: object): void =>
      expect(() =>
        refreshMachine({ share: shareOf(old, idx(1)), members: membersOf(holders), nonce: bytesFrom("n"), epochNumber: 1, ...change }),
      ).toThrowError(expect.objectContaining({ code: "mpc/bad-setup" }));
    refused({ dealers: [idx(1)] });
    refused({ dealers: [idx(1), idx(4)] });
    refused({ members: membersOf([idx(1), idx(2)]) });
    const { record } = shareOf(old, idx(1));
    const swapped = record.holders.map(({ index }, k) => ({ index, publicShare: record.holders[(k + 1) % 3]?.publicShare as Uint8Array }));
    refused({ share: { ...shareOf(old, idx(1)), record: { ...record, holders: swapped } } });
  });
});

describe("a recovery", () => {
  it("gives the lost share back at its index, without a word from it about the key", () => {
    const lost = idx(2);
    const setup = { members: membersOf(holders), dealers: [idx(1), idx(3)], nonce: nonceFrom("recovery", holders), epochNumber: 1 };
    const mine = (party: ShareIndex) => (party === lost ? { self: lost, key: keyOf(old) } : shareOf(old, party));
    const { shares } = run(new Map(holders.map((party) => [party, recoveryMachine({ mine: mine(party), ...setup })])), "recovery");
    expectWholeKey(shares(), 2);
    expectSucceeds(shares(), old);
    expectSigns(shares(), [idx(1), lost]);
  });

  it("refuses a recovered party that would deal", () => {
    const setup = { members: membersOf(holders), dealers: [idx(1), idx(2)], nonce: bytesFrom("n"), epochNumber: 1 };
    expect(() => recoveryMachine({ mine: { self: idx(2), key: keyOf(old) }, ...setup })).toThrowError(
      expect.objectContaining({ code: "mpc/bad-setup" }),
    );
  });
});

describe("a reshare", () => {
  const receivers = [1, 11, 12, 13].map(idx);
  const members = [1, 2, 11, 12, 13].map(idx);
  const machines = (seed: string, change: object = {}) => {
    const setup = {
      members: membersOf(members),
      dealers: [idx(1), idx(2)],
      receivers,
      threshold: 3,
      nonce: nonceFrom(seed, members),
      epochNumber: 1,
      ...change,
    };
    const mine = (party: ShareIndex) => (old.has(party) ? shareOf(old, party) : { self: party, key: keyOf(old) });
    return new Map(members.map((party) => [party, reshareMachine({ mine: mine(party), ...setup })]));
  };

  it("moves a 2-of-3 key to 3-of-4 with three new holders; who leaves gets nothing but the new generation", () => {
    const { outcomes, shares } = run(machines("reshare"), "reshare");
    expect([...shares().keys()]).toEqual(receivers);
    expectWholeKey(shares(), 3);
    expectSucceeds(shares(), old);
    expectSigns(shares(), [idx(1), idx(11), idx(13)]);
    const leaving = outputOf(outcomes, idx(2)) as { share: unknown; generation: { epoch: Uint8Array } };
    expect(leaving.share).toBeUndefined();
    expect(hex(leaving.generation.epoch)).toBe(hex(keyOf(shares()).epoch));
  });

  it("(l) that one new holder splits in the last round leaves the old epoch signing", () => {
    const { outcomes } = run(machines("split"), "split", ({ round, from, to }, body) => {
      if (round === 3 && from === 11 && to === 12) body[40] = (body[40] as number) ^ 1;
      return body;
    });
    expect(errorOf(outcomes, idx(12))?.code).toBe("mpc/confirmation-mismatch");
    expect(errorOf(outcomes, idx(13))).toBeUndefined();
    expectSigns(old, [idx(1), idx(3)]);
  });

  it("refuses a threshold above the number of new holders", () => {
    expect(() => machines("refused", { threshold: 5 })).toThrowError(expect.objectContaining({ code: "mpc/bad-setup" }));
  });
});

describe("a lying dealer", () => {
  /**
   * Makes a machine that deals another share than its own. The party's own machine would refuse
   * that share.
   */
  const dishonest = (setup: Succession<KeyShare>): Machine<Dealt> => {
    const constant = be32(number(dealtConstant(dkls23, setup) as Uint8Array) + 1n);
    return dkgMachine(dkls23, successionContext(dkls23, setup), { constant }, (output) => output);
  };

  it("that deals another value than its share is blamed, and the old epoch is untouched", () => {
    const setup = { members: membersOf(holders), nonce: nonceFrom("dishonest", holders), epochNumber: 1 };
    const machines = holders.map((self): [ShareIndex, Machine<Dealt>] => {
      const roles = { kind: "refresh", dealers: holders, receivers: holders, threshold: 2 } as const;
      const share = shareOf(old, self);
      return [self, self === 3 ? dishonest({ ...setup, ...roles, mine: share }) : refreshMachine({ ...setup, share })];
    });
    const outcomes = runSession(new Map(machines), { seed: "dishonest" });
    for (const victim of [idx(1), idx(2)]) {
      const error = errorOf(outcomes, victim);
      expect([error?.code, error?.culprits, error?.consequence]).toEqual(["mpc/dealer-mismatch", [3], "retry"]);
    }
    expectSigns(old, [idx(1), idx(2)]);
  });

  it("that commits to another chain code is blamed", () => {
    const members = membersOf([1, 2].map(idx));
    const pair = new Map([...makeKey([1, 2], 2, "chain")]);
    const of = (party: ShareIndex) => {
      const share = shareOf(pair, party);
      const setup = {
        kind: "refresh",
        members,
        dealers: [1, 2].map(idx),
        receivers: [1, 2].map(idx),
        threshold: 2,
        nonce: bytesFrom("n"),
        epochNumber: 1,
      } as const;
      const succession = { ...setup, mine: share };
      return { context: successionContext(dkls23, succession), constant: dealtConstant(dkls23, succession) };
    };
    const [honest, liar] = [of(idx(1)), of(idx(2))];
    const lied = { ...liar.context, prescribed: { ...(liar.context.prescribed as Prescribed), chain: bytesFrom("another chain") } };
    const [a1, b1] = [round1(honest.context, honest, bytesFrom("a1")), round1(lied, liar, bytesFrom("b1"))];
    const from = <M>(party: number, send: ReadonlyMap<ShareIndex, M>) => collect([idx(party)], [[idx(party), [...send.values()][0] as M]]);
    const a2 = round2(a1.next, from(2, b1.send), bytesFrom("a2"));
    const b2 = round2(b1.next, from(1, a1.send), bytesFrom("b2"));
    expect(() => round3(a2.next, from(2, b2.send))).toThrowError(
      expect.objectContaining({ code: "mpc/dealer-mismatch", culprits: [2], consequence: "retry" }),
    );
  });

  it("is found by a newcomer and by a leaving party alike", () => {
    const members = [1, 2, 9].map(idx);
    const setup = {
      members: membersOf(members),
      dealers: [idx(1), idx(2)],
      receivers: [idx(1), idx(9)],
      threshold: 2,
      nonce: bytesFrom("n"),
      epochNumber: 1,
    };
    const machines = new Map<ShareIndex, Machine<Dealt>>([
      [idx(1), dishonest({ kind: "reshare", mine: shareOf(old, idx(1)), ...setup })],
      [idx(2), reshareMachine({ mine: shareOf(old, idx(2)), ...setup })],
      [idx(9), reshareMachine({ mine: { self: idx(9), key: keyOf(old) }, ...setup })],
    ]);
    const { outcomes } = run(machines, "newcomer");
    for (const victim of [idx(2), idx(9)]) {
      expect(errorOf(outcomes, victim)?.code).toBe("mpc/dealer-mismatch");
      expect(errorOf(outcomes, victim)?.culprits).toEqual([1]);
    }
  });
});

describe("members that disagree about the key", () => {
  it("get different session ids: another epoch, other public shares, another kind", () => {
    const setup = { members: membersOf(holders), dealers: holders, nonce: bytesFrom("n"), epochNumber: 1 };
    const share = shareOf(old, idx(1));
    const sid = (machine: Machine<unknown>): string => hex(machine.sid);
    const other = makeKey(holders, 2, "another key");
    const sids = [
      refreshMachine({ share, ...setup }),
      refreshMachine({ share: { ...share, record: { ...share.record, epoch: bytesFrom("epoch") } }, ...setup }),
      refreshMachine({ share: shareOf(other, idx(1)), ...setup }),
      recoveryMachine({ mine: share, ...setup }),
      reshareMachine({ mine: share, ...setup, receivers: holders, threshold: 2 }),
      reshareMachine({ mine: share, ...setup, receivers: holders, threshold: 3 }),
      refreshMachine({ share, ...setup, dealers: [idx(1), idx(2)] }),
    ].map(sid);
    expect(new Set(sids).size).toBe(sids.length);
  });
});

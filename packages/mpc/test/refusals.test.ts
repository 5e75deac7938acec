// Some runs are refused before anything is computed: other contexts, bad setups, rounds run twice
// (dkls23-spec 0.4 to 0.6, 10.4).
import { CovaultError } from "@covault/errors";
import { beforeAll, describe, expect, it } from "vitest";
import { type KeyShare, keygenMachine, type Pairs, restoreKeygen, signMachine } from "../src/dkls23/index.ts";
import { firstPairs } from "../src/dkls23/pairs.ts";
import type { Machine, ShareIndex } from "../src/protocol/index.ts";
import { bytesFrom, hex, idx, makeKey, nonceFrom, signMachines } from "./simulation.ts";

const [one, two, three] = [idx(1), idx(2), idx(3)];
const all = [one, two, three];
const seed = "attacks";
const digest = bytesFrom("a message");
let shares: ReadonlyMap<ShareIndex, KeyShare>;
beforeAll(() => {
  shares = makeKey(all, 3, seed);
});

describe("members with different inputs get different session ids, so that they stop in round 1", () => {
  const base = { signers: all, nonce: nonceFrom(seed, all), tweak: new Uint8Array(32), digest, burned: [] };
  const machine = (change: object) => signMachine({ share: shares.get(one) as KeyShare, ...base, ...change });
  const changes = {
    message: { digest: bytesFrom("another message") },
    tweak: { tweak: bytesFrom("tweak").fill(0, 0, 1) },
    nonce: { nonce: bytesFrom("nonce") },
  };
  const sidOf = (change: object): string => hex(machine(change).sid);
  for (const [what, change] of Object.entries(changes))
    it(`another ${what}`, () => {
      expect(sidOf(change)).not.toBe(sidOf({}));
      expect(sidOf({})).toBe(sidOf({}));
    });

  it("another set of signers", () => {
    const key = makeKey([1, 2, 3], 2, "sets");
    const of = (signers: readonly ShareIndex[]) =>
      signMachine({ ...base, share: key.get(one) as KeyShare, signers, nonce: base.nonce }).sid;
    expect(hex(of([one, two]))).not.toBe(hex(of([one, three])));
  });

  it("another epoch of the same key", () => {
    const share = shares.get(one) as KeyShare;
    const record = { ...share.record, epoch: bytesFrom("epoch") };
    const newer = { ...share, record, pairs: firstPairs(record, (share.pairs as Pairs).partners) };
    expect(sidOf({ share: newer })).not.toBe(sidOf({}));
  });

  it("another threshold or other identity keys of a key generation", () => {
    const members = all.map((index) => ({ index, idpk: bytesFrom(`idpk/${index}`) }));
    const of = (change: object) => hex(keygenMachine({ self: one, threshold: 2, members, nonce: base.nonce, ...change }).sid);
    const others = members.map((member) => (member.index === 3 ? { ...member, idpk: bytesFrom("impostor") } : member));
    expect(new Set([of({}), of({ threshold: 3 }), of({ members: others }), of({ nonce: bytesFrom("nonce") })]).size).toBe(4);
  });
});

describe("(f) share indices", () => {
  const members = (indices: readonly number[]) => indices.map((index) => ({ index: idx(index), idpk: bytesFrom(`${index}`) }));
  const nonce = bytesFrom("nonce");
  for (const indices of [
    [0, 1],
    [1, 1],
    [2, 1],
    [1, 65536],
    [1, 1.5],
    [1, -1],
    [1, Number.NaN],
  ])
    it(`refuses ${indices.join(", ")} in a key generation`, () => {
      expect(() => keygenMachine({ self: one, threshold: 2, members: members(indices), nonce })).toThrowError(
        expect.objectContaining({ code: "mpc/bad-setup" }),
      );
    });
  for (const signers of [[1, 2], [1, 1, 2], [1, 2, 4], [2, 3], [1, 2, 3, 3], [3, 2, 1], [0, 1, 2], []])
    it(`refuses the signers ${signers.join(", ")} of a 3-of-3 key`, () => {
      const share = shares.get(one) as KeyShare;
      const setup = { share, signers: signers.map(idx), digest, tweak: new Uint8Array(32), nonce, burned: [] };
      expect(() => signMachine(setup)).toThrowError(expect.objectContaining({ code: "mpc/bad-setup" }));
    });
  for (const threshold of [0, 1, 4, 2.5])
    it(`refuses the threshold ${threshold} of 3 parties`, () => {
      expect(() => keygenMachine({ self: one, threshold, members: members([1, 2, 3]), nonce })).toThrowError(
        expect.objectContaining({ code: "mpc/bad-setup" }),
      );
    });
});

describe("a signing setup", () => {
  const setup = () => ({
    share: shares.get(one) as KeyShare,
    signers: all,
    digest,
    tweak: new Uint8Array(32),
    nonce: bytesFrom("nonce"),
    burned: [] as ShareIndex[],
  });
  const refused = (change: object, code: string): void =>
    expect(() => signMachine({ ...setup(), ...change })).toThrowError(expect.objectContaining({ code }));
  const order = Uint8Array.from(Buffer.from("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", "hex"));
  it("refuses a burned partner", () => refused({ burned: [three] }, "mpc/pair-burned"));
  it("refuses a share without pairs, as a backup holds it", () =>
    refused({ share: { ...setup().share, pairs: undefined } }, "mpc/pairs-missing"));
  it("refuses a digest that is zero mod q", () => {
    refused({ digest: new Uint8Array(32) }, "mpc/bad-setup");
    refused({ digest: order }, "mpc/bad-setup");
  });
  it("refuses a digest of another length", () => refused({ digest: digest.slice(1) }, "mpc/bad-setup"));
  it("refuses a tweak that is not below q", () => refused({ tweak: order }, "mpc/bad-setup"));
  it("refuses a nonce of another length", () => refused({ nonce: new Uint8Array(31) }, "mpc/bad-setup"));
});

describe("one-shot rounds", () => {
  it("(j) a machine refuses to run a round twice, and is dead after an error", () => {
    const machine = signMachines(shares, { signers: all, digest, seed }).get(one) as Machine<unknown>;
    machine.start(bytesFrom("entropy"));
    expect(() => machine.start(bytesFrom("entropy"))).toThrowError(expect.objectContaining({ code: "mpc/round-already-used" }));
    expect(() => machine.deliver(new Map(), bytesFrom("entropy"))).toThrowError(
      expect.objectContaining({ code: "mpc/round-already-used" }),
    );
  });

  it("signing state cannot be stored", () => {
    const machine = signMachines(shares, { signers: all, digest, seed }).get(one) as Machine<unknown>;
    machine.start(bytesFrom("entropy"));
    expect(() => machine.snapshot()).toThrowError(expect.objectContaining({ code: "mpc/not-storable" }));
  });

  it("nothing of a machine's state shows in JSON", () => {
    const machine = signMachines(shares, { signers: all, digest, seed }).get(one) as Machine<unknown>;
    machine.start(bytesFrom("entropy"));
    expect(Object.keys(JSON.parse(JSON.stringify(machine)))).toEqual(["protocol", "sid", "peers", "rounds"]);
  });

  it("refuses entropy that is none", () => {
    const machine = signMachines(shares, { signers: all, digest, seed }).get(one) as Machine<unknown>;
    expect(() => machine.start(new Uint8Array(32))).toThrowError(expect.objectContaining({ code: "mpc/bad-setup" }));
  });

  it("(k) a party that computes its round 2 of a key generation anew after sending it makes the finish abort", () => {
    const parties = [one, two];
    const members = parties.map((index) => ({ index, idpk: bytesFrom(`${index}`) }));
    const setup = (self: ShareIndex) => ({ self, threshold: 2, members, nonce: bytesFrom("nonce") });
    const exchange = (turn: ReturnType<Machine<unknown>["start"]>): ReadonlyMap<ShareIndex, Uint8Array> => {
      if (turn.kind !== "exchange") throw new Error("expected an exchange");
      return turn.outbox;
    };
    const [S, R] = [keygenMachine(setup(one)), keygenMachine(setup(two))];
    const fromS = exchange(S.start(bytesFrom("S1"))).get(two) as Uint8Array;
    const fromR = exchange(R.start(bytesFrom("R1"))).get(one) as Uint8Array;
    const stored = S.snapshot();
    const sent = exchange(S.deliver(new Map([[two, fromR]]), bytesFrom("S2"))).get(two) as Uint8Array;
    const crashed = restoreKeygen(setup(one), stored);
    crashed.deliver(new Map([[two, fromR]]), bytesFrom("S2 anew"));
    const openedR = exchange(R.deliver(new Map([[one, fromS]]), bytesFrom("R2"))).get(one) as Uint8Array;
    const confirmS = exchange(crashed.deliver(new Map([[two, openedR]]), bytesFrom("S3"))).get(two) as Uint8Array;
    const confirmR = exchange(R.deliver(new Map([[one, sent]]), bytesFrom("R3"))).get(one) as Uint8Array;
    const finish = (machine: Machine<unknown>, from: ShareIndex, body: Uint8Array): string => {
      try {
        return machine.deliver(new Map([[from, body]]), bytesFrom("finish")).kind;
      } catch (error) {
        return error instanceof CovaultError ? error.code : "another error";
      }
    };
    expect(finish(crashed, two, confirmR)).toBe("mpc/echo-mismatch");
    expect(finish(R, one, confirmS)).toBe("mpc/echo-mismatch");
  });
});

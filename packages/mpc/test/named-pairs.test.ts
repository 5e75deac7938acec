// Joins name the pairs that a signature would use (dkls23-spec 0.4, 10.3, 10.4 (t)). Where they do
// not agree about one, the session ends before round 1, with the pair named and nobody blamed.
import { beforeAll, describe, expect, it } from "vitest";
import { type NamedPairs, presignMachine, signMachine } from "../src/dkls23/index.ts";
import { namedBy, pairOf, renew, type Shares, signSetup } from "./renewed.ts";
import { bytesFrom, hex, idx, makeKey } from "./simulation.ts";

const signers = [1, 2, 3];
let old: Shares;
let shares: Shares;
beforeAll(() => {
  old = makeKey(signers, 3, "named");
  shares = renew(old, { ends: [2, 3], generation: 1, seed: "named" });
});

/** Gives the joins, of which one names another id for its pair with `partner`. */
const renamed = (self: number, partner: number, id: Uint8Array): NamedPairs =>
  new Map(
    [...namedBy(shares, signers)].map(([from, named]) => [
      from,
      new Map([...named].map(([to, each]) => [to, from === self && to === partner ? id : each] as const)),
    ]),
  );
/** Makes the machines of party 1 with these joins. */
const machines = (pairIds: NamedPairs | undefined) => {
  const { digest, ...setup } = { ...signSetup(shares, 1, signers), pairIds };
  return [() => signMachine({ ...setup, digest }), () => presignMachine(setup)];
};
const refused = (pairs: string) =>
  expect.objectContaining({
    ...{ code: "mpc/context-mismatch", kind: "io", culprits: [], consequence: undefined },
    ...{ facts: { pairs }, message: expect.stringContaining(pairs.replaceAll(",", ", of")) },
  });

describe("a signature and a presignature are refused before round 1 if", () => {
  const other = bytesFrom("another pair");
  const none = new Uint8Array(32);
  const cases: Record<string, [NamedPairs | (() => NamedPairs), string]> = {
    "the partner names another pair with me": [() => renamed(2, 1, other), "1 and 2"],
    "the partner names no pair with me": [() => renamed(3, 1, none), "1 and 3"],
    "my own join names another pair": [() => renamed(1, 3, other), "1 and 3"],
    "two others name two pairs": [() => renamed(2, 3, other), "2 and 3"],
    "one of two others has no pair": [() => renamed(3, 2, none), "2 and 3"],
    "of two others one has the new pair and one the old": [() => renamed(3, 2, pairOf(old, 3, 2)?.id as Uint8Array), "2 and 3"],
    "a join is missing": [() => new Map([...namedBy(shares, signers)].filter(([from]) => from !== 2)), "1 and 2, 2 and 3"],
  };
  for (const [name, [joins, pairs]] of Object.entries(cases))
    it(name, () => {
      for (const make of machines(typeof joins === "function" ? joins() : joins)) expect(make).toThrowError(refused(pairs));
    });

  it("two others agree that they have no pair", () => {
    const joins = new Map([...renamed(2, 3, none)].map(([from, named]) => [from, from === 3 ? new Map(named).set(idx(2), none) : named]));
    for (const make of machines(joins)) expect(make).toThrowError(refused("2 and 3"));
  });

  it("both ends name one pair that is not the one of my store", () => {
    const joins = new Map([...renamed(2, 1, other)].map(([from, named]) => [from, from === 1 ? new Map(named).set(idx(2), other) : named]));
    for (const make of machines(joins)) expect(make).toThrowError(refused("1 and 2"));
  });
});

describe("the session id of a signature", () => {
  it("is one for all signers who are told what the joins name, also of a pair of two others", () => {
    const sids = signers.map((self) => hex(signMachine(signSetup(shares, self, signers)).sid));
    expect(new Set(sids).size).toBe(1);
  });

  it("takes the pairs of two others to be the first ones if nothing is named: such a signer is not heard", () => {
    const { pairIds: _, ...untold } = signSetup(shares, 1, signers);
    const [alone] = [hex(signMachine(untold).sid)];
    expect(alone).not.toBe(hex(signMachine(signSetup(shares, 2, signers)).sid));
    const before = signSetup(old, 1, signers);
    expect(alone).toBe(hex(signMachine(before).sid));
  });
});

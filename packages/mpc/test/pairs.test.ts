// Pairs are used only with the share that they were made with (dkls23-spec 2.5). Any others are
// this party's own mistake, found before anything is sent. Otherwise the check of an honest partner
// would fail, and it would burn the pair.
import { beforeAll, describe, expect, it } from "vitest";
import {
  decodePairs,
  encodePairs,
  type KeyShare,
  type Pairs,
  presignMachine,
  refreshMachine,
  type StoredPair,
  signMachine,
} from "../src/dkls23/index.ts";
import type { ShareIndex } from "../src/protocol/index.ts";
import { membersOf } from "./frost/cast.ts";
import { bytesFrom, idx, makeKey, nonceFrom, outputOf, runSession } from "./simulation.ts";

const parties = [1, 2].map(idx);
const [one, two] = parties as [ShareIndex, ShareIndex];
type Shares = ReadonlyMap<ShareIndex, KeyShare>;
let old: Shares;
let fresh: Shares;
let other: Shares;
beforeAll(() => {
  old = makeKey([1, 2], 2, "pairs");
  other = makeKey([1, 2], 2, "pairs/other");
  const setup = { members: membersOf(parties), nonce: nonceFrom("pairs", parties), epochNumber: 1 };
  const outcomes = runSession(new Map([...old].map(([self, share]) => [self, refreshMachine({ ...setup, share })])), { seed: "pairs" });
  fresh = new Map(parties.map((self) => [self, outputOf(outcomes, self).share]));
});

const pairsOf = (shares: Shares, self: ShareIndex): Pairs => (shares.get(self) as KeyShare).pairs as Pairs;
const machine = (pairs: Pairs) => {
  const setup = { share: { ...(fresh.get(one) as KeyShare), pairs }, signers: parties, tweak: new Uint8Array(32), burned: [] };
  const nonce = nonceFrom("sign", parties);
  return [() => signMachine({ ...setup, nonce, digest: bytesFrom("digest") }), () => presignMachine({ ...setup, nonce })];
};
const withPair = (change: Partial<StoredPair>): Pairs => {
  const pairs = pairsOf(fresh, one);
  return { ...pairs, partners: new Map([[two, { ...(pairs.partners.get(two) as StoredPair), ...change }]]) };
};

describe("pairs are refused before a signature and a presignature if they are those of", () => {
  const cases: Record<string, [() => Pairs, string]> = {
    "another epoch": [() => pairsOf(old, one), "another epoch"],
    "another key": [() => pairsOf(other, one), "another key"],
    "another party": [() => pairsOf(fresh, two), "party 2"],
    "another key, by the epoch's name": [() => ({ ...pairsOf(other, one), epoch: pairsOf(fresh, one).epoch }), "another key"],
    "another generation": [() => withPair({ generation: 1 }), "another generation: the pair with party 2"],
    "another run, by their id": [() => withPair({ id: bytesFrom("another") }), "another generation: the pair with party 2"],
  };
  for (const [name, [pairs, message]] of Object.entries(cases))
    it(name, () => {
      for (const make of machine(pairs()))
        expect(make).toThrowError(expect.objectContaining({ code: "mpc/pairs-mismatch", message: expect.stringContaining(message) }));
    });

  it("no format that is known", () => {
    const written = encodePairs(pairsOf(fresh, one));
    expect(decodePairs(written)).toEqual(pairsOf(fresh, one));
    expect(() => decodePairs(written.with(0, 2))).toThrowError(expect.objectContaining({ code: "mpc/bad-share-record" }));
  });

  it("none of these: they sign", () => {
    for (const make of machine(pairsOf(fresh, one))) expect(make().peers).toEqual([two]);
  });
});

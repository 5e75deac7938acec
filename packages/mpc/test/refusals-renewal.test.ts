// What a renewal refuses before round 1 (dkls23-spec 7.1, 10.3, 10.4 (u)), and what the replacement
// of a pair refuses.
import { beforeAll, describe, expect, it } from "vitest";
import {
  decodePairs,
  encodePairs,
  type Holder,
  type Pairs,
  type RenewalSetup,
  renewalMachine,
  replacePairs,
  restoreRenewal,
  type StoredPair,
  signMachine,
} from "../src/dkls23/index.ts";
import { pairSecrets } from "../src/dkls23/pairs.ts";
import { membersOf } from "./frost/cast.ts";
import { pairOf, type Renewal, renew, renewalMachines, renewalSetup, type Shares, shareOf, signSetup } from "./renewed.ts";
import { bytesFrom, idx, makeKey, outputOf, runSession } from "./simulation.ts";

const renewal: Renewal = { ends: [1, 2], generation: 1, seed: "refusals" };
const [one, two, three] = [idx(1), idx(2), idx(3)];
let shares: Shares;
let renewed: Pairs;
beforeAll(() => {
  shares = makeKey([1, 2, 3], 2, "refusals/renewal");
  renewed = outputOf(runSession(renewalMachines(shares, renewal), { seed: renewal.seed }), one).renewed;
});

const refusal = (code: string, message: string) =>
  expect.objectContaining({ code, culprits: [], message: expect.stringContaining(message) });
const setup = (change: Partial<RenewalSetup> = {}): RenewalSetup => ({ ...renewalSetup(shares, one, renewal), ...change });

describe("a renewal is refused before round 1", () => {
  const refused = (change: () => Partial<RenewalSetup>, message: string): void => {
    expect(() => renewalMachine(setup(change()), shareOf(shares, 1).secret)).toThrowError(refusal("mpc/bad-setup", message));
    const machine = renewalMachine(setup(), shareOf(shares, 1).secret);
    machine.start(bytesFrom("entropy"));
    expect(() => restoreRenewal(setup(change()), machine.snapshot())).toThrowError(refusal("mpc/bad-setup", message));
  };
  const changes: Record<string, [() => Partial<RenewalSetup>, string]> = {
    "of a seventeenth generation": [() => ({ generation: 17 }), "generation: expected an integer in 1..16, got 17"],
    "of the generation that came with the epoch": [() => ({ generation: 0 }), "generation: expected an integer in 1..16, got 0"],
    "of a generation that is acknowledged, as when an intent is replayed": [
      () => ({ generation: 3, acknowledged: 3 }),
      "generation: expected one above 3, which this party has acknowledged, got 3",
    ],
    "of a lower one": [() => ({ generation: 3, acknowledged: 4 }), "generation: expected one above 4"],
    "of any once the last one is acknowledged": [() => ({ generation: 16, acknowledged: 16 }), "generation: expected one above 16"],
    "with three members": [
      () => ({ members: membersOf([one, two, three]) }),
      "members: expected me, party 1, and one other holder, got 1, 2, 3",
    ],
    "with me alone": [() => ({ members: membersOf([one]) }), "members: expected me, party 1, and one other holder, got 1"],
    "of a pair of others": [() => ({ members: membersOf([two, three]) }), "members: expected me, party 1, and one other holder, got 2, 3"],
    "with a party that is no holder": [() => ({ members: membersOf([one, idx(9)]) }), "members: party 9 holds no share of this key"],
    "by members that do not ascend": [() => ({ members: membersOf([two, one]) }), "members: expected distinct ascending share indices"],
    "by two ends with one identity key": [
      () => ({ members: [one, two].map((index) => ({ index, idpk: bytesFrom("one") })) }),
      "idpk of party 2: another member has the same",
    ],
    "of a key whose public shares contradict it": [
      () => {
        const { record } = shareOf(shares, 1);
        const [, second, third] = record.holders as [Holder, Holder, Holder];
        return { record: { ...record, holders: [{ ...second, index: one }, second, third] } };
      },
      "key: the public shares do not lie on one polynomial",
    ],
  };
  it.each(Object.entries(changes))("%s", (_, [change, message]) => refused(change, message));

  it("with a share that is damaged, or is another's", () => {
    for (const secret of [new Uint8Array(32).fill(255), new Uint8Array(31), shareOf(shares, 2).secret])
      expect(() => renewalMachine(setup(), secret)).toThrowError(refusal("mpc/bad-share-record", "The key share is"));
  });
});

describe("a renewal that differs in anything is another session", () => {
  const changes: Record<string, () => Partial<RenewalSetup>> = {
    "the generation": () => ({ generation: 2 }),
    "the old pair": () => ({ oldPairId: new Uint8Array(32) }),
    "the nonce": () => ({ nonce: bytesFrom("another") }),
    "the partner": () => ({ members: membersOf([one, three]) }),
    "the identity of the partner": () => ({ members: [...membersOf([one]), { index: two, idpk: bytesFrom("another") }] }),
    "the epoch": () => ({ record: { ...shareOf(shares, 1).record, epoch: bytesFrom("another") } }),
    "the end that it is stored by": () => ({ record: shareOf(shares, 2).record }),
  };
  it.each(Object.entries(changes))("and its stored round is refused: %s", (name, change) => {
    const machine = renewalMachine(setup(), shareOf(shares, 1).secret);
    machine.start(bytesFrom("entropy"));
    const snapshot = machine.snapshot();
    expect(() => restoreRenewal(setup(change()), snapshot)).toThrowError(refusal("mpc/context-mismatch", "another session"));
    expect(restoreRenewal(setup(), snapshot).sid).toEqual(machine.sid);
    const { record } = setup(change());
    const other = renewalMachine(setup(change()), shareOf(shares, record.self).secret);
    // Both ends of one session have one id.
    if (name.startsWith("the end")) expect(other.sid).toEqual(machine.sid);
    else expect(other.sid).not.toEqual(machine.sid);
  });

  it("and so is one that cannot be read", () => {
    const machine = renewalMachine(setup(), shareOf(shares, 1).secret);
    machine.start(bytesFrom("entropy"));
    const snapshot = machine.snapshot();
    for (const bytes of [snapshot.with(0, 1), snapshot.with(1, 4), snapshot.slice(1), snapshot.slice(0, -1), Uint8Array.of(...snapshot, 0)])
      expect(() => restoreRenewal(setup(), bytes)).toThrowError(refusal("mpc/bad-state", "stored round of a renewal"));
  });
});

describe("a pair is replaced", () => {
  const pairs = (): Pairs => structuredClone(shareOf(shares, 1).pairs as Pairs);
  const withPair = (of: Pairs, change: Partial<StoredPair>): Pairs => {
    const [[partner, pair] = []] = [...of.partners];
    return { ...of, partners: new Map([[partner ?? two, { ...(pair as StoredPair), ...change }]]) };
  };

  it("by a higher generation: what it replaces is erased, everything else is copied", () => {
    const old = pairs();
    const replaced = pairSecrets(old.partners.get(two) as StoredPair);
    const made = replacePairs(renewed, old);
    expect(replaced.every((secret) => secret.every((each) => each === 0))).toBe(true);
    expect(made.partners.get(two)).toEqual(renewed.partners.get(two));
    expect(made.partners.get(three)).toEqual(pairOf(shares, 1, 3));
    // The copies are the caller's, as what it gave is.
    const [mine, given] = [made, old].map(({ partners }) => partners.get(three) as StoredPair);
    mine?.send.delta.fill(0);
    expect(given?.send.delta).toEqual(pairOf(shares, 1, 3)?.send.delta);
    made.partners.get(two)?.zeroSeed.fill(0);
    expect(renewed.partners.get(two)?.zeroSeed.some((byte) => byte !== 0)).toBe(true);
  });

  it("or is the first one of a party that has none, and what is stored is read back", () => {
    const made = replacePairs(renewed);
    expect(made).toEqual(renewed);
    expect(decodePairs(encodePairs(made))).toEqual(renewed);
    const other = { ...renewed, partners: new Map([[three, pairOf(shares, 1, 3) as StoredPair]]) };
    expect([...replacePairs(renewed, other).partners.keys()]).toEqual([2, 3]);
  });

  it("by no other key, epoch, party or generation, and then nothing is erased", () => {
    const cases: [Pairs, string][] = [
      [{ ...renewed, keyId: bytesFrom("another") }, "another key"],
      [{ ...renewed, epoch: bytesFrom("another") }, "another epoch"],
      [{ ...renewed, self: three }, "party 1"],
      [withPair(renewed, { generation: 0 }), "The stored pair with party 2 is of generation 0, and generation 0 is not above it."],
    ];
    for (const [given, message] of cases) {
      const old = pairs();
      expect(() => replacePairs(given, old)).toThrowError(refusal("mpc/pairs-mismatch", message));
      expect(old).toEqual(pairs());
    }
    const later = withPair(renewed, { generation: 5 });
    expect(() => replacePairs(withPair(renewed, { generation: 4 }), later)).toThrowError(refusal("mpc/pairs-mismatch", "of generation 5"));
  });
});

describe("a stored pair is refused before a signature if", () => {
  const signedWith = (change: Partial<StoredPair>) => {
    const made = renew(shares, renewal);
    const { share, pairIds: _, ...session } = signSetup(made, 1, [1, 2]);
    const pair = { ...(pairOf(made, 1, 2) as StoredPair), ...change };
    return () => signMachine({ ...session, share: { ...share, pairs: { ...(share.pairs as Pairs), partners: new Map([[two, pair]]) } } });
  };
  it.each([
    ["its generation is above the last one", () => ({ generation: 17 })],
    ["it is a renewed one by its generation, and the first one by its id", () => ({ id: pairOf(shares, 1, 2)?.id as Uint8Array })],
    ["it is the first one by its generation, and a renewed one by its id", () => ({ generation: 0 })],
  ])("%s", (_, change) => {
    expect(signedWith(change())).toThrowError(refusal("mpc/pairs-mismatch", "another generation: the pair with party 2"));
  });
  it("a part of it was erased, as when it was replaced and the new one was not stored: its partner's check would fail", () => {
    const old = structuredClone(shareOf(shares, 1).pairs as Pairs);
    replacePairs(renewed, old);
    const { share, ...session } = signSetup(shares, 1, [1, 2]);
    const missing = refusal("mpc/pairs-missing", "The pair with party 2 was erased");
    expect(() => signMachine({ ...session, share: { ...share, pairs: old } })).toThrowError(missing);
    expect(signMachine({ ...signSetup(shares, 1, [1, 3]), share: { ...share, pairs: old } }).peers).toEqual([three]);
    const { send, recv } = pairOf(renew(shares, renewal), 1, 2) as StoredPair;
    const zeros = (of: Uint8Array): Uint8Array => new Uint8Array(of.length);
    for (const change of [
      { send: { ...send, delta: zeros(send.delta) } },
      { send: { ...send, seeds: zeros(send.seeds) } },
      { recv: { pairs: zeros(recv.pairs) } },
      { zeroSeed: new Uint8Array(32) },
    ])
      expect(signedWith(change)).toThrowError(missing);
  });
  it("nothing of this is so: it signs, at the last generation too", () => {
    for (const change of [{}, { generation: 16 }]) expect(signedWith(change)().peers).toEqual([two]);
  });
});

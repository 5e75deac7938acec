// In refresh, recovery and reshare the key stays, the shares change, and a dealer that deals
// anything but its own share is named.
import { CovaultError } from "@covault/errors";
import { describe, expect, it } from "vitest";
import { dkgMachine } from "../../src/dkg/index.ts";
import {
  type FrostDkgOutput,
  type FrostKeyShare,
  type FrostPredecessor,
  frostRecoveryMachine,
  frostRefreshMachine,
  frostReshareMachine,
  frostSignMachine,
  restoreFrostRefresh,
  restoreFrostReshare,
  type Scheme,
} from "../../src/frost/index.ts";
import { frost } from "../../src/frost/key-share.ts";
import { type Scalar, suiteOf } from "../../src/frost/suite/index.ts";
import { lagrange } from "../../src/group/shamir.ts";
import type { Machine, ShareIndex } from "../../src/protocol/index.ts";
import { dealtConstant, successionContext } from "../../src/succession/index.ts";
import { bytesFrom, errorOf, idx, nonceFrom, outputOf, runSession } from "../simulation.ts";
import { makeKey, membersOf, schemes, signMachines } from "./cast.ts";
import { verifies } from "./verify.ts";

const message = bytesFrom("message");
type Shares = ReadonlyMap<ShareIndex, FrostKeyShare>;

function signs(scheme: Scheme, shares: Shares, signers: readonly number[]): boolean {
  const set = signers.map(idx);
  const outcomes = runSession(signMachines(shares, { signers: set, message, seed: `${signers}` }), { seed: "s" });
  return verifies(scheme, message, outputOf(outcomes, set[0] as ShareIndex));
}
const sharesOf = (outcomes: ReturnType<typeof runSession<FrostDkgOutput>>, parties: readonly number[]): Shares =>
  new Map(parties.map((party) => [idx(party), outputOf(outcomes, idx(party)).share as FrostKeyShare]));
const any = (machine: Machine<{ share: FrostKeyShare | undefined }>): Machine<FrostDkgOutput> => machine as Machine<FrostDkgOutput>;
const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof CovaultError) return error.code;
    throw error;
  }
  return "none";
};

describe.each(schemes)("%s", (scheme) => {
  const parties = [1, 2, 3].map(idx);
  const old = makeKey(scheme, [1, 2, 3], 2, "succession");
  const key = (old.get(idx(1)) as FrostKeyShare).record;
  const refreshSetup = (self: ShareIndex) => ({
    share: old.get(self) as FrostKeyShare,
    members: membersOf(parties),
    nonce: nonceFrom("refresh", parties),
    epochNumber: 1,
  });

  it("refresh: same key, new epoch, new shares; any two sign, and old and new shares do not mix", () => {
    const outcomes = runSession(new Map(parties.map((self) => [self, any(frostRefreshMachine(refreshSetup(self)))])), { seed: "refresh" });
    const fresh = sharesOf(outcomes, [1, 2, 3]);
    for (const party of parties) {
      const { record, secret } = fresh.get(party) as FrostKeyShare;
      expect(record.publicKey).toEqual(key.publicKey);
      expect(record.keyId).toEqual(key.keyId);
      expect(record.chain).toEqual(key.chain);
      expect(record.epoch).not.toEqual(key.epoch);
      expect(secret).not.toEqual(old.get(party)?.secret);
    }
    for (const pair of [
      [1, 2],
      [1, 3],
      [2, 3],
    ])
      expect(signs(scheme, fresh, pair)).toBe(true);

    const mixed = new Map([...fresh, [idx(1), old.get(idx(1)) as FrostKeyShare]]);
    const signers = [1, 2].map(idx);
    const run = runSession(signMachines(mixed, { signers, message, seed: "mixed" }), { seed: "mixed" });
    expect(errorOf(run, idx(1))?.code).toBe("mpc/echo-mismatch");
  });

  it("refresh by t dealers only, resumed from its snapshot", () => {
    const dealers = [1, 3].map(idx);
    const setups = new Map(parties.map((self) => [self, { ...refreshSetup(self), dealers }]));
    const resumedAt: number[] = [];
    const machines = new Map(
      [...setups].map(([self, setup]) => {
        let machine = any(frostRefreshMachine(setup));
        const deliver: Machine<FrostDkgOutput>["deliver"] = (inbox, entropy) => {
          machine = any(restoreFrostRefresh(setup, machine.snapshot()));
          resumedAt.push(self);
          return machine.deliver(inbox, entropy);
        };
        const { protocol, sid, peers, rounds } = machine;
        const start: Machine<FrostDkgOutput>["start"] = (entropy) => machine.start(entropy);
        return [self, { protocol, sid, peers, rounds, start, deliver } as unknown as Machine<FrostDkgOutput>];
      }),
    );
    expect(signs(scheme, sharesOf(runSession(machines, { seed: "partial" }), [1, 2, 3]), [1, 2])).toBe(true);
    expect(resumedAt.length).toBe(9);
  });

  it("recovery: a lost share comes back at its index", () => {
    const setup = { members: membersOf(parties), dealers: [1, 3].map(idx), nonce: nonceFrom("recovery", parties), epochNumber: 1 };
    const machines = new Map(
      parties.map((self) => {
        const mine = self === 2 ? { self, key: key as FrostPredecessor } : (old.get(self) as FrostKeyShare);
        return [self, any(frostRecoveryMachine({ ...setup, mine }))];
      }),
    );
    const fresh = sharesOf(runSession(machines, { seed: "recovery" }), [1, 2, 3]);
    expect(signs(scheme, fresh, [1, 2])).toBe(true);
    expect(signs(scheme, fresh, [2, 3])).toBe(true);
  });

  it("reshare: {1, 2} of a 2-of-3 key hand it to 3 of {1, 11, 12, 13}", () => {
    const members = [1, 2, 11, 12, 13].map(idx);
    const receivers = [1, 11, 12, 13].map(idx);
    const setup = {
      members: membersOf(members),
      dealers: [1, 2].map(idx),
      receivers,
      threshold: 3,
      nonce: nonceFrom("reshare", members),
      epochNumber: 1,
    };
    const mineOf = (self: ShareIndex) => old.get(self) ?? { self, key };
    const machines = new Map(members.map((self) => [self, frostReshareMachine({ ...setup, mine: mineOf(self) })]));
    const outcomes = runSession(machines, { seed: "reshare" });
    expect(outputOf(outcomes, idx(2)).share).toBeUndefined();
    expect(outputOf(outcomes, idx(2)).generation.publicKey).toEqual(key.publicKey);
    const fresh = sharesOf(outcomes, [1, 11, 12, 13]);
    expect(signs(scheme, fresh, [1, 11, 13])).toBe(true);
    expect(signs(scheme, fresh, [11, 12, 13])).toBe(true);
    const first = frostReshareMachine({ ...setup, mine: mineOf(idx(11)) });
    first.start(bytesFrom("entropy"));
    expect(restoreFrostReshare({ ...setup, mine: mineOf(idx(11)) }, first.snapshot()).sid).toEqual(first.sid);
  });

  it("a dealer that deals another constant than its share is named, and the key stays", () => {
    const { group } = suiteOf(scheme);
    const machines = parties.map((self) => {
      const { share, ...setup } = refreshSetup(self);
      const roles = { kind: "refresh", mine: share, dealers: parties, receivers: parties, threshold: 2 } as const;
      const succession = { ...setup, ...roles };
      const mine = dealtConstant(frost, succession);
      const constant = self === 2 ? group.add(mine as Scalar, group.public(1n)) : mine;
      return [self, dkgMachine(frost, successionContext(frost, succession), { constant }, (output) => output)] as const;
    });
    const outcomes = runSession(new Map(machines), { seed: "liar" });
    for (const party of [1, 3].map(idx)) {
      const error = errorOf(outcomes, party);
      expect([error?.code, error?.culprits, error?.consequence]).toEqual(["mpc/dealer-mismatch", [2], "retry"]);
    }
  });

  it("refuses what is no succession", () => {
    const setup = {
      mine: old.get(idx(1)) as FrostKeyShare,
      members: membersOf(parties),
      dealers: [1, 2].map(idx),
      receivers: parties,
      threshold: 2,
      nonce: nonceFrom("r", parties),
      epochNumber: 1,
    };
    const spoiled = (change: Partial<FrostPredecessor>) => ({ self: idx(3), key: { ...key, ...change } });
    const holders = key.holders.map((holder, k) => (k === 2 ? { ...holder, publicShare: key.publicKey } : holder));
    for (const change of [
      { dealers: [idx(1)] },
      { dealers: [1, 9].map(idx) },
      { dealers: [2, 1].map(idx) },
      { threshold: 4 },
      { mine: { self: idx(1), key } },
      { mine: spoiled({ keyId: bytesFrom("other") }) },
      { mine: spoiled({ epoch: new Uint8Array(31) }) },
      { mine: spoiled({ threshold: 1 }) },
      { mine: spoiled({ holders }) },
      { mine: spoiled({ holders: key.holders.map((holder) => ({ ...holder, publicShare: new Uint8Array(key.publicKey.length) })) }) },
    ])
      expect(codeOf(() => frostReshareMachine({ ...setup, ...change }))).toBe("mpc/bad-setup");
  });

  it("fewer than t shares are worth nothing: one share alone gives no secret, nor can it sign alone", () => {
    const { group } = suiteOf(scheme);
    const share = old.get(idx(1)) as FrostKeyShare;
    const alone = group.mul(lagrange(group, idx(1), [idx(1)]), share.secret as Scalar);
    expect(group.encode([group.mulBase(alone)])[0]).not.toEqual(key.publicKey);
    expect(codeOf(() => frostSignMachine({ share, signers: [idx(1)], message, nonce: bytesFrom("n") }))).toBe("mpc/bad-setup");
  });
});

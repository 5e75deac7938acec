// Renewals of single pairs for the tests: setups and machines from a seed, and what the ends store
// afterwards.
import { type KeyShare, type NamedPairs, type Pairs, type RenewalSetup, renewalMachine, replacePairs } from "../src/dkls23/index.ts";
import type { ShareIndex } from "../src/protocol/index.ts";
import { membersOf } from "./frost/cast.ts";
import { bytesFrom, idx, nonceFrom, outputOf, runSession } from "./simulation.ts";

export type Shares = ReadonlyMap<ShareIndex, KeyShare>;

export interface Renewal {
  readonly ends: readonly [number, number];
  readonly generation: number;
  readonly seed: string;
}

export const shareOf = (shares: Shares, self: number): KeyShare => shares.get(idx(self)) as KeyShare;
export const pairOf = (shares: Shares, self: number, partner: number) => shareOf(shares, self).pairs?.partners.get(idx(partner));
const lost = new Uint8Array(32);

export function renewalSetup(shares: Shares, self: ShareIndex, { ends, generation, seed }: Renewal): RenewalSetup {
  const both = ends.map(idx);
  const [lo, hi] = ends;
  return {
    ...{ record: shareOf(shares, self).record, members: membersOf(both), nonce: nonceFrom(seed, both) },
    ...{ generation, acknowledged: 0, oldPairId: pairOf(shares, lo, hi)?.id ?? lost },
  };
}

export const renewalMachines = (shares: Shares, renewal: Renewal) =>
  new Map(
    renewal.ends.map(idx).map((self) => [self, renewalMachine(renewalSetup(shares, self, renewal), shareOf(shares, self).secret)] as const),
  );

/** Copies pairs, so that the shares of other tests stay. */
const copyOf = (pairs: Pairs | undefined): Pairs | undefined => pairs && structuredClone(pairs);

/** Gives the shares after a renewal. Those of all other holders are as they were. */
export function renew(shares: Shares, renewal: Renewal): Shares {
  const outcomes = runSession(renewalMachines(shares, renewal), { seed: renewal.seed });
  return new Map(
    [...shares].map(([self, share]) => {
      if (!renewal.ends.includes(self)) return [self, share];
      return [self, { ...share, pairs: replacePairs(outputOf(outcomes, self).renewed, copyOf(share.pairs)) }];
    }),
  );
}

/** Gives the shares, one of them without pairs, as a restore from a backup leaves it. */
export const restored = (shares: Shares, self: number): Shares =>
  new Map([...shares].map(([index, share]) => [index, index === self ? { ...share, pairs: undefined } : share]));

/** Gives what the joins of these signers name: the pairs of their stores. */
export const namedBy = (shares: Shares, signers: readonly number[]): NamedPairs =>
  new Map(
    signers.map((self) => {
      const others = signers.filter((j) => j !== self);
      return [idx(self), new Map(others.map((j) => [idx(j), pairOf(shares, self, j)?.id ?? lost]))];
    }),
  );

/** Gives what `signMachine` is given. */
export function signSetup(shares: Shares, self: number, signers: readonly number[], seed = "sign") {
  const nonce = nonceFrom(seed, signers.map(idx));
  const common = { signers: signers.map(idx), tweak: new Uint8Array(32), nonce, burned: [], digest: bytesFrom("digest") };
  return { ...common, share: shareOf(shares, self), pairIds: namedBy(shares, signers) };
}

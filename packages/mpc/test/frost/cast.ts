// This file makes the parties of FROST sessions for the tests: machines and keys from a seed.
import {
  type FrostKeygenOutput,
  type FrostKeyShare,
  type FrostOnlineSetup,
  type FrostPreprocessed,
  type FrostSignBatchSetup,
  type FrostSignSetup,
  frostKeygenMachine,
  frostOnlineMachine,
  frostPreprocessMachine,
  frostSignBatchMachine,
  frostSignMachine,
  type Scheme,
} from "../../src/frost/index.ts";
import type { ShareIndex } from "../../src/protocol/index.ts";
import { bytesFrom, idx, type Machines, nonceFrom, outputOf, runSession } from "../simulation.ts";

export const schemes: readonly Scheme[] = ["eddsa-ed25519", "schnorr-bip340"];
export const membersOf = (parties: readonly ShareIndex[]) => parties.map((index) => ({ index, idpk: bytesFrom(`idpk/${index}`) }));

export function keygenSetup(parties: readonly ShareIndex[], threshold: number, self: ShareIndex, seed: string) {
  return { self, threshold, members: membersOf(parties), nonce: nonceFrom(seed, parties) };
}

export function keygenMachines(scheme: Scheme, parties: readonly ShareIndex[], t: number, seed: string): Machines<FrostKeygenOutput> {
  return new Map(parties.map((self) => [self, frostKeygenMachine(scheme, keygenSetup(parties, t, self, seed))]));
}

const keys = new Map<string, ReadonlyMap<ShareIndex, FrostKeyShare>>();

/** Gives the shares of a t-of-n key, made once per seed. */
export function makeKey(scheme: Scheme, parties: readonly number[], t: number, seed: string): ReadonlyMap<ShareIndex, FrostKeyShare> {
  const name = [scheme, parties, t, seed].join("/");
  const indices = parties.map(idx);
  const made = keys.get(name);
  if (made !== undefined) return made;
  const outcomes = runSession(keygenMachines(scheme, indices, t, seed), { seed });
  const shares = new Map(indices.map((party) => [party, outputOf(outcomes, party).share]));
  keys.set(name, shares);
  return shares;
}

export type Signing = Omit<FrostSignSetup, "share" | "nonce" | "signers"> & {
  readonly signers: readonly ShareIndex[];
  readonly seed: string;
};

export function signMachines(shares: ReadonlyMap<ShareIndex, FrostKeyShare>, { seed, ...signing }: Signing) {
  const nonce = nonceFrom(seed, signing.signers);
  return new Map(signing.signers.map((self) => [self, frostSignMachine({ ...signing, nonce, share: shares.get(self) as FrostKeyShare })]));
}

type Shares = ReadonlyMap<ShareIndex, FrostKeyShare>;
type BatchSigning = Omit<FrostSignBatchSetup, "share" | "nonce"> & { readonly seed: string };

export function signBatchMachines(shares: Shares, { seed, ...signing }: BatchSigning) {
  const nonce = nonceFrom(seed, signing.signers);
  const setup = (self: ShareIndex) => ({ ...signing, nonce, share: shares.get(self) as FrostKeyShare });
  return new Map(signing.signers.map((self) => [self, frostSignBatchMachine(setup(self))]));
}

interface Preprocessing {
  readonly signers: readonly ShareIndex[];
  readonly count: number;
  readonly seed: string;
}

export function preprocessMachines(shares: Shares, { signers, count, seed }: Preprocessing) {
  const nonce = nonceFrom(seed, signers);
  const setup = (self: ShareIndex) => ({ share: shares.get(self) as FrostKeyShare, signers, nonce, count });
  return new Map(signers.map((self) => [self, frostPreprocessMachine(setup(self))]));
}

/** Gives what every member's store takes over. */
export function preprocess(shares: Shares, about: Preprocessing): ReadonlyMap<ShareIndex, readonly FrostPreprocessed[]> {
  const outcomes = runSession(preprocessMachines(shares, about), { seed: about.seed });
  return new Map(about.signers.map((self) => [self, outputOf(outcomes, self)]));
}

type Online = Omit<FrostOnlineSetup, "share" | "nonce" | "id"> & { readonly seed: string };

/** Makes the machines that sign with the k-th item of a pool. The item is used up. */
export function onlineMachines(
  shares: Shares,
  pool: ReadonlyMap<ShareIndex, readonly FrostPreprocessed[]>,
  k: number,
  { seed, ...signing }: Online,
) {
  const nonce = nonceFrom(seed, signing.signers);
  return new Map(
    signing.signers.map((self) => {
      const item = pool.get(self)?.[k];
      const { id, preprocessed } = item as FrostPreprocessed;
      return [self, frostOnlineMachine(preprocessed, { ...signing, nonce, id, share: shares.get(self) as FrostKeyShare })];
    }),
  );
}

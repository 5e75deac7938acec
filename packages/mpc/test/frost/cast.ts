// This file makes the parties of FROST sessions for the tests: machines and keys from a seed.
import {
  type FrostKeygenOutput,
  type FrostKeyShare,
  type FrostSignSetup,
  frostKeygenMachine,
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

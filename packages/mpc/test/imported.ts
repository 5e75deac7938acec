// This file makes an imported key for the tests.
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { importMachine, type KeyShare, releaseShare } from "../src/dkls23/index.ts";
import type { Machine, ShareIndex } from "../src/protocol/index.ts";
import { bytesFrom, idx, nonceFrom, outputOf, runSession } from "./simulation.ts";

export const chain = bytesFrom("chain");
export const importer = idx(9);
export const secretKey = bytesFrom("a key that was made in one place");
export const publicKey = secp256k1.getPublicKey(secretKey);
export type Shares = ReadonlyMap<ShareIndex, KeyShare>;

export const membersOf = (parties: readonly ShareIndex[]) => parties.map((index) => ({ index, idpk: bytesFrom(`idpk/${index}`) }));

export function setupOf(receivers: readonly ShareIndex[], threshold: number, seed: string) {
  const members = [...new Set([...receivers, importer])].sort((a, b) => a - b);
  return { importer, members: membersOf(members), receivers, threshold, publicKey, chain, nonce: nonceFrom(seed, members), epochNumber: 1 };
}
export function machinesOf(receivers: readonly ShareIndex[], threshold: number, seed: string) {
  const setup = setupOf(receivers, threshold, seed);
  return new Map(
    setup.members.map(({ index: self }) => [self, importMachine({ self, ...setup }, self === importer ? secretKey : undefined)]),
  );
}
export function imported(receivers: readonly ShareIndex[], threshold: number, seed = "import"): Shares {
  const outcomes = runSession(machinesOf(receivers, threshold, seed), { seed });
  return new Map(receivers.map((party) => [party, outputOf(outcomes, party).share as KeyShare]));
}

/** Gives a machine that is read from its bytes again before every delivery. */
export function stored<Output>(first: Machine<Output>, restore: (snapshot: Uint8Array) => Machine<Output>): Machine<Output> {
  let machine = first;
  const deliver: Machine<Output>["deliver"] = (inbox, entropy) => {
    machine = restore(machine.snapshot());
    return machine.deliver(inbox, entropy);
  };
  const { protocol, sid, peers, rounds } = first;
  return { protocol, sid, peers, rounds, start: (entropy: Uint8Array) => machine.start(entropy), deliver } as Machine<Output>;
}

export const consent = { endThresholdProtection: true } as const;
export const released = (shares: Shares, parties: readonly number[]) =>
  new Map(parties.map(idx).map((j) => [j, releaseShare(shares.get(j) as KeyShare, consent).released]));

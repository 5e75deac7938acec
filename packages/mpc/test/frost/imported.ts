// This file makes imported keys of both schemes for the tests: of Ed25519 from a seed, of BIP-340
// from a scalar of odd y.
import { secp256k1 } from "@noble/curves/secp256k1.js";
import {
  type FrostKeyShare,
  type FrostSecretKey,
  frostImportMachine,
  frostPublicKey,
  releaseFrostShare,
  type Scheme,
} from "../../src/frost/index.ts";
import type { ShareIndex } from "../../src/protocol/index.ts";
import { bytesFrom, idx, nonceFrom, outputOf, runSession } from "../simulation.ts";
import { membersOf } from "./cast.ts";

export const chain = bytesFrom("chain");
export const importer = idx(9);
export type Shares = ReadonlyMap<ShareIndex, FrostKeyShare>;

/** Gives a secret key that signs under an odd point in BIP-340. Its opposite is what is shared. */
const oddSecret = (): Uint8Array => {
  for (let k = 0; ; k++) {
    const secret = bytesFrom(`odd/${k}`);
    if (secp256k1.getPublicKey(secret)[0] === 3) return secret;
  }
};
export const keys: Record<Scheme, FrostSecretKey> = {
  "eddsa-ed25519": { seed: bytesFrom("a seed") },
  "schnorr-bip340": { scalar: oddSecret() },
};

export function setupOf(scheme: Scheme, receivers: readonly ShareIndex[], threshold: number, seed: string) {
  const members = [...new Set([...receivers, importer])].sort((a, b) => a - b);
  const nonce = nonceFrom(seed, members);
  return {
    importer,
    members: membersOf(members),
    receivers,
    threshold,
    publicKey: frostPublicKey(scheme, keys[scheme]),
    chain,
    nonce,
    epochNumber: 1,
  };
}
export function machinesOf(scheme: Scheme, receivers: readonly ShareIndex[], threshold: number, seed: string) {
  const setup = setupOf(scheme, receivers, threshold, seed);
  return new Map(
    setup.members.map(({ index: self }) => [
      self,
      frostImportMachine(scheme, { self, ...setup }, self === importer ? keys[scheme] : undefined),
    ]),
  );
}
export function imported(scheme: Scheme, receivers: readonly ShareIndex[], threshold: number, seed = "import"): Shares {
  const outcomes = runSession(machinesOf(scheme, receivers, threshold, seed), { seed });
  return new Map(receivers.map((party) => [party, outputOf(outcomes, party).share as FrostKeyShare]));
}

export const released = (shares: Shares, parties: readonly number[]) =>
  new Map(parties.map(idx).map((j) => [j, releaseFrostShare(shares.get(j) as FrostKeyShare, { endThresholdProtection: true }).released]));

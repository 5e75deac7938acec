// A predecessor is what is public about a key whose shares are dealt anew. This file checks that it
// is consistent (dkls23-spec section 7). Holders take it from their record. A newcomer takes it
// from the signed intent, from its own public backup, or from at least t_old holders that agree.
import { CovaultError } from "@covault/errors";
import { type DkgSuite, holdersOf, type Predecessor } from "../dkg/index.ts";
import type { Element } from "../group/group.ts";
import { interpolate } from "../group/shamir.ts";
import { u16 } from "../kernel/bytes.ts";
import { epochNumberField, idList } from "../protocol/encoding/names.ts";
import { ascending, type ShareIndex } from "../protocol/index.ts";

/**
 * Gives the X_j by holder, of a key that was read. Throws `mpc/bad-setup` if the key contradicts
 * itself: its curve, or X_j that lie on no polynomial.
 */
export function checkPredecessor({ group, wantsOpposite }: DkgSuite, key: Predecessor): ReadonlyMap<ShareIndex, Element> {
  const bad = (message: string): CovaultError => new CovaultError("mpc/bad-setup", `key: ${message}`);
  const holders = ascending(holdersOf(key), "holders");
  const { threshold } = key;
  if (threshold > holders.length) throw bad(`expected a threshold in 2..${holders.length}, got ${threshold}`);
  const publicKey = group.decode(key.publicKey);
  if (publicKey === undefined || wantsOpposite(key.publicKey)) throw bad("the public key is none of its scheme");
  const shares = new Map<ShareIndex, Element>();
  for (const { index, publicShare } of key.holders) {
    const X = group.decode(publicShare);
    if (X === undefined) throw bad(`the public share of party ${index} is no element of the group`);
    shares.set(index, X);
  }
  const known = new Map([...shares].slice(0, threshold));
  const fits =
    group.same(interpolate(group, known, 0), publicKey) &&
    [...shares].slice(threshold).every(([j, X]) => group.same(interpolate(group, known, j), X));
  if (!fits) throw bad("the public shares do not lie on one polynomial through the public key");
  return shares;
}

/** Gives ctx of 0.4 for refresh, reshare and recovery. */
export const predecessorContext = (suite: DkgSuite, key: Predecessor, epochNumber: number): readonly Uint8Array[] => [
  epochNumberField(epochNumber),
  ...epochContext(suite, key),
];

/** Gives the part of ctx that every run of an epoch has: its key, threshold and public shares. */
export function epochContext({ TH }: DkgSuite, key: Predecessor): readonly Uint8Array[] {
  const X = TH("key/X", ...key.holders.flatMap(({ index, publicShare }) => [u16(index), publicShare]));
  return [key.keyId, key.epoch, u16(key.threshold), idList(holdersOf(key)), X];
}

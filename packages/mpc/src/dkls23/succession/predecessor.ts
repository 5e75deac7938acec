// What is public about a key whose shares are dealt anew, and whether it is consistent (dkls23-spec section 7). Holders take it from their
// record; a newcomer from the signed intent, its own public backup, or at least t_old holders that agree.
import { CovaultError } from "@covault/errors";
import { TH, u16 } from "../../kernel/hash.ts";
import type { Point } from "../../kernel/point.ts";
import * as point from "../../kernel/point.ts";
import * as scalar from "../../kernel/scalar.ts";
import { epochNumberField, idList } from "../../protocol/encoding/names.ts";
import { ascending, type ShareIndex } from "../../protocol/index.ts";
import type { KeyRecord } from "../encoding/key-share.ts";
import { interpolatePoints } from "../shamir.ts";

/** Public. A `KeyRecord` is one. Who is told of no exposure knows of none. */
export type Predecessor = Pick<KeyRecord, "keyId" | "epoch" | "threshold" | "holders" | "publicKey" | "chain"> &
  Partial<Pick<KeyRecord, "exposed">>;

/** The X_j by holder. `key` as it was read. Throws `mpc/bad-setup` if it contradicts itself: its curve, or X_j that lie on no polynomial. */
export function checkPredecessor(key: Predecessor): ReadonlyMap<ShareIndex, Point> {
  const bad = (message: string): CovaultError => new CovaultError("mpc/bad-setup", `key: ${message}`);
  const holders = ascending(
    key.holders.map(({ index }) => index),
    "holders",
  );
  const { threshold } = key;
  if (threshold > holders.length) throw bad(`expected a threshold in 2..${holders.length}, got ${threshold}`);
  const publicKey = point.decode33(key.publicKey);
  if (publicKey === undefined) throw bad("the public key is no point");
  const shares = new Map<ShareIndex, Point>();
  for (const { index, publicShare } of key.holders) {
    const X = point.decode33(publicShare);
    if (X === undefined) throw bad(`the public share of party ${index} is no point`);
    shares.set(index, X);
  }
  const known = new Map([...shares].slice(0, threshold));
  const fits =
    point.equal(interpolatePoints(scalar.fromInt(0), known), publicKey) &&
    [...shares].slice(threshold).every(([j, X]) => point.equal(interpolatePoints(scalar.fromInt(j), known), X));
  if (!fits) throw bad("the public shares do not lie on one polynomial through the public key");
  return shares;
}

/** ctx of 0.4 for refresh, reshare and recovery. */
export function predecessorContext(key: Predecessor, epochNumber: number): readonly Uint8Array[] {
  const X = TH("key/X", ...key.holders.flatMap(({ index, publicShare }) => [u16(index), publicShare]));
  return [epochNumberField(epochNumber), key.keyId, key.epoch, u16(key.threshold), idList(key.holders.map(({ index }) => index)), X];
}

// The key that one signature is for is the joint key, moved by a derivation tweak, then by a
// Taproot tweak. Each step makes it even where the scheme knows only one of a key and its opposite.
// Both steps are affine, so they act on shares as on the key, since the Lagrange coefficients sum
// to 1.
import { CovaultError } from "@covault/errors";
import { erase } from "../../protocol/index.ts";
import type { Element, Scalar, Suite } from "../suite/index.ts";

/** The effective key as a map: x ↦ ±x + T on secrets, X ↦ ±X + T B on elements. */
export interface EffectiveKey {
  readonly element: Element;
  readonly encoded: Uint8Array;
  readonly opposite: boolean;
  /** The tweak T, which is public. */
  readonly tweak: Scalar;
}

export interface Tweaks {
  /** tau, 32 bytes as the group writes scalars. Zeros stand for the joint key itself. */
  readonly tweak: Uint8Array;
  /**
   * The Merkle root of BIP-341: 32 bytes, or empty for a key-path-only output. It is undefined for
   * a key without a Taproot tweak.
   */
  readonly merkleRoot: Uint8Array | undefined;
}

/** Gives the key that a signature is for. Throws `mpc/bad-setup`. */
export function effectiveKey(suite: Suite, publicKey: Uint8Array, { tweak, merkleRoot }: Tweaks): EffectiveKey {
  const { group } = suite;
  const bad = (message: string): CovaultError => new CovaultError("mpc/bad-setup", message);
  const root = group.trusted(publicKey);
  if (root === undefined || suite.wantsOpposite(publicKey))
    throw new CovaultError("mpc/bad-share-record", "The public key is none of its scheme.");
  let key: EffectiveKey = { element: root, encoded: publicKey, opposite: false, tweak: group.public(0n) };
  const move = (by: Scalar): EffectiveKey => {
    const element = group.plus(key.element, group.mulBase(by));
    if (group.isIdentity(element)) throw bad("tweak: the derived key is the identity");
    return normalise(suite, { ...key, element, encoded: group.encode([element])[0] as Uint8Array, tweak: group.add(key.tweak, by) });
  };

  const tau = group.scalar(tweak);
  if (tau === undefined) throw bad("tweak: expected 32 bytes below the group order");
  if (!group.isZero(tau)) key = move(tau);
  if (merkleRoot === undefined) return key;
  const tap = suite.taprootTweak(key.encoded, merkleRoot);
  if (tap === undefined) throw bad(`merkle root: ${suite.scheme} has no Taproot tweak`);
  return move(tap);
}

function normalise(suite: Suite, key: EffectiveKey): EffectiveKey {
  if (!suite.wantsOpposite(key.encoded)) return key;
  const { group } = suite;
  const element = group.opposite(key.element);
  const encoded = group.encode([element])[0] as Uint8Array;
  return { element, encoded, opposite: !key.opposite, tweak: group.negate(key.tweak) };
}

/** Gives a share of the joint key as a share of the effective key. */
export function effectiveShare(suite: Suite, key: EffectiveKey, share: Scalar): Scalar {
  if (!key.opposite) return suite.group.add(share, key.tweak);
  const opposite = suite.group.negate(share);
  const effective = suite.group.add(opposite, key.tweak);
  erase(opposite);
  return effective;
}

/** Gives X_j of the effective key. */
export function effectivePublicShare(suite: Suite, key: EffectiveKey, X: Element): Element {
  const { group } = suite;
  return group.plus(key.opposite ? group.opposite(X) : X, group.mulBase(key.tweak));
}

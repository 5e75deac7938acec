// This file makes Taproot output keys (BIP-341): Q = P + t G with t = hash_TapTweak(x(P) || Merkle
// root), where P has an even y.
import { CovaultError } from "@covault/errors";
import { schnorr, secp256k1 } from "@noble/curves/secp256k1.js";
import { bytesToNumberBE } from "@noble/curves/utils.js";
import { badArgument, checkBytes } from "../bytes.ts";

const { Point } = secp256k1;

export interface TaprootOutput {
  /** The key in the output, x(Q), 32 bytes. */
  readonly outputKey: Uint8Array;
  /** The tweak t, 32 bytes, big-endian. */
  readonly tweak: Uint8Array;
  /** Whether Q has an odd y. It is the parity bit of a control block. */
  readonly odd: boolean;
}

/**
 * The Merkle root of an output that only the key can spend. BIP-341 advises such an output over the
 * bare key.
 */
export const noScripts: Uint8Array = new Uint8Array(0);

/**
 * Gives the output of an internal key. `internalKey` is x(P), 32 bytes. `merkleRoot` has 32 bytes,
 * or none for an output that only the key can spend. Throws `trust/bad-argument`.
 */
export function taprootOutput(internalKey: Uint8Array, merkleRoot: Uint8Array): TaprootOutput {
  const P = evenPoint(checkBytes(internalKey, "internalKey", 32));
  const tweak = schnorr.utils.taggedHash("TapTweak", internalKey, checkBytes(merkleRoot, "merkleRoot", 0, 32));
  const t = bytesToNumberBE(tweak);
  const Q = t < Point.Fn.ORDER ? P.add(Point.BASE.multiplyUnsafe(t)) : Point.ZERO;
  if (Q.is0()) throw new CovaultError("trust/bad-path", "This key has no Taproot output with that Merkle root. Use another path.");
  const encoded = Q.toBytes(true);
  return { outputKey: encoded.slice(1), tweak, odd: encoded[0] === 3 };
}

function evenPoint(x: Uint8Array): InstanceType<typeof Point> {
  try {
    return Point.fromBytes(Uint8Array.of(2, ...x));
  } catch {
    throw badArgument("internalKey", "the x coordinate of a point of secp256k1", "none");
  }
}
